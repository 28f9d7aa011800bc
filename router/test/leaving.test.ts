// Callers whose answer is not streamed: they leave in every way that connections end, and the home stops; those who stay read one JSON body,
// however long it takes, and never half an answer as a whole one.
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { learnDigest, listModel } from './ask.ts';
import { findReceiptRows, POLL, readUsage } from './books.ts';
import { startModelServer, words } from './model-server.ts';
import type { ModelServer, SeenRequest } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/priced';
const SLOTS = 4;
/** What a left home may still do: what is written to a closed connection is noticed by the write after it. */
const STOPS_WITHIN_MS = 2500;

let stack: Stack;
let server: ModelServer;
let caller: TestAccount;

beforeAll(async () => {
  stack = await startStack({ timings: { resumeWaitMs: 300 } });
  server = await startModelServer();
  const owner = await stack.makeAccount();
  caller = await stack.makeAccount(1_000_000_000);
  await stack.startAgent({ owner, args: ['--models', 'say-8x0', '--slots', String(SLOTS), '--backend', server.url] });
  await listModel(stack, { owner, id: MODEL, digest: await learnDigest(stack, owner, 'say-8x0') });
});

afterAll(async () => {
  await stack.stop();
  await server.stop();
});

function seen(prompt: string): SeenRequest | undefined {
  return server.seen.findLast(({ body }) => (body['messages'] as { content: string }[])[0]?.content === prompt);
}

/** A call on a connection of its own; what comes of it is kept as text. */
function callBy(prompt: string, stream = false): { socket: Socket; heard: () => string; ended: Promise<void> } {
  const body = JSON.stringify({ model: MODEL, stream, messages: [{ role: 'user', content: prompt }] });
  const socket = connect({ host: '127.0.0.1', port: stack.network.port, allowHalfOpen: false });
  let text = '';
  socket.on('data', (bytes) => void (text += bytes.toString('latin1')));
  socket.on('error', () => undefined);
  const head = [
    'POST /v1/chat/completions HTTP/1.1',
    'host: irori',
    `authorization: Bearer ${caller.apiKey}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  const ended = new Promise<void>((resolve) => void socket.on('close', () => resolve()));
  return { socket, heard: () => text, ended };
}

const LEAVES = {
  // What is closed cleanly answers the next byte with a reset.
  'closing the connection': (socket: Socket) => void socket.destroy(),
  'resetting it': (socket: Socket) => void socket.resetAndDestroy(),
};

describe.each(Object.entries(LEAVES))('a caller who leaves by %s', (name, leave) => {
  const tag = `-fat${name.length}`;

  test.each([
    ['before the first token', `say-5x5-wait30000${tag}`, 0],
    ['in mid-answer', `say-3000x10${tag}`, 20],
  ])('%s stops the home', async (_when, prompt, tokens) => {
    const { socket } = callBy(prompt);
    await until('the model is asked', () => seen(prompt) !== undefined && seen(prompt)!.sent >= tokens);
    const at = Date.now();
    leave(socket);
    const abortedAt = await until('the abort', () => seen(prompt)?.abortedAt);
    expect(abortedAt - at).toBeLessThan(STOPS_WITHIN_MS);
    await expect.poll(async () => (await readUsage(stack, caller)).held_micro, POLL).toBe(0);
  });
});

test('who resets the connection with half a request on its way keeps no room for it', async () => {
  for (const path of ['/v1/messages/count_tokens', '/v1/chat/completions']) {
    for (let i = 0; i < 2; i++) {
      const socket = connect({ host: '127.0.0.1', port: stack.network.port });
      socket.on('error', () => undefined);
      const head = [`POST ${path} HTTP/1.1`, 'host: irori', `authorization: Bearer ${caller.apiKey}`];
      const body = ['content-type: application/json', 'content-length: 8000000', '', 'x'.repeat(100_000)];
      socket.write([...head, ...body].join('\r\n'));
      await new Promise((wake) => setTimeout(wake, 300));
      socket.resetAndDestroy();
    }
    const content = [{ type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(7_000_000)}` } }];
    const body = { model: MODEL, messages: [{ role: 'user', content }] };
    const { status } = await stack.call('/v1/chat/completions', { key: caller.apiKey, body });
    // No home here sees pictures; without room it would be 429.
    expect(status).toBe(400);
  }
});

/** One call of each API by its official client; streams are read to their end. */
const CLIENTS: Readonly<Record<string, (prompt: string, stream: boolean, signal: AbortSignal) => Promise<unknown>>> = {
  chat: async (content, stream, signal) => {
    const asked = { model: MODEL, stream, messages: [{ role: 'user' as const, content }] };
    return readOut(await openai().chat.completions.create(asked, { signal }));
  },
  responses: async (input, stream, signal) =>
    readOut(await openai().responses.create({ model: MODEL, stream, input }, { signal })),
  messages: async (content, stream, signal) => {
    const anthropic = new Anthropic({ apiKey: caller.apiKey, baseURL: stack.url });
    const asked = { model: MODEL, stream, max_tokens: 4000, messages: [{ role: 'user' as const, content }] };
    return readOut(await anthropic.messages.create(asked, { signal }));
  },
};

function openai(): OpenAI {
  return new OpenAI({ apiKey: caller.apiKey, baseURL: `${stack.url}/v1` });
}

async function readOut(answer: object): Promise<unknown> {
  if (Symbol.asyncIterator in answer) for await (const _ of answer as AsyncIterable<unknown>);
  return answer;
}

const WAYS = Object.keys(CLIENTS).flatMap((api) => [true, false].map((stream) => [api, stream] as const));

describe.each(WAYS)('the official client of %s, streamed: %s', (api, stream) => {
  const tag = `-fat${10 + WAYS.findIndex((way) => way[0] === api && way[1] === stream)}`;
  const ask = (prompt: string, signal: AbortSignal): Promise<unknown> =>
    CLIENTS[api]!(prompt, stream, signal).catch(() => null);

  test.each([
    ['as soon as the model is asked', `say-5x5-wait30000${tag}`, 0, 0],
    ['while the model reads the prompt', `say-6x5-wait30000${tag}`, 0, 1500],
    ['in mid-answer', `say-3000x10${tag}`, 20, 0],
    ['while the model is silent in mid-answer', `say-30x0-hang5${tag}`, 5, 1500],
  ])('that gives up %s stops the home, and asks no second time', async (_when, prompt, tokens, waitMs) => {
    const leaving = new AbortController();
    const over = ask(prompt, leaving.signal);
    await until('the model is asked', () => seen(prompt) !== undefined && seen(prompt)!.sent >= tokens);
    await new Promise((wake) => setTimeout(wake, waitMs));
    const at = Date.now();
    leaving.abort();
    await over;
    const abortedAt = await until('the abort', () => seen(prompt)?.abortedAt);
    expect(abortedAt - at).toBeLessThan(STOPS_WITHIN_MS);
    const again = server.seen.filter(({ body }) => JSON.stringify(body).includes(`"${prompt}"`));
    expect(again).toHaveLength(1);
  });

  test('that gives up in line stops the home that its turn has come at', async () => {
    const filler = `say-4x5-wait60000${tag}`;
    const running = Array.from({ length: SLOTS }, () => callBy(filler, true));
    const asked = (): number => server.seen.filter(({ body }) => JSON.stringify(body).includes(filler)).length;
    await until('the home is full', () => asked() === SLOTS);
    const leaving = new AbortController();
    const prompt = `say-7x5-wait30000${tag}`;
    const over = ask(prompt, leaving.signal);
    await new Promise((wake) => setTimeout(wake, 1000));
    leaving.abort();
    await over;
    const at = Date.now();
    for (const { socket } of running) socket.destroy();
    await expect.poll(async () => (await readUsage(stack, caller)).held_micro, POLL).toBe(0);
    const abortedAt = seen(prompt) ? await until('the abort', () => seen(prompt)?.abortedAt) : at;
    // The fillers are noticed first, then the byte that finds out that nobody reads.
    expect(abortedAt - at).toBeLessThan(STOPS_WITHIN_MS);
  });
});

describe.each(Object.entries(LEAVES))('no credit stays held for a call that is left by %s', (name, leave) => {
  const readHeld = async (): Promise<number> => (await readUsage(stack, caller)).held_micro;

  test.each([true, false])('as soon as it was sent, streamed: %s', async (stream) => {
    // Each is left at another step: its key, its hold, its search.
    for (let ms = 0; ms < 40; ms += 2) {
      const { socket } = callBy(`say-1x0-fat${name.length}`, stream);
      await new Promise((wake) => setTimeout(wake, ms));
      leave(socket);
    }
    await expect.poll(readHeld, POLL).toBe(0);
  });

  test.each([true, false])('while it waits for its turn, streamed: %s', async (stream) => {
    const prompt = `say-5x5-wait60000-fat9${name.length}${stream}`;
    const running = Array.from({ length: SLOTS }, () => callBy(prompt, true));
    const asked = (): number => server.seen.filter(({ body }) => JSON.stringify(body).includes(prompt)).length;
    await until('the home is full', () => asked() === SLOTS);
    const heldBefore = (await readUsage(stack, caller)).held_micro;
    const waiting = Array.from({ length: 3 }, () => callBy('say-1x0', stream));
    await until('all wait', async () => (await readUsage(stack, caller)).held_micro > heldBefore);
    await new Promise((wake) => setTimeout(wake, 300));
    for (const { socket } of [...waiting, ...running]) leave(socket);
    await expect.poll(readHeld, POLL).toBe(0);
  });
});

test('who leaves in mid-answer pays for what was relayed until then, and not for more', async () => {
  const prompt = 'say-4000x10-fat1';
  const { socket, heard } = callBy(prompt);
  await until('the answer opens', () => heard().includes('\r\n\r\n'));
  const job = /^x-irori-job: (\S+)/im.exec(heard())?.[1] ?? '';
  expect(heard()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(heard()).toMatch(/^x-irori-node: node_/im);
  socket.destroy();
  const rows = await until('its receipt', async () => {
    const found = await findReceiptRows(stack, job);
    return found.length > 0 ? found : null;
  });
  expect(rows).toHaveLength(1);
  expect(rows[0]!.charge).toBeGreaterThan(0);
  expect(rows[0]!.charge).toBeLessThan(7 + 2 * seen(prompt)!.sent + 2);
});

describe('an answer that takes long', () => {
  const client = (): OpenAI =>
    new OpenAI({ apiKey: caller.apiKey, baseURL: `${stack.url}/v1`, maxRetries: 0, timeout: 60_000 });
  const ask = (content: string): Promise<OpenAI.ChatCompletion> =>
    client().chat.completions.create({ model: MODEL, messages: [{ role: 'user', content }] });

  test('is read by the official client as any other, with the facts of its end in the body', async () => {
    const answer = await ask('say-30x100');
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: words(30) } });
    expect(answer.usage).toMatchObject({ completion_tokens: 30 });
    expect(answer).toMatchObject({ irori: { attempts: 1, charge_micro: 7 + 2 * 30 } });
  });

  test('opens with white space while it is made, and ends as one JSON body', async () => {
    const { heard, socket } = callBy('say-25x100');
    await until('white space', () => /\r\n\r\n[\s\S]*\n\r\n/.test(heard()));
    expect(heard()).not.toContain('choices');
    await until('its end', () => heard().endsWith('\r\n0\r\n\r\n'));
    socket.destroy();
    expect(heard().match(/\{"id".*\}/g)).toHaveLength(1);
    expect(heard()).toContain(words(25));
  });

  test('and fails is never taken for a whole one: the error stands in the body, and the connection breaks off behind it', async () => {
    const { heard, ended } = callBy('say-40x100-die20');
    await ended;
    expect(heard()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(heard()).toMatch(/\{"error":\{.*"code":"home_failed".*\}\}/);
    expect(heard().endsWith('0\r\n\r\n')).toBe(false);
    expect(heard()).not.toContain('choices');
    await expect.poll(async () => (await readUsage(stack, caller)).held_micro, POLL).toBe(0);
  });

  test('and fails raises an error in the official client', async () => {
    await expect(ask('say-41x100-die20')).rejects.toThrow('terminated');
  });

  test('and is waited for no longer tells so at once in a body that ends well, since a client that asked again would wait as long again', async () => {
    const answer = await client().chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content: 'say-3x0-wait20000' }],
      provider: { max_first_token_s: 2 },
    } as OpenAI.ChatCompletionCreateParamsNonStreaming);
    expect(answer).toMatchObject({ error: { code: 'first_token_timeout' } });
    expect(answer.choices).toBeUndefined();
  });

  test('what fails soon has its own status', async () => {
    const error = await ask('say-3x0-status500').catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect(error).toMatchObject({ status: 502 });
  });
});
