// GET /audit: whether the books balance and what they come to, for anyone, as JSON or as a page. It names nobody, and costs the book the same however
// many ask.
import { Hono } from 'hono';
import { answerDocument } from './answer-document.ts';
import type { AppEnv } from './app-env.ts';
import { readLocale } from './page-locale.ts';
import { renderAudit, tellAudit } from './tell-audit.ts';

export const audit = new Hono<AppEnv>();

audit.get('/audit', async (c) => {
  const told = tellAudit(await c.get('services').audit.read(Date.now()));
  const headers = { 'cache-control': 'public, max-age=10', vary: 'accept' };
  if (c.req.header('accept')?.includes('text/html') !== true) return c.json(told, 200, headers);
  return answerDocument(c, renderAudit(told, readLocale(c)), { ...headers, vary: 'accept, accept-language, cookie' });
});
