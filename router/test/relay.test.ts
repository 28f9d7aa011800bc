// How an answer travels: exactly, at once, in few frames, and no further than its reader reads.
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, askAll, askOnline, askWhole, learnDigest, listModel } from './ask.ts';
import type { Answer } from './ask.ts';
import { POLL, readUsage } from './books.ts';
import { startModelServer, WIDE, words } from './model-server.ts';
import type { ModelServer, SeenRequest } from './model-server.ts';
import { heldBytes, residentBytes } from './process-memory.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount, TestAgent } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/priced';
const STREAMS = 32;
const MIB = 1024 * 1024;

let stack: Stack;
let server: ModelServer;
let caller: TestAccount;
let agent: TestAgent;

beforeAll(async () => {
  // A busy machine’s agent says the last of 32 heads late.
  stack = await startStack({ timings: { headMs: 20_000 } });
  server = await startModelServer();
  const owner = await stack.makeAccount();
  caller = await stack.makeAccount(1_000_000_000);
  const args = ['--models', 'say-8x0', '--slots', String(STREAMS), '--backend', server.url];
  agent = await stack.startAgent({ owner, args, tellsHeld: true });
  const digest = await learnDigest(stack, owner, 'say-8x0');
  await listModel(stack, { owner, id: MODEL, digest });
});

afterAll(async () => {
  await stack.stop();
  await server.stop();
});

function job(prompt: string) {
  return { account: caller, model: MODEL, prompt };
}

function seen(prompt: string): SeenRequest | undefined {
  return server.seen.findLast(({ body }) => (body['messages'] as { content: string }[])[0]?.content === prompt);
}

describe('many at once', () => {
  test('32 streams through one hub come whole, each with its exact counts', async () => {
    const prompts = Array.from({ length: STREAMS }, (_, i) => `say-${60 + i}x${3 + (i % 5)}`);
    const answers = await Promise.all(prompts.map((prompt) => askAll(stack, job(prompt))));
    expect(answers.map(({ isDone, error }) => ({ isDone, error }))).toEqual(
      answers.map(() => ({ isDone: true, error: null })),
    );
    expect(answers.map(({ text }) => text)).toEqual(answers.map((_, i) => words(60 + i)));
    expect(answers.map(({ usage }) => usage?.completion_tokens)).toEqual(answers.map((_, i) => 60 + i));
    expect(new Set(answers.map(({ job }) => job)).size).toBe(STREAMS);
  });

  test('32 at once without gaps come whole too', async () => {
    const answers = await Promise.all(
      // A slot that the test before took may be free at the home before the hub has heard of it.
      Array.from({ length: STREAMS }, async () => (await askOnline(stack, job('say-1000x0'))).read()),
    );
    expect(answers.map(({ isDone, error }) => ({ isDone, error }))).toEqual(
      answers.map(() => ({ isDone: true, error: null })),
    );
    expect(answers.map(({ text }) => text === words(1000))).toEqual(answers.map(() => true));
    expect(answers.map(({ usage }) => usage?.completion_tokens)).toEqual(answers.map(() => 1000));
  });
});

describe('the bytes', () => {
  test('characters of three and four bytes come whole, also where the model server tears them', async () => {
    const answer = await askAll(stack, job('say-200x1-wide-torn'));
    expect(answer.text).toBe(words(200, ` ${WIDE}`));
    expect(answer.usage?.completion_tokens).toBe(200);
  });

  test('the first token does not wait for others; later ones share frames', async () => {
    const answer = await askAll(stack, job('say-100x10'));
    const [first] = answer.pieces.filter(({ events }) => events > 0);
    expect(first?.events).toBe(1);
    const carrying = answer.pieces.filter(({ events }) => events > 0);
    // 99 tokens at 10 ms and five to a frame: about twenty pieces, never one for each.
    expect(carrying.length).toBeLessThan(60);
    expect(carrying.length).toBeGreaterThan(5);
    const sent = seen('say-100x10')!;
    expect(sent.sent).toBe(100);
  });

  test('the first token of a slow model is here long before the second is made', async () => {
    const answer = await ask(stack, job('say-3x1500'));
    await answer.read(({ tokens }) => tokens >= 1);
    expect(seen('say-3x1500')!.sent).toBe(1);
    await answer.read();
    expect(answer).toMatchObject({ isDone: true, tokens: 3 });
  });

  test('an answer that is not streamed is whole', async () => {
    const { status, json } = await askWhole(stack, job('say-3000x0-fat100'));
    expect(status).toBe(200);
    expect(json['choices'][0].message.content).toBe(words(3000, `${'x'.repeat(100)} word`));
    expect(json['usage'].completion_tokens).toBe(3000);
  });
});

/** When the model server saw that its reader was gone, from `at` on. */
async function abortedAfter(prompt: string, at: number): Promise<number> {
  const abortedAt = await until('the abort', () => seen(prompt)?.abortedAt);
  return abortedAt - at;
}

describe('a caller who leaves', () => {
  const figures: Record<string, number> = {};
  afterAll(() => console.info(`ms from the caller's leaving until the model server knew: ${JSON.stringify(figures)}`));

  test('while tokens flow stops the model within a second', async () => {
    const answer = await ask(stack, job('say-5000x5'));
    await answer.read(({ tokens }) => tokens >= 10);
    const at = Date.now();
    await answer.leave();
    figures['flowing'] = await abortedAfter('say-5000x5', at);
    expect(figures['flowing']).toBeLessThan(1000);
    expect(seen('say-5000x5')!.sent).toBeLessThan(5000);
  });

  test('in silence stops the model within two comments', async () => {
    const answer = await ask(stack, job('say-50x5-hang10'));
    await answer.read(({ tokens }) => tokens >= 10);
    const at = Date.now();
    await answer.leave();
    figures['silent'] = await abortedAfter('say-50x5-hang10', at);
    expect(figures['silent']).toBeLessThan(2000);
  });

  test('before the first token stops the model too', async () => {
    const answer = await ask(stack, job('say-50x5-wait60000'));
    const at = Date.now();
    await answer.leave();
    figures['before the first token'] = await abortedAfter('say-50x5-wait60000', at);
    expect(figures['before the first token']).toBeLessThan(2000);
  });

  test('an answer that is not streamed stops the model too', async () => {
    const controller = new AbortController();
    const body = { model: MODEL, messages: [{ role: 'user', content: 'say-3000x10' }] };
    const options = { key: caller.apiKey, body, signal: controller.signal };
    const call = stack.call('/v1/chat/completions', options).catch(() => null);
    await until('the first tokens', () => (seen('say-3000x10')?.sent ?? 0) > 10);
    const at = Date.now();
    controller.abort();
    await call;
    figures['not streamed'] = await abortedAfter('say-3000x10', at);
    expect(figures['not streamed']).toBeLessThan(2500);
    await expect.poll(async () => (await readUsage(stack, caller)).held_micro, POLL).toBe(0);
  });

  test('leaves every slot free', async () => {
    await expect.poll(async () => (await readUsage(stack, caller)).held_micro, POLL).toBe(0);
    const answers = await Promise.all(Array.from({ length: STREAMS }, () => askAll(stack, job('say-4x0'))));
    expect(answers.every(({ isDone }) => isDone)).toBe(true);
  });
});

/** Sends the call by hand and never reads a byte of its answer. */
async function askWithoutReading(prompt: string): Promise<Socket> {
  const body = JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: prompt }], stream: true });
  const socket = connect({ host: '127.0.0.1', port: stack.network.port });
  socket.pause();
  const head = [
    'POST /v1/chat/completions HTTP/1.1',
    'host: irori',
    `authorization: Bearer ${caller.apiKey}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.on('error', () => undefined);
  return socket;
}

describe('a caller who never reads', () => {
  const PROMPT = 'say-30000x0-fat3000';

  test('stops the model long before its end, grows neither router nor home, and can still leave', async () => {
    // The same bytes, read: what is measured after it is what not reading costs.
    await askAll(stack, job('say-6000x0-fat3000'));
    const [workerd] = stack.network.workerdPids();
    const before = { workerd: residentBytes(workerd!), agent: await heldBytes(agent) };
    const socket = await askWithoutReading(PROMPT);
    await until('the model begins', () => (seen(PROMPT)?.sent ?? 0) > 0);
    const stalledAt = await stall(() => seen(PROMPT)!.sent);
    const grown = {
      workerd: residentBytes(workerd!) - before.workerd,
      agent: (await heldBytes(agent)) - before.agent,
    };
    console.info(
      `a reader that never reads: ${((stalledAt * 3150) / MIB).toFixed(1)} MiB left the model server; grown by ${(grown.workerd / MIB).toFixed(1)} MiB in workerd, ${(grown.agent / MIB).toFixed(1)} MiB held by the agent`,
    );
    expect(stalledAt * 3150).toBeLessThan(24 * MIB);
    expect(grown.workerd).toBeLessThan(40 * MIB);
    expect(grown.agent).toBeLessThan(40 * MIB);
    // Others are served meanwhile.
    expect(await askAll(stack, job('say-20x1'))).toMatchObject({ isDone: true, tokens: 20 });
    socket.destroy();
    await until('the abort', () => seen(PROMPT)?.abortedAt);
    await expect.poll(async () => (await readUsage(stack, caller)).held_micro, POLL).toBe(0);
  });

  test('and reads on at last gets the whole answer', async () => {
    const answer: Answer = await ask(stack, job('say-4000x0-fat3000'));
    await answer.read(({ tokens }) => tokens >= 1);
    await stall(() => seen('say-4000x0-fat3000')!.sent);
    await answer.read();
    expect(answer).toMatchObject({ isDone: true, tokens: 4000, usage: { completion_tokens: 4000 } });
  });
});

/** Waits until a count has stood still for a second, and gives it. */
async function stall(count: () => number): Promise<number> {
  for (let last = -1; ;) {
    const now = count();
    if (now === last) return now;
    last = now;
    await new Promise((wake) => setTimeout(wake, 1000));
  }
}
