import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { TIMINGS } from '../../schema/timings.ts';
import { answerFault } from './fault-page.tsx';
import { readVisit } from './visit.ts';
import type { ConsoleEnv } from './visit.ts';

/** A page whose reader is looked up in a store that answers so. */
function openPage(find: () => Promise<null>): Hono<ConsoleEnv> {
  const app = new Hono<ConsoleEnv>();
  app.use(async (c, next) => {
    c.set('requestId', 'req_1');
    c.set('services', { sessions: { find }, timings: TIMINGS } as unknown as ConsoleEnv['Variables']['services']);
    await next();
  });
  app.get('/page', readVisit, (c) => c.text('shown'));
  app.onError(answerFault);
  return app;
}

const headers = { cookie: 'irori_session=x', 'accept-language': 'ja' };

test.each([
  ['a store that is away', 'D1_ERROR: network connection lost', 503],
  ['a bug', 'no such thing', 500],
])('%s before anybody is known is told as a page in the language of the browser', async (_, message, status) => {
  const page = openPage(() => Promise.reject(new Error(message)));
  const response = await page.request('http://localhost/page', { headers });
  expect([response.status, response.headers.get('content-type')]).toEqual([status, 'text/html; charset=UTF-8']);
  const text = await response.text();
  expect(text).toContain('<html lang="ja"');
  expect(text).toContain('req_1');
  expect(text).not.toContain(message);
});

test('who is nobody sees the page', async () => {
  const response = await openPage(() => Promise.resolve(null)).request('http://localhost/page', { headers });
  expect(await response.text()).toBe('shown');
});
