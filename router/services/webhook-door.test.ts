import { afterEach, expect, test, vi } from 'vitest';
import { allowsLocalWebhooks } from './pick-local.ts';
import { makeWebhookDoor } from './webhook-door.ts';

afterEach(() => vi.unstubAllGlobals());

const message = { headers: { 'webhook-id': 'a' }, body: '{}' };

test('a webhook follows no redirect, waits ten seconds, and reads no more than a status', async () => {
  const cancel = vi.fn();
  const asked = vi.fn(
    async (_url: string, _how: RequestInit) => new Response(new ReadableStream({ cancel }), { status: 302 }),
  );
  vi.stubGlobal('fetch', asked);
  expect(await makeWebhookDoor(false)('https://example.com/hook', message)).toBe(302);
  const [url, how] = asked.mock.calls[0] ?? [];
  expect([url, how?.method, how?.redirect, how?.body]).toEqual(['https://example.com/hook', 'POST', 'manual', '{}']);
  expect(how?.signal).toBeInstanceOf(AbortSignal);
  expect(cancel).toHaveBeenCalledOnce();
});

test('an address that may not be told is not asked for, whenever it was set', async () => {
  const asked = vi.fn();
  vi.stubGlobal('fetch', asked);
  expect(await makeWebhookDoor(false)('http://127.0.0.1/hook', message)).toBe('refused');
  expect(asked).not.toHaveBeenCalled();
});

test('only a local network that says so tells this machine', () => {
  expect(allowsLocalWebhooks({ LOCAL_PLACES: '1', LOCAL_WEBHOOKS: '1' })).toBe(true);
  expect(allowsLocalWebhooks({ LOCAL_WEBHOOKS: '1' })).toBe(false);
  expect(allowsLocalWebhooks({ LOCAL_PLACES: '1' })).toBe(false);
});
