// What scripts of pages, and links to tables, ask of the API as whoever is signed in: the API's own routes under /console/api, by the session and never by a key.
// The API's own paths know no cookie; here nobody else's page gets in: what changes something carries the session's token in a header, which no form of another
// site can send, and what reads is asked for by this origin or by the reader's own hand.
import { Hono } from 'hono';
import type { MiddlewareHandler } from 'hono';
import { ApiError } from '../errors.ts';
import type { AppEnv } from '../routes/app-env.ts';
import { chatCompletions } from '../routes/chat-completions.ts';
import { nodeEarnings } from '../routes/node-earnings.ts';
import { receipts } from '../routes/receipts.ts';
import { usage } from '../routes/usage.ts';
import { readVisit, requireMember } from './visit.ts';
import type { ConsoleEnv } from './visit.ts';

const CSRF_HEADER = 'x-irori-csrf';
/** Somebody's own figures: kept nowhere, shown in no page of another's, and never more than the data that they are. */
const OWN_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
};
const ROUTES = [chatCompletions, receipts, usage, nodeEarnings];

export function makeSessionApi(): Hono<AppEnv> {
  const api = new Hono<ConsoleEnv>();
  api.use('/console/api/*', readVisit, actAsMember);
  for (const route of ROUTES) api.route('/console/api', route as unknown as Hono<ConsoleEnv>);
  return api as unknown as Hono<AppEnv>;
}

const actAsMember: MiddlewareHandler<ConsoleEnv> = async (c, next) => {
  const { signedIn } = c.get('visit');
  if (!signedIn) throw new ApiError('missing_api_key', 'You are signed out: load the page again, and sign in.');
  const site = c.req.header('sec-fetch-site');
  const isReading = c.req.method === 'GET' && (site === undefined || site === 'same-origin' || site === 'none');
  if (!isReading && c.req.header(CSRF_HEADER) !== signedIn.csrf)
    throw new ApiError(
      'forbidden',
      'This page is of a session that is over, or was shown for another account than the one that you look on as now. Load it again.',
      { param: CSRF_HEADER },
    );
  const { caller } = await requireMember(c);
  c.set('pageCaller', caller);
  await next();
  for (const [name, value] of Object.entries(OWN_HEADERS)) c.res.headers.set(name, value);
};
