// The charging table through the whole network, every row but resume, which has its own (resume.test.ts): after each job the caller's object, the home's earnings and the
// book in D1 have moved by exactly what the table says, and no credit is held.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, askAll, askOnline, askWhole, learnDigest, listModel, send } from './ask.ts';
import type { Answer } from './ask.ts';
import { Books, findReceiptRows, movedBy, NOTHING_MOVED, POLL, readBooks, readUsage } from './books.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount, TestAgent } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/priced';
const GRANTED = 10_000_000;
/** What the model server says of every prompt. */
const PROMPT_TOKENS = 7;
const NEAR = '48.9,2.4,FR';
const FAR = '52.5,13.4,DE';

let stack: Stack;
let owner: TestAccount;
let caller: TestAccount;
let books: Books;
/** Two homes with the same weights; the caller is nearer to the first. */
let near: TestAgent;
let far: TestAgent;
let nearServer: ModelServer;
let farServer: ModelServer;

beforeAll(async () => {
  stack = await startStack();
  [nearServer, farServer] = await Promise.all([startModelServer(), startModelServer()]);
  owner = await stack.makeAccount();
  caller = await stack.makeAccount(GRANTED);
  const home = { owner, args: ['--models', 'say-8x0', '--slots', '4'] };
  near = await stack.startAgent({ ...home, args: [...home.args, '--backend', nearServer.url], place: NEAR });
  const digest = await learnDigest(stack, owner, 'say-8x0');
  far = await stack.startAgent({ ...home, args: [...home.args, '--backend', farServer.url], place: FAR });
  await listModel(stack, { owner, id: MODEL, digest, homes: 2 });
  books = new Books(stack, { caller, owner, granted: GRANTED });
});

afterAll(async () => {
  await stack.stop();
  await Promise.all([nearServer.stop(), farServer.stop()]);
});

/** Keeps every promise, so that the nearer home is asked first however slow the tests have made it look. */
const PATIENT = { preferred_max_latency: 600, preferred_min_throughput: 0.001 };

function job(prompt: string, maxTokens?: number) {
  const more = { provider: PATIENT, resume: 'off' };
  return {
    account: caller,
    model: MODEL,
    prompt,
    place: NEAR,
    more,
    ...(maxTokens === undefined ? {} : { maxTokens }),
  };
}

/** The usage chunk, the facts, the settlement in D1 and the caller's books agree. */
async function expectCharged(
  answer: Answer,
  counts: { prompt: number; output: number; outcome: string },
): Promise<void> {
  const charge = counts.prompt + 2 * counts.output;
  const told = {
    prompt_tokens: counts.prompt,
    completion_tokens: counts.output,
    total_tokens: counts.prompt + counts.output,
    energy: expect.objectContaining({ boundary: 'wall-above-idle' }) as unknown,
  };
  const isTold = counts.outcome === 'complete';
  expect(answer.usage).toEqual(isTold ? told : null);
  expect(answer.irori.charge_micro).toBe(isTold ? charge : undefined);
  expect(await books.faultsAfter(movedBy(charge))).toEqual([]);
  expect(await findReceiptRows(stack, answer.job)).toEqual([
    {
      outcome: counts.outcome,
      promptTokens: counts.prompt,
      outputTokens: counts.output,
      charge,
      earn: movedBy(charge).owner,
    },
  ]);
}

describe('a delivered answer', () => {
  test('a complete answer charges its prompt and its output as relayed', async () => {
    const answer = await askAll(stack, job('say-20x2'));
    expect(answer).toMatchObject({ isDone: true, finish: 'stop', tokens: 20 });
    await expectCharged(answer, { prompt: PROMPT_TOKENS, output: 20, outcome: 'complete' });
    const receipts = (await (await stack.call(`/v1/receipts/${answer.job}`, { key: caller.apiKey })).json()) as {
      data: Record<string, any>[];
    };
    expect(receipts.data[0]).toMatchObject({
      usage: { prompt_tokens: PROMPT_TOKENS, completion_tokens: 20 },
      charge_micro: 47,
      earned_micro: 43,
      difference: null,
      receipt: { promptTokens: PROMPT_TOKENS, outputTokens: 20, amount: '47' },
      acceptance: { promptTokens: PROMPT_TOKENS, outputTokens: 20, amount: '43', status: 0 },
    });
  });

  test('an answer cut by max_tokens charges what was relayed', async () => {
    const answer = await askAll(stack, job('say-20x2', 5));
    expect(answer).toMatchObject({ isDone: true, finish: 'length', tokens: 5 });
    await expectCharged(answer, { prompt: PROMPT_TOKENS, output: 5, outcome: 'complete' });
  });

  test('an answer that is not streamed is charged the same', async () => {
    const { status, json } = await askWhole(stack, job('say-20x2'));
    expect(status).toBe(200);
    expect(json['usage']).toMatchObject({ prompt_tokens: PROMPT_TOKENS, completion_tokens: 20 });
    expect(json['irori']).toMatchObject({ charge_micro: 47, attempts: 1 });
    expect(await books.faultsAfter(movedBy(47))).toEqual([]);
  });
});

describe('a caller who leaves', () => {
  test('pays the prompt and what was relayed until then', async () => {
    const answer = await ask(stack, job('say-2000x10'));
    await answer.read(({ tokens }) => tokens >= 20);
    await answer.leave();
    const [row] = await until('the settlement', async () => {
      const rows = await findReceiptRows(stack, answer.job);
      return rows.length > 0 ? rows : null;
    });
    expect(row).toMatchObject({ outcome: 'cancelled' });
    expect(row!.outputTokens).toBeGreaterThanOrEqual(answer.tokens);
    expect(row!.outputTokens).toBeLessThan(1000);
    expect(row!.outputTokens).toBeLessThanOrEqual(nearServer.seen.at(-1)!.sent);
    await expectCharged(answer, { prompt: row!.promptTokens, output: row!.outputTokens, outcome: 'cancelled' });
    expect(row!.promptTokens).toBeGreaterThan(0);
    const receipts = (await (await stack.call(`/v1/receipts/${answer.job}`, { key: caller.apiKey })).json()) as {
      data: Record<string, any>[];
    };
    const [receipt] = receipts.data;
    expect(receipt!['usage']).toMatchObject({ completion_tokens: row!.outputTokens });
    expect(receipt!['acceptance']).toMatchObject({ outputTokens: row!.outputTokens });
    // What the home sent before it heard of the cancel is no difference.
    expect(receipt!['difference']).toBeNull();
    expect(receipt!['receipt']['finish']).toBe(2);
  });

  test('before the first token pays the prompt only', async () => {
    const answer = await ask(stack, job('say-20x2-wait20000'));
    expect(answer.tokens).toBe(0);
    await answer.leave();
    await expect.poll(async () => (await findReceiptRows(stack, answer.job)).length, POLL).toBe(1);
    const [row] = await findReceiptRows(stack, answer.job);
    expect(row!.promptTokens).toBeGreaterThan(0);
    await expectCharged(answer, { prompt: row!.promptTokens, output: 0, outcome: 'cancelled' });
    await expect.poll(() => nearServer.seen.at(-1)?.abortedAt, POLL).not.toBeNull();
  });

  test('while the homes do not answer pays nothing, and holds nothing', async () => {
    await Promise.all([near.signal('SIGSTOP'), far.signal('SIGSTOP')]);
    try {
      const controller = new AbortController();
      const opening = stack
        .call('/v1/chat/completions', {
          key: caller.apiKey,
          body: { model: MODEL, messages: [{ role: 'user', content: 'say-5x0' }], stream: true },
          place: NEAR,
          signal: controller.signal,
        })
        .catch(() => null);
      await until('the hold', async () => (await readUsage(stack, caller)).held_micro > 0);
      controller.abort();
      await opening;
      await expect.poll(async () => (await readUsage(stack, caller)).held_micro, POLL).toBe(0);
    } finally {
      await Promise.all([near.signal('SIGCONT'), far.signal('SIGCONT')]);
    }
    await stack.waitForModel(owner, MODEL, 2);
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
  });
});

describe('a failure before any token', () => {
  test('is made good by another home, unseen, and only that home is paid', async () => {
    nearServer.behaviour = 'say-20x2-die0';
    const answer = await askAll(stack, job('say-20x2'));
    nearServer.behaviour = null;
    expect(answer).toMatchObject({ isDone: true, error: null, tokens: 20 });
    expect(answer.irori.attempts).toBe(2);
    await expectCharged(answer, { prompt: PROMPT_TOKENS, output: 20, outcome: 'complete' });
  });

  test('at every home after the stream has begun is an error event, and costs nothing', async () => {
    const answer = await askAll(stack, job('say-20x2-wait1200-die0'));
    expect(answer).toMatchObject({ isDone: false, text: '', finish: 'error', error: { code: 'home_failed' } });
    expect(answer.comments).toBeGreaterThan(0);
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
    expect(await findReceiptRows(stack, answer.job)).toEqual([]);
  });

  test('at every home costs nothing, and the credit is free at once', async () => {
    const before = await readUsage(stack, caller);
    for (const stream of [false, true]) {
      const response = await send(stack, { ...job('say-20x2-die0'), stream });
      const text = await response.text();
      // On a machine with other work the failures may take longer than a stream waits with its beginning.
      expect(stream ? [502, 200] : [502]).toContain(response.status);
      expect(text).toContain('"code":"home_failed"');
      expect(text).not.toContain('word');
      expect(await readUsage(stack, caller)).toEqual(before);
    }
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
  });
});

describe('a failure after tokens', () => {
  test('of the home’s model costs the caller nothing, and the home earns nothing', async () => {
    const answer = await askAll(stack, job('say-20x20-die3'));
    expect(answer).toMatchObject({ isDone: false, isOver: true, finish: 'error', usage: null });
    expect(answer.error?.code).toBe('home_failed');
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
    await expect
      .poll(() => findReceiptRows(stack, answer.job), POLL)
      .toEqual([{ outcome: 'failed-by-node', promptTokens: 4, outputTokens: 3, charge: 0, earn: 0 }]);
  });

  test('of the home itself costs the caller nothing, and the home earns nothing', async () => {
    const answer = await ask(stack, job('say-2000x10'));
    await answer.read(({ tokens }) => tokens >= 5);
    // The farther home, where the nearer is still left alone after the failures above.
    const lost = [near, far].find(({ lines }) => lines.join('\n').includes(answer.irori.node))!;
    await lost.signal('SIGKILL');
    await answer.read();
    expect(answer).toMatchObject({ isDone: false, isOver: true, finish: 'error' });
    expect(answer.error?.code).toBe('home_failed');
    lost.start();
    await stack.waitForModel(owner, MODEL, 2);
    const failed = { outcome: 'failed-by-node', charge: 0, earn: 0 };
    await expect.poll(() => findReceiptRows(stack, answer.job), POLL).toMatchObject([failed]);
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
  });

  test('of the network costs the caller nothing, and the home is paid at most what its own work has brought in', async () => {
    const { fees = 0 } = await readBooks(stack);
    const answer = await ask(stack, job('say-2000x10'));
    // A hub writes down what has begun within 250 ms: of what it has not, kill.test.ts tells.
    await answer.read(({ tokens }) => tokens >= 60);
    await stack.network.killWorkerd();
    await answer.read().catch(() => undefined);
    expect(answer.isDone).toBe(false);
    await stack.network.restart();
    await until(
      'the late receipt',
      async () => {
        const receipts = await stack.call(`/v1/receipts/${answer.job}`, { key: caller.apiKey });
        const { data = [] } = (await receipts.json()) as { data?: Record<string, any>[] };
        return data[0]?.['acceptance'] ? data : null;
      },
      60_000,
    );
    const [row] = await findReceiptRows(stack, answer.job);
    expect(row).toMatchObject({ outcome: 'failed-by-network', charge: 0 });
    expect(row!.outputTokens).toBeGreaterThanOrEqual(answer.tokens);
    expect(row!.earn).toBeLessThanOrEqual(Math.min(fees, movedBy(row!.promptTokens + 2 * row!.outputTokens).owner));
    expect(await books.faultsAfter({ caller: 0, owner: row!.earn, fees: 0 - row!.earn })).toEqual([]);
    await stack.waitForModel(owner, MODEL, 2);
  });
});

describe('a refused call costs nothing', () => {
  test.each([
    ['a wrong field', { temperature: 9 }, 400, 'invalid_value'],
    ['an unknown model', { model: 'nobody/knows' }, 404, 'model_not_found'],
  ])('%s', async (_title, change, status, code) => {
    const body = { model: MODEL, messages: [{ role: 'user', content: 'say-5x0' }], ...change };
    const response = await stack.call('/v1/chat/completions', { key: caller.apiKey, body });
    expect([response.status, ((await response.json()) as { error: { code: string } }).error.code]).toEqual([
      status,
      code,
    ]);
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
  });

  test('all homes busy: 429', async () => {
    const running = await Promise.all(Array.from({ length: 8 }, () => askOnline(stack, job('say-5000x20'))));
    // One that waits no longer than the network does by itself.
    const { status, headers, json } = await askWhole(stack, { ...job('say-5x0'), more: {} });
    expect([status, json['error'].code, headers.get('retry-after')]).toEqual([
      429,
      'all_homes_busy',
      expect.stringMatching(/^[1-9]\d*$/),
    ]);
    const held = (await readUsage(stack, caller)).held_micro;
    await Promise.all(running.map((answer) => answer.leave()));
    expect(held % 8).toBe(0);
    await expect.poll(async () => (await readUsage(stack, caller)).held_micro, POLL).toBe(0);
    const rows = await until('eight settlements', async () => {
      const found = (await Promise.all(running.map((answer) => findReceiptRows(stack, answer.job)))).flat();
      return found.length === 8 ? found : null;
    });
    const all = rows.map((row) => movedBy(row.charge));
    expect(
      await books.faultsAfter({
        caller: all.reduce((sum, one) => sum + one.caller, 0),
        owner: all.reduce((sum, one) => sum + one.owner, 0),
        fees: all.reduce((sum, one) => sum + one.fees, 0),
      }),
    ).toEqual([]);
  });

  test('nobody online: 503', async () => {
    await Promise.all([near.signal('SIGTERM'), far.signal('SIGTERM')]);
    const answer = await until('the homes are gone', async () => {
      const { status, json } = await askWhole(stack, job('say-5x0'));
      return status === 503 && json['error'].code === 'no_node_online' ? json : null;
    });
    expect(answer['error'].type).toBeTypeOf('string');
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
  });
});
