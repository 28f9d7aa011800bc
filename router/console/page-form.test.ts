import { Hono } from 'hono';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { ApiError } from '../errors.ts';
import { readOpenForm } from './page-form.ts';
import type { ConsoleEnv } from './visit.ts';

const HOST = 'http://localhost';

/** Status, and what was read. */
async function send(body: string | ReadableStream<Uint8Array>, schema: z.ZodType): Promise<[number, unknown]> {
  const app = new Hono<ConsoleEnv>();
  app.post('/form', async (c) => c.json((await readOpenForm(c, schema)) as object));
  app.onError((error, c) => c.json(null, error instanceof ApiError ? (error.status as 400) : 500));
  const headers = { origin: HOST, 'content-type': 'application/x-www-form-urlencoded' };
  const response = await app.request(`${HOST}/form`, { method: 'POST', headers, body, duplex: 'half' } as RequestInit);
  return [response.status, await response.json()];
}

test('the longest question is taken in any script, as browsers send it', async () => {
  const prompt = '家'.repeat(8000);
  const body = new URLSearchParams({ prompt }).toString();
  expect(await send(body, z.object({ prompt: z.string().max(8000) }))).toEqual([200, { prompt }]);
});

test('a field that comes twice is a list, and thousands of fields are read in one go', async () => {
  const names = Array.from({ length: 20_000 }, (_, i) => `f${i}`);
  expect(await send(`a=1&b=2&a=3&${names.join('&')}`, z.object({ a: z.array(z.string()), b: z.string() }))).toEqual([
    200,
    { a: ['1', '3'], b: '2' },
  ]);
});

test('a form without end is refused', async () => {
  const body = new ReadableStream({
    type: 'bytes',
    pull: (controller) => controller.enqueue(new Uint8Array(16 * 1024).fill(97)),
  });
  expect((await send(body, z.object({})))[0]).toBe(413);
});
