// Calls of tools whose home is lost: taken up elsewhere where nobody has read of them, ended as each API's clients expect where somebody has.
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ABLE_MODEL, startAbleServer } from './able-server.ts';
import type { AbleServer } from './able-server.ts';
import { startHomes } from './homes.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const PARIS = '48.9,2.4,FR';
let stack: Stack;
let account: TestAccount;
let servers: AbleServer[];
let client: OpenAI;

beforeAll(async () => {
  stack = await startStack({ timings: { resumeWaitMs: 1000 } });
  account = await stack.makeAccount();
  servers = [await startAbleServer(), await startAbleServer()];
  const homes = servers.map(({ url }) => ({ place: PARIS, args: ['--backend', url, '--slots', '8'] }));
  await startHomes(stack, account, homes);
  await stack.waitForModel(account, ABLE_MODEL);
  client = new OpenAI({ apiKey: account.apiKey, baseURL: `${stack.url}/v1`, maxRetries: 0 });
});

afterAll(async () => {
  await stack?.stop();
  for (const server of servers ?? []) await server.stop();
});

beforeEach(async () => {
  for (const server of servers) Object.assign(server, { gapMs: 0, breaksAfter: null });
  // A home that failed rests for a while: an answer that ends well sets it free again.
  await until('both homes rest no more', async () => {
    const before = servers.map(({ seen }) => seen.length);
    await Promise.all(
      Array.from({ length: 6 }, () =>
        client.chat.completions.create({ model: ABLE_MODEL, messages: ask('Hi') }).catch(() => null),
      ),
    );
    return servers.every(({ seen }, i) => seen.length > (before[i] ?? 0));
  });
});

const ask = (content: string) => [{ role: 'user' as const, content }];
const parameters = { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } } };
const chat = {
  model: ABLE_MODEL,
  messages: ask('call get_weather'),
  tools: [{ type: 'function' as const, function: { name: 'get_weather', parameters } }],
};
/** The servers break off behind so many events of a stream. */
function breakAfter(events: number, onBreak = (): void => undefined): void {
  for (const server of servers) Object.assign(server, { breaksAfter: events, onBreak });
}

/** Only the first one that is asked does. */
function breakOnce(events: number): void {
  breakAfter(events, () => servers.forEach((server) => void (server.breaksAfter = null)));
}

describe('before any of it has reached the caller', () => {
  test('a call is made anew at another home', async () => {
    breakOnce(1);
    const chunks = [];
    for await (const chunk of await client.chat.completions.create({ ...chat, stream: true })) chunks.push(chunk);
    const given = chunks.map(({ choices }) => choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? '').join('');
    expect(given).toBe('{"city":"text","days":7}');
  });

  test('of an answer in one piece a call that broke off in its middle is made anew, and told once', async () => {
    breakOnce(4);
    const whole = await client.chat.completions.create(chat);
    expect(whole.choices[0]?.message.tool_calls).toMatchObject([
      { function: { arguments: '{"city":"text","days":7}' } },
    ]);
  });
});

describe('in the middle of a call that its caller reads', () => {
  beforeEach(() => breakAfter(4));

  test('a chat ends with an error, and without [DONE]', async () => {
    const response = await fetch(`${stack.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${account.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...chat, stream: true }),
    });
    const text = await response.text();
    expect(text).not.toContain('[DONE]');
    const last = JSON.parse(text.trim().split('\n\n').at(-1)!.slice('data: '.length));
    expect(last).toMatchObject({ error: { code: 'home_failed' }, choices: [{ finish_reason: 'error' }] });
    const stream = await client.chat.completions.create({ ...chat, stream: true });
    await expect(
      (async () => {
        for await (const _ of stream);
      })(),
    ).rejects.toThrow('broke off');
  });

  test('a response fails', async () => {
    const tools = [{ type: 'function' as const, strict: false, name: 'get_weather', parameters }];
    const types: string[] = [];
    const stream = await client.responses.create({ model: ABLE_MODEL, input: 'call get_weather', tools, stream: true });
    let failed: unknown;
    for await (const event of stream) {
      types.push(event.type);
      if (event.type === 'response.failed') failed = event.response;
    }
    expect(types.at(-1)).toBe('response.failed');
    expect(types).not.toContain('response.completed');
    expect(failed).toMatchObject({ status: 'failed', error: { message: expect.stringContaining('broke off') } });
  });

  test('a message ends with an event of an error', async () => {
    const anthropic = new Anthropic({ apiKey: account.apiKey, baseURL: stack.url, maxRetries: 0 });
    const tools = [{ name: 'get_weather', input_schema: { ...parameters, type: 'object' as const } }];
    const stream = anthropic.messages.stream({
      model: ABLE_MODEL,
      max_tokens: 100,
      messages: ask('call get_weather'),
      tools,
    });
    await expect(stream.finalMessage()).rejects.toThrow('broke off');
  });
});
