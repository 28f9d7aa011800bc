// Servers that say nothing for long: at work, frozen, dead, or doing one thing at a time. The product's limits are shortened.
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { begin, job, NEVER, PLAIN, serve, share, STOP, text } from './http-kit.ts';

const LIFE = { tellEveryMs: 20, lookAfterMs: 40, frozenMs: 400 };
const SILENT_MS = 1200;
const VLLM = { ...PLAIN, '/version': { version: '0' } };
const answered = { reason: 'stop', outputTokens: 1 };
const frozen = {
  reason: 'error',
  error: { code: 'unreachable', message: 'the server gave no sign of life for 400 ms' },
};

const end = (response: ServerResponse): void =>
  void response.end(`data: ${text('a')}\n\ndata: ${STOP}\n\ndata: [DONE]\n\n`);

async function run(gets: Record<string, unknown>, chat: (response: ServerResponse) => void | Promise<void>) {
  const server = await serve(gets, chat);
  let alive = 0;
  const backend = share({ baseUrl: server.url, life: LIFE });
  const finish = await backend.run(
    job(),
    () => undefined,
    NEVER,
    () => (alive += 1),
  );
  const looksOf = (path: string): number => server.asked.filter((asked) => asked.path === path).length;
  return { finish, alive, looksOf };
}

const silent = async (response: ServerResponse): Promise<void> => {
  begin(response);
  await sleep(SILENT_MS);
  end(response);
};

test('one that answers looks is waited for, and told of', async () => {
  const ran = await run({ ...VLLM, '/health': {} }, silent);
  expect(ran.finish).toMatchObject(answered);
  expect(ran.alive).toBeGreaterThan(10);
  expect(ran.looksOf('/health')).toBeGreaterThan(2);
});

test('any answer to a look counts: no such path, a key that is wanted, not ready', async () => {
  const busy = (response: ServerResponse): void => void response.writeHead(503).end('loading');
  for (const health of [undefined, busy])
    expect((await run({ ...VLLM, ...(health && { '/health': health }) }, silent)).finish).toMatchObject(answered);
});

test('an answer that takes longer than the looks are apart counts too', async () => {
  const late = (response: ServerResponse): void => void setTimeout(() => response.end('{}'), 250);
  expect((await run({ ...VLLM, '/health': late }, silent)).finish).toMatchObject(answered);
});

test('comments, empty deltas and thinking are signs of life: no look is needed', async () => {
  const ran = await run({ ...VLLM, '/health': () => undefined }, async (response) => {
    begin(response);
    const thought = JSON.stringify({ choices: [{ index: 0, delta: { reasoning_content: 'hm' } }] });
    for (let i = 0; i < 30; i += 1) {
      response.write([': ping\n\n', `data: ${text('')}\n\n`, `data: ${thought}\n\n`][i % 3]);
      await sleep(20);
    }
    end(response);
  });
  expect(ran.finish.reason).toBe('stop');
  expect(ran.alive).toBeGreaterThan(10);
});

test.each([
  ['never sends headers', () => undefined],
  ['sends headers only', (r: ServerResponse) => begin(r)],
  ['falls silent in mid-answer', (r: ServerResponse) => begin(r, text('a'))],
])('one that %s and answers no look either is frozen', async (_, chat) => {
  const ran = await run({ ...VLLM, '/health': () => undefined }, chat);
  expect(ran.finish).toMatchObject(frozen);
});

test('one of no known product that does one thing at a time is waited for while its connection is open', async () => {
  let isBusy = false;
  const models = (response: ServerResponse): void =>
    isBusy
      ? undefined
      : void response.setHeader('content-type', 'application/json').end(JSON.stringify(PLAIN['/v1/models']));
  const ran = await run({ '/v1/models': models }, async (response) => {
    isBusy = true;
    await silent(response);
  });
  expect(ran.finish).toMatchObject(answered);
  expect(ran.alive).toBeGreaterThan(10);
});

test('one that dies is noticed at once, whatever was waited for', async () => {
  const startedAt = performance.now();
  const ran = await run(VLLM, (response) => {
    begin(response);
    setTimeout(() => response.destroy(), 30);
  });
  expect(ran.finish).toMatchObject({ reason: 'error', error: { code: 'unreachable' } });
  expect(ran.finish.error?.message).toContain('broke');
  expect(performance.now() - startedAt).toBeLessThan(5000);
});
