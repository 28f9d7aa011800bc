// What lets a web page read the API's answers, refusals among them: any page may, since a key is what opens it and no cookie ever does.
// Pages of the console, which a cookie opens, are for nobody else's pages.
// The operator's paths and the homes' are not for pages. (hono/cors answers every OPTIONS as a preflight; here a bare one is told what is allowed.)
import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from './routes/app-env.ts';

const NOT_FOR_PAGES = /^\/+(?:admin|node|console|sign-in|sign-out)(?:\/|$)/i;

/** By name too: older browsers do not read the star. */
const READABLE = [
  '*',
  'x-request-id',
  'request-id',
  'x-irori',
  'x-irori-job',
  'x-irori-node',
  'x-irori-country',
  'x-irori-reason',
  'x-irori-ignored',
  'idempotent-replayed',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'x-ratelimit-limit-requests',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-reset-requests',
  'x-ratelimit-limit-tokens',
  'x-ratelimit-remaining-tokens',
  'x-ratelimit-reset-tokens',
  'x-irori-balance',
  ...['day', 'month', 'total'].flatMap((of) => ['limit', 'left', 'reset'].map((what) => `x-irori-key-${of}-${what}`)),
  'allow',
  'www-authenticate',
  'payment-required',
  'payment-response',
].join(', ');

/** A method that a path does not have is refused by the path, where the page can read why. */
const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
/** As long as any browser believes it. */
const MAX_AGE_S = 86_400;
const MAX_WANTED_CHARS = 2048;

/** What a page means to send, as it said; nothing that is longer than any page's list is sent back. */
function readWanted(said: string | undefined): string {
  return said === undefined || said.length > MAX_WANTED_CHARS ? 'authorization, content-type' : said;
}

/** Marks every answer as readable; stands before all others, so that it sees their refusals. */
export const shareWithPages: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  if (NOT_FOR_PAGES.test(c.req.path) || c.get('isOwnPage') || c.res.status === 101) return;
  c.res.headers.set('access-control-allow-origin', '*');
  c.res.headers.set('access-control-expose-headers', READABLE);
};

/** A browser's question before the call itself: whatever headers it means to send may be sent. */
export const answerPreflight: MiddlewareHandler<AppEnv> = async (c, next) => {
  const isPreflight = c.req.method === 'OPTIONS' && c.req.header('access-control-request-method') !== undefined;
  if (!isPreflight || NOT_FOR_PAGES.test(c.req.path)) return next();
  return c.body(null, 204, {
    'access-control-allow-methods': METHODS,
    'access-control-allow-headers': readWanted(c.req.header('access-control-request-headers')),
    'access-control-max-age': String(MAX_AGE_S),
    vary: 'access-control-request-headers',
    // A page of the internet that calls a router in the same house, as npm start is one.
    ...(c.req.header('access-control-request-private-network') && { 'access-control-allow-private-network': 'true' }),
  });
};
