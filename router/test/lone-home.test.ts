// One home and nobody else: a model server that dies ends the answer at once, one that is busy is 429 with Retry-After. What nobody
// could do is not waited for: the waits of this network are longer than any test.
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ask, askOnline, askWhole, learnDigest, listModel, send } from './ask.ts';
import { giveBack, lose, startHomes } from './homes.ts';
import type { Home } from './homes.ts';
import { startModelServer, words } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/lone';
const OTHER = 'test/other';
/** Whoever waits for somebody who may go on, or for a turn, waits longer than a test may take. */
const LONG_MS = 600_000;
const [PARIS, TOKYO] = ['48.9,2.4,FR', '35.7,139.7,JP'];
const ARGS = ['--slots', '4', '--backend'];

let stack: Stack;
let owner: TestAccount;
let caller: TestAccount;
let server: ModelServer;
let other: ModelServer;
let home: Home;

beforeAll(async () => {
  stack = await startStack({ timings: { resumeWaitMs: LONG_MS, returnWaitMs: LONG_MS, turnWaitMs: LONG_MS } });
  owner = await stack.makeAccount();
  caller = await stack.makeAccount(10_000_000);
  [server, other] = [
    await startModelServer({ isContinuing: true, models: ['say-8x0'] }),
    await startModelServer({ isContinuing: true, models: ['say-9x0'] }),
  ];
  [home] = (await startHomes(stack, owner, [
    { place: PARIS, args: ['--models', 'say-8x0', ...ARGS, server.url] },
    // Another home is there, with another model.
    { place: TOKYO, args: ['--models', 'say-9x0', ...ARGS, other.url] },
  ])) as [Home];
  await listModel(stack, { owner, id: MODEL, digest: await learnDigest(stack, owner, 'say-8x0') });
  await listModel(stack, { owner, id: OTHER, digest: await learnDigest(stack, owner, 'say-9x0') });
});

afterAll(async () => {
  await stack?.stop();
  await server.stop();
  await other.stop();
});

/** A home that failed or was busy rests for a moment. */
beforeEach(async () => {
  server.behaviour = null;
  server.retryAfter = null;
  await until('a rested home', async () => {
    const answer = await ask(stack, job('say-2x0')).catch(() => null);
    await answer?.read();
    return answer?.isDone;
  });
});

function job(prompt: string) {
  return { account: caller, model: MODEL, prompt, place: PARIS };
}

function call({ stream }: { stream: boolean }): Promise<Response> {
  return send(stack, { ...job('say-8x0'), stream });
}

async function errorOf(response: Response): Promise<{ code: string; type: string }> {
  return ((await response.json()) as { error: { code: string; type: string } }).error;
}

describe('a model server that dies', () => {
  test('after some tokens ends the stream with its error at once, though a home with another model is there', async () => {
    server.behaviour = 'say-40x5-die10';
    const answer = await (await askOnline(stack, job('say-40x5'))).read();
    expect(answer).toMatchObject({ isDone: false, finish: 'error', error: { code: 'home_failed' } });
    expect(words(40).startsWith(answer.text)).toBe(true);
    expect(answer.error?.message).toContain('no other home could go on');
    // Of a wait there would be comments.
    expect(answer.comments).toBe(0);
  });

  test('in an answer that is not streamed is 502', async () => {
    server.behaviour = 'say-40x5-die10';
    const { status, json } = await askWhole(stack, job('say-40x5'));
    expect([status, json['error'].code]).toEqual([502, 'home_failed']);
  });

  test('before the first token is 502, streamed or not', async () => {
    server.behaviour = 'say-40x5-die0';
    for (const stream of [true, false]) {
      const response = await call({ stream });
      expect([response.status, (await errorOf(response)).code]).toEqual([502, 'home_failed']);
    }
  });
});

describe('a model server that is busy', () => {
  test.each([
    [429, '7', '7'],
    [503, '3', '3'],
    [429, null, '1'],
    [429, '0', '1'],
    // It is asked again then, however long it says.
    [503, '3600', '10'],
  ])('with %i and Retry-After %s is 429 with Retry-After %s, streamed or not', async (status, said, told) => {
    server.behaviour = `say-8x0-status${status}`;
    server.retryAfter = said;
    for (const stream of [true, false]) {
      const response = await call({ stream });
      expect([response.status, response.headers.get('retry-after')]).toEqual([429, told]);
      expect(response.headers.get('retry-after-ms')).toBe(`${told}000`);
      expect(response.headers.get('x-should-retry')).toBe(Number(told) > 20 ? 'false' : null);
      const message = expect.stringContaining(`try again in ${told}s`);
      expect(await errorOf(response)).toMatchObject({ code: 'all_homes_busy', type: 'rate_limit_error', message });
    }
  });

  test('is asked again by the official client, which gets its answer', async () => {
    const client = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: caller.apiKey, maxRetries: 4 });
    server.behaviour = 'say-8x0-status429';
    server.retryAfter = '1';
    const before = server.seen.length;
    const messages = [{ role: 'user' as const, content: 'say-3x0' }];
    const asked = client.chat.completions.create({ model: MODEL, messages, stream: true });
    await until('the busy server was asked', () => server.seen.length > before);
    server.behaviour = null;
    let text = '';
    for await (const chunk of await asked) text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe(words(3));
  });

  test('keeps nobody from a home with another model', async () => {
    server.behaviour = 'say-8x0-status429';
    server.retryAfter = '60';
    expect((await call({ stream: false })).status).toBe(429);
    const answer = await (await askOnline(stack, { ...job('say-3x0'), model: OTHER })).read();
    expect(answer).toMatchObject({ text: words(3), isDone: true });
  });
});

describe('the only home, which has failed nothing', () => {
  test('goes on with its answer after its hub was reset in the middle', async () => {
    const answer = await askOnline(stack, job('say-200x20'));
    await answer.read(({ tokens }) => tokens >= 10);
    await lose(stack, home, 'reset');
    await answer.read();
    expect(answer).toMatchObject({ text: words(200), isDone: true, error: null, irori: { attempts: 2 } });
  });

  test('goes on when its line is back', async () => {
    const answer = await askOnline(stack, job('say-100x20'));
    await answer.read(({ tokens }) => tokens >= 10);
    await home.agent.signal('SIGKILL');
    home.agent.start();
    await answer.read();
    expect(answer).toMatchObject({ text: words(100), isDone: true, error: null, irori: { attempts: 2 } });
  });
});

describe('the only home, which does not come back', () => {
  test('ends the stream at once where its owner takes it back', async () => {
    const answer = await askOnline(stack, job('say-200x20'));
    await answer.read(({ tokens }) => tokens >= 10);
    await lose(stack, home, 'pause');
    await answer.read();
    expect(answer).toMatchObject({ isDone: false, finish: 'error', error: { code: 'home_failed' }, comments: 0 });
    await giveBack(home, 'pause');
  });

  test('is waited for a moment only where it was killed', async () => {
    const strict = await startStack({ timings: { resumeWaitMs: LONG_MS, turnWaitMs: LONG_MS } });
    try {
      const lender = await strict.makeAccount();
      const asker = await strict.makeAccount(10_000_000);
      const [lone] = await startHomes(strict, lender, [
        { place: PARIS, args: ['--models', 'say-8x0', ...ARGS, server.url] },
      ]);
      await listModel(strict, { owner: lender, id: MODEL, digest: await learnDigest(strict, lender, 'say-8x0') });
      const answer = await askOnline(strict, { ...job('say-200x20'), account: asker });
      await answer.read(({ tokens }) => tokens >= 10);
      await lose(strict, lone!, 'kill');
      await answer.read();
      expect(answer).toMatchObject({ isDone: false, finish: 'error', error: { code: 'home_failed' } });
    } finally {
      await strict.stop();
    }
  });
});
