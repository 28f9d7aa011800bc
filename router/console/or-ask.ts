// A form that is refused is shown anew on its own page, with what was typed and what was wrong beside the field: nothing that its reader wrote is lost.
import type { Context } from 'hono';
import { ApiError } from '../errors.ts';
import { tellRefusal } from './tell-refusal.ts';
import type { ConsoleEnv } from './visit.ts';

type Answer = Response | Promise<Response>;
type Handler = (c: Context<ConsoleEnv>) => Answer;

interface Asking {
  /** Path of the page that the form stands on. */
  readonly page: string | ((c: Context<ConsoleEnv>) => string);
  readonly show: Handler;
  /** Fields of the form by the names that the API has for them, where those are others. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** What another try may mend; anything else is told on a page of its own. */
const MENDABLE = new Set([400, 402, 409, 413, 429, 503]);

/** The handler of a form: `act` does what it asks; where that is refused, `show` answers. */
export function orAsk({ page, show, fields = {} }: Asking, act: Handler): Handler {
  return async (c) => {
    try {
      return await act(c);
    } catch (error) {
      const typed = c.get('typed');
      if (!(error instanceof ApiError) || typed === undefined) throw error;
      const param = error.options.param ?? null;
      const field = param === null ? null : (fields[param] ?? toField(param, typed));
      const isOfField = field !== null && Object.hasOwn(typed, field);
      if (!MENDABLE.has(error.status) && !isOfField && param !== 'csrf') throw error;
      const visit = c.get('visit');
      const path = typeof page === 'string' ? page : page(c);
      const told = tellRefusal(error, visit.locale);
      c.set('refusal', {
        status: error.status,
        refusal: { sentTo: c.req.path, page: path, typed, field, ...told, seen: { label: null } },
      });
      // Its language is changed where it stands.
      c.set('visit', { ...visit, path });
      return show(c);
    }
  };
}

/** `digests.0` is of the field `digests`. */
function toField(param: string, typed: object): string {
  return Object.hasOwn(typed, param) ? param : (param.split('.')[0] ?? param);
}
