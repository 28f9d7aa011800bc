import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { answerPreflight, shareWithPages } from './browser-access.ts';
import type { AppEnv } from './routes/app-env.ts';

const app = new Hono<AppEnv>();
app.use(shareWithPages);
app.use(answerPreflight);
app.get('/v1/models', (c) => c.text('models'));
app.get('/v1/broken', () => {
  throw new Error('broken');
});
app.get('/admin/v1/nodes', (c) => c.text('nodes'));
app.onError((_error, c) => c.text('broken', 500));
app.notFound((c) => c.text('nothing', 404));

const preflight = (headers: Record<string, string> = {}): RequestInit => ({
  method: 'OPTIONS',
  headers: { origin: 'https://app.example', 'access-control-request-method': 'POST', ...headers },
});

test.each(['/v1/models', '/v1/broken', '/v1/nothing', '/'])(
  '%s may be read by any page, its refusals too',
  async (path) => {
    const { headers } = await app.request(path);
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-expose-headers')).toMatch(/^\*, .*x-request-id.*x-irori.*retry-after/);
  },
);

test.each(['/v1/models', '/v1/nothing'])('a page may send to %s what it asks for', async (path) => {
  const asked = 'authorization,x-stainless-os,dangerously-allow-browser';
  const response = await app.request(path, preflight({ 'access-control-request-headers': asked }));
  expect([response.status, await response.text()]).toEqual([204, '']);
  const { headers } = response;
  expect(headers.get('access-control-allow-origin')).toBe('*');
  expect(headers.get('access-control-allow-headers')).toBe(asked);
  expect(headers.get('access-control-allow-methods')).toContain('POST');
  expect(Number(headers.get('access-control-max-age'))).toBeGreaterThan(3600);
});

test('a page that names no headers may send the ones that every call needs', async () => {
  const { headers } = await app.request('/v1/models', preflight());
  expect(headers.get('access-control-allow-headers')).toBe('authorization, content-type');
});

test('a page of the internet may call a router in its own house, and is told so only where it asks', async () => {
  const asked = await app.request('/v1/models', preflight({ 'access-control-request-private-network': 'true' }));
  expect(asked.headers.get('access-control-allow-private-network')).toBe('true');
  const { headers } = await app.request('/v1/models', preflight());
  expect(headers.has('access-control-allow-private-network')).toBe(false);
});

test.each(['/admin/v1/nodes', '/admin/v1/nothing', '/ADMIN/v1/nodes', '//admin', '/node/link'])(
  '%s is not for pages',
  async (path) => {
    for (const init of [{}, preflight(), preflight({ 'access-control-request-private-network': 'true' })]) {
      const names = [...(await app.request(path, init)).headers.keys()];
      expect(names.filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
  },
);

test('a bare OPTIONS is no preflight', async () => {
  expect((await app.request('/v1/models', { method: 'OPTIONS' })).status).toBe(404);
});
