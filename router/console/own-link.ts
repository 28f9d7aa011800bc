// Where a mail leads to: one of the network's own origins, never a host that only the request names, whose owner would read the code.
import type { Context } from 'hono';
import { signInPath } from '../routes/session-desk.ts';
import type { ConsoleEnv } from './visit.ts';

/** The address at which a code signs in. */
export function makeOwnLink(c: Context<ConsoleEnv>, code: string): string {
  const own = c.get('services').ownOrigins(c.req.url);
  const { origin } = new URL(c.req.url);
  return new URL(signInPath(code), own.includes(origin) ? origin : own[0]).href;
}
