// What a form of a page sent: urlencoded, from this origin alone, with the token that only such a page can carry, and parsed.
import type { Context } from 'hono';
import type * as z from 'zod';
import { ApiError } from '../errors.ts';
import { FormFault } from './tell-refusal.ts';
import type { ConsoleEnv } from './visit.ts';

const MAX_BYTES = 64 * 1024;

/** The fields of a form that somebody signed in sent. Of a field that comes twice the values as a list. Throws ApiError 400, 403, 413 or 415. */
export async function readPageForm<T>(c: Context<ConsoleEnv>, schema: z.ZodType<T>): Promise<T> {
  const fields = await readFields(c);
  const csrf = c.get('visit').signedIn?.csrf;
  if (csrf === undefined || fields['csrf'] !== csrf)
    throw new ApiError(
      'forbidden',
      'This form is not of your session any more. Load the page again, and send it anew.',
      {
        param: 'csrf',
      },
    );
  const { csrf: _, ...rest } = fields;
  return parseFields(rest, schema);
}

/** As readPageForm, of a form for everybody. */
export async function readOpenForm<T>(c: Context<ConsoleEnv>, schema: z.ZodType<T>): Promise<T> {
  return parseFields(await readFields(c), schema);
}

async function readFields(c: Context<ConsoleEnv>): Promise<Record<string, string | string[]>> {
  checkOrigin(c);
  if (!/^application\/x-www-form-urlencoded\b/i.test(c.req.header('content-type') ?? ''))
    throw new ApiError('unsupported_media_type', 'Send the form as application/x-www-form-urlencoded.');
  const text = await c.req.text();
  if (text.length > MAX_BYTES) throw new ApiError('body_too_large', 'The form is larger than 64 KiB.');
  const fields: Record<string, string | string[]> = {};
  for (const name of new Set(new URLSearchParams(text).keys())) {
    const values = new URLSearchParams(text).getAll(name);
    fields[name] = values.length === 1 ? (values[0] ?? '') : values;
  }
  c.set('typed', fields);
  return fields;
}

/** Browsers say where a form comes from. */
function checkOrigin(c: Context<ConsoleEnv>): void {
  const { origin } = new URL(c.req.url);
  const site = c.req.header('sec-fetch-site');
  const said = c.req.header('origin');
  const isOwn = said === undefined ? site === 'same-origin' : said === origin;
  if (!isOwn || (site !== undefined && site !== 'same-origin'))
    throw new ApiError('forbidden', 'Forms of this console are sent from its own pages only.', { param: 'origin' });
}

function parseFields<T>(fields: object, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw issue ? new FormFault(issue) : new ApiError('invalid_value', 'The form is not as expected.');
}
