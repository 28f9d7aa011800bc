// GET /, /docs, /docs/look, /verify and /openapi.json: what the API tells of itself, and the page that checks its receipts. They need no key, ask no store, and load
// nothing from elsewhere.
import { Hono } from 'hono';
import type { Context } from 'hono';
import { decodeBase64 } from '../../schema/base64.ts';
import { ENDPOINTS } from '../docs/endpoints.ts';
import { makeLookPage } from '../docs/look-page.tsx';
import { makeOpenapi } from '../docs/make-openapi.ts';
import { makePage } from '../docs/make-page.ts';
import { tellVerifyPage } from '../docs/verify-body.ts';
import { VERIFY_PAGE, VERIFY_POLICY } from '../docs/verify-page.ts';
import { answerDocument } from './answer-document.ts';
import type { AppEnv } from './app-env.ts';
import { readLocale } from './page-locale.ts';

export const docs = new Hono<AppEnv>();

/** It changes only with the router. */
const CACHED = 'public, max-age=300';

const originOf = (c: Context<AppEnv>): string => new URL(c.req.url).origin;

/** What a browser is shown there stands in console/front. */
docs.get('/', (c) => {
  const origin = originOf(c);
  const endpoints = ENDPOINTS.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  return c.json({
    name: 'Irori',
    base_url: `${origin}/v1`,
    docs: `${origin}/docs`,
    openapi: `${origin}/openapi.json`,
    endpoints,
  });
});

/** Of pages in the reader's language. */
const PAGE_CACHED = { 'cache-control': CACHED, vary: 'accept-language, cookie' };

docs.get('/docs', (c) => answerDocument(c, makePage(originOf(c), readLocale(c)), PAGE_CACHED));

docs.get('/docs/look', (c) => answerDocument(c, makeLookPage(readLocale(c)), PAGE_CACHED));

docs.get('/openapi.json', (c) => c.json(makeOpenapi(originOf(c)), 200, { 'cache-control': CACHED }));

/** The page runs one script, which may fetch nothing; packed as it is kept, since any browser takes that. */
docs.get('/verify', async (c) => {
  const headers = {
    'cache-control': CACHED,
    'content-security-policy': `${VERIFY_POLICY}; frame-ancestors 'none'`,
    'content-type': 'text/html; charset=utf-8',
    'referrer-policy': 'no-referrer',
    vary: 'accept-encoding, accept-language, cookie',
    'x-content-type-options': 'nosniff',
  };
  const packed = decodeBase64(VERIFY_PAGE);
  const locale = readLocale(c);
  if (locale === 'en' && /\bgzip\b/i.test(c.req.header('accept-encoding') ?? ''))
    return new Response(packed, { headers: { ...headers, 'content-encoding': 'gzip' }, encodeBody: 'manual' });
  const page = new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip')));
  return new Response(tellVerifyPage(await page.text(), locale), { headers });
});
