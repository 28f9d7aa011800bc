// A model server that refuses a prompt and an answer which together are longer than its context, as vLLM does, behind a home of the caller's own.
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';

const MODEL = 'strict-model';
const CONTEXT = 2048;
const PROMPT_TOKENS = 15;
const CHAT = '/v1/chat/completions';

let stack: Stack;
let server: Server;
let owner: TestAccount;
/** What it was asked for, each time. */
let asked: number[] = [];

beforeAll(async () => {
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const backend = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  stack = await startStack();
  owner = await stack.makeAccount();
  await stack.startAgent({ owner, args: ['--backend', backend, '--models', MODEL] });
  await stack.waitForModel(owner, MODEL);
});

afterAll(async () => {
  await stack?.stop();
  server?.closeAllConnections();
  server?.close();
});

beforeEach(() => (asked = []));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const json = (status: number, value: object): void =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  if (request.url === '/version') return json(200, { version: '0.12.0' });
  if (request.url === '/v1/models')
    return json(200, {
      object: 'list',
      data: [{ id: MODEL, object: 'model', owned_by: 'vllm', max_model_len: CONTEXT }],
    });
  if (request.url !== CHAT) return json(404, { detail: 'Not Found' });
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const { max_tokens: most } = JSON.parse(Buffer.concat(pieces).toString()) as { max_tokens: number };
  asked.push(most);
  if (PROMPT_TOKENS + most > CONTEXT)
    return json(400, { error: { message: 'max_tokens is too large', type: 'BadRequestError', code: 400 } });
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const tell = (delta: object, finish: string | null): string =>
    `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: MODEL, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  response.end(`${tell({ role: 'assistant', content: 'Hello.' }, null)}${tell({}, 'stop')}data: [DONE]\n\n`);
}

async function say(more: object): Promise<[number, string]> {
  const messages = [{ role: 'user', content: 'Say hello.' }];
  const response = await stack.call(CHAT, { key: owner.apiKey, body: { model: MODEL, messages, ...more } });
  return [response.status, await response.text()];
}

test.each([
  ['none', {}],
  ['the whole context', { max_tokens: CONTEXT }],
  ['more than there is anywhere', { max_completion_tokens: 1e300 }],
  ['none, as a stream', { stream: true }],
])('with %s asked for, it is asked once for what its context leaves', async (_what, more) => {
  const [status, text] = await say(more);
  expect([status, text.includes('Hello.')]).toEqual([200, true]);
  expect(asked).toHaveLength(1);
  expect(asked[0]).toBeGreaterThan(0.9 * CONTEXT);
});

test('with few asked for, it is asked for those', async () => {
  expect((await say({ max_tokens: 7 }))[0]).toBe(200);
  expect(asked).toEqual([7]);
});
