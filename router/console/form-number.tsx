// What a form makes once, however often it is sent: by a button that was pressed twice, or by a page that was loaded again.
import type { Context } from 'hono';
import * as z from 'zod';
import { makeId } from '../../schema/ids.ts';
import { ApiError } from '../errors.ts';
import { hashKey } from '../routes/hash-body.ts';
import type { ConsoleEnv } from './visit.ts';

const EVENT_ID = /^evt_[0-9a-f]{32}$/;

/** The number of a form. */
export const eventField = z.string().regex(EVENT_ID);

/** The same after a refusal, since of some nobody knows whether anything was done. */
function eventOf(c: Context<ConsoleEnv>): string {
  const sent = c.get('typed')?.['event'];
  if (typeof sent === 'string' && EVENT_ID.test(sent)) return sent;
  return makeId('evt', crypto.getRandomValues(new Uint8Array(16)));
}

export function EventField({ c }: { readonly c: Context<ConsoleEnv> }) {
  return <input type="hidden" name="event" value={eventOf(c)} />;
}

/** Null where the form made it before, or makes it just now. Throws what `make` throws: after a refusal the form may be sent again. */
export async function makeOnce<T>(c: Context<ConsoleEnv>, event: string, make: () => Promise<T>): Promise<T | null> {
  const { posts } = c.get('services');
  const id = hashKey(`${c.get('visit').signedIn?.person.id ?? ''} ${c.req.path}`, event);
  const begun = await posts.begin({ id, body: '' }, Date.now());
  if (!begun.ok || begun.value !== null) return null;
  try {
    const made = await make();
    await posts.finish(id, '{}');
    return made;
  } catch (error) {
    if (error instanceof ApiError) await posts.giveUp(id);
    throw error;
  }
}
