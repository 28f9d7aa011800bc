// GET /audit: whether the books balance and what they come to, for anyone, as JSON or as a page. It names nobody, and costs the book the same however
// many ask.
import { Hono } from 'hono';
import type { AppEnv } from './app-env.ts';
import { renderAudit, tellAudit } from './tell-audit.ts';

export const audit = new Hono<AppEnv>();

/** Only the page's own style. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

audit.get('/audit', async (c) => {
  const told = tellAudit(await c.get('services').audit.read(Date.now()));
  c.header('cache-control', 'public, max-age=10');
  if (c.req.header('accept')?.includes('text/html') !== true) return c.json(told);
  return c.html(renderAudit(told), 200, {
    'content-security-policy': POLICY,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
});
