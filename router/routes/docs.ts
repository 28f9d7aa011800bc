// GET /, /docs and /openapi.json: what the API tells of itself. They need no key, ask no store, and load nothing from elsewhere.
import { Hono } from 'hono';
import type { Context } from 'hono';
import { ENDPOINTS } from '../docs/endpoints.ts';
import { makeOpenapi } from '../docs/make-openapi.ts';
import { makePage } from '../docs/make-page.ts';
import type { AppEnv } from './app-env.ts';

export const docs = new Hono<AppEnv>();

/** Only the page's own style; no script, frame, form or picture. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** It changes only with the router. */
const CACHED = 'public, max-age=300';

const originOf = (c: Context<AppEnv>): string => new URL(c.req.url).origin;

docs.get('/', (c) => {
  const origin = originOf(c);
  if (c.req.header('accept')?.includes('text/html')) return c.redirect('/docs');
  const endpoints = ENDPOINTS.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  return c.json({
    name: 'Irori',
    base_url: `${origin}/v1`,
    docs: `${origin}/docs`,
    openapi: `${origin}/openapi.json`,
    endpoints,
  });
});

docs.get('/docs', (c) =>
  c.html(makePage(originOf(c)), 200, {
    'cache-control': CACHED,
    'content-security-policy': POLICY,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  }),
);

docs.get('/openapi.json', (c) => c.json(makeOpenapi(originOf(c)), 200, { 'cache-control': CACHED }));
