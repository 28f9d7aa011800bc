// Signing a browser in: always a token that nobody had before, so that one that was planted, or left by somebody else, opens nothing.
import type { Context } from 'hono';
import { keepLocale, keepSession } from './visit.ts';
import type { ConsoleEnv } from './visit.ts';

/** Gives the page that somebody begins at who was on the way to none. */
export async function startSession(
  c: Context<ConsoleEnv>,
  of: { readonly personId: string; readonly memberId: string | null },
): Promise<string> {
  const { sessions, people } = c.get('services');
  const before = c.get('visit').signedIn;
  if (before) await sessions.end(before.person.id, before.session.id);
  // Who signs in once more looks on as whom they did.
  const memberId = of.memberId ?? (before?.person.id === of.personId ? before.session.memberId : null);
  keepSession(c, await sessions.open({ ...of, memberId, about: c.req.header('user-agent') ?? '' }, Date.now()));
  const person = await people.find(of.personId);
  // Pages that ask nobody who looks are in their language too.
  if (person?.locale) keepLocale(c, person.locale);
  if ((await people.listMemberships(of.personId)).length > 0) return '/console';
  return person?.isOperator ? '/console/operator/accounts' : '/console/you';
}
