// The official `@anthropic-ai/sdk` against a home that can do everything: messages whole and streamed, the loop of tools, thinking, pictures, counted tokens.
import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { jsonSchemaOutputFormat } from '@anthropic-ai/sdk/helpers/json-schema';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ABLE_MODEL, PIXEL } from './able-server.ts';
import { startAbleStack } from './able-stack.ts';
import type { AbleStack } from './able-stack.ts';

let network: AbleStack;
let client: Anthropic;

beforeAll(async () => {
  network = await startAbleStack();
  client = new Anthropic({ apiKey: network.account.apiKey, baseURL: network.stack.url, maxRetries: 0 });
});
afterAll(() => network?.stop());

const say = (content: string): Anthropic.MessageParam[] => [{ role: 'user', content }];
const asked = { model: ABLE_MODEL, max_tokens: 500 };
const CITY = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
} as const;
const tools: Anthropic.Tool[] = [
  { name: 'get_weather', description: 'Tells it.', input_schema: { ...CITY, required: ['city'] } },
];
const thinking = { type: 'enabled', budget_tokens: 1024 } as const;
const lastMessages = (): Record<string, unknown>[] => network.asked()['messages'] as Record<string, unknown>[];

test('a message comes whole', async () => {
  const message = await client.messages.create({ ...asked, system: 'Be brief.', messages: say('hi') });
  expect(message).toMatchObject({ content: [{ type: 'text', text: 'You said: hi' }], stop_reason: 'end_turn' });
  expect(message.usage.output_tokens).toBeGreaterThan(0);
  expect(lastMessages()[0]).toEqual({ role: 'system', content: 'Be brief.' });
});

test('a stream tells text, thinking and calls in blocks of their own', async () => {
  const stream = client.messages.stream({
    ...asked,
    max_tokens: 2000,
    messages: say('call get_weather'),
    tools,
    thinking,
  });
  const seen = { thinking: '', json: '' };
  stream.on('thinking', (delta) => void (seen.thinking += delta));
  stream.on('inputJson', (delta) => void (seen.json += delta));
  const message = await stream.finalMessage();
  expect(message.stop_reason).toBe('tool_use');
  expect(message.content).toMatchObject([
    { type: 'thinking', thinking: seen.thinking },
    { type: 'tool_use', name: 'get_weather', input: { city: 'text' } },
  ]);
  expect(seen.thinking).toMatch(/^I think with \w+ effort\.$/);
  expect(JSON.parse(seen.json)).toEqual({ city: 'text' });
});

describe('tools', () => {
  test.each([false, true])('run in the client’s own loop, streamed %s', async (stream) => {
    const tool = betaTool({ name: 'get_weather', description: 'Tells it.', inputSchema: CITY, run: () => 'Rain.' });
    const runner = client.beta.messages.toolRunner({
      ...asked,
      messages: say('call get_weather'),
      tools: [tool],
      stream,
    });
    const final = await runner.runUntilDone();
    expect(final.content.at(-1)).toMatchObject({ type: 'text', text: 'The tool said: Rain.' });
    expect(lastMessages()).toMatchObject([{ role: 'user' }, { tool_calls: [{}] }, { role: 'tool', content: 'Rain.' }]);
  });

  test('are chosen as the caller says', async () => {
    const two = [...tools, { name: 'clock', input_schema: { type: 'object' as const } }];
    for (const [tool_choice, told, shown] of [
      [{ type: 'any' }, 'required', ['get_weather', 'clock']],
      // A llama-server is shown the one that it must call, and nothing where it must call none.
      [{ type: 'tool', name: 'clock' }, 'required', ['clock']],
      [{ type: 'none' }, undefined, undefined],
    ] as const) {
      const message = await client.messages.create({ ...asked, messages: say('hi'), tools: two, tool_choice });
      const { tool_choice: choice, tools: given } = network.asked();
      const names = (given as { function: { name: string } }[] | undefined)?.map((tool) => tool.function.name);
      expect([choice, names]).toEqual([told, shown]);
      expect(message.stop_reason).toBe(told === undefined ? 'end_turn' : 'tool_use');
    }
  });

  test('thinking and calls are taken back as they came', async () => {
    const first = await client.messages.create({
      ...asked,
      max_tokens: 2000,
      messages: say('call get_weather'),
      tools,
      thinking,
    });
    const id = first.content.find((block) => block.type === 'tool_use')!.id;
    const result: Anthropic.ToolResultBlockParam = { type: 'tool_result', tool_use_id: id, content: 'Rain.' };
    const messages: Anthropic.MessageParam[] = [
      ...say('call get_weather'),
      { role: 'assistant', content: first.content as Anthropic.ContentBlockParam[] },
      { role: 'user', content: [result] },
    ];
    const last = await client.messages.create({ ...asked, messages, tools });
    expect(last.content).toMatchObject([{ type: 'text', text: 'The tool said: Rain.' }]);
    expect(lastMessages()[1]).toMatchObject({
      reasoning_content: expect.stringMatching(/^I think/),
      tool_calls: [{ id }],
    });
  });
});

test('an answer in a form is parsed by the client', async () => {
  const schema = { type: 'object', properties: { city: { const: 'Oslo' } }, required: ['city'] } as const;
  const message = await client.messages.parse({
    ...asked,
    messages: say('hi'),
    output_config: { format: jsonSchemaOutputFormat(schema) },
  });
  expect(message.parsed_output).toEqual({ city: 'Oslo' });
});

test('a picture reaches the server', async () => {
  const source = { type: 'base64', media_type: 'image/png', data: PIXEL } as const;
  const content: Anthropic.ContentBlockParam[] = [
    { type: 'image', source },
    { type: 'text', text: 'What is it?' },
  ];
  const message = await client.messages.create({ ...asked, messages: [{ role: 'user', content }] });
  expect(message.content).toMatchObject([{ text: expect.stringMatching(/^I see image\/png of \d+ characters$/) }]);
});

test('tokens are counted, of tools too', async () => {
  const bare = await client.messages.countTokens({ model: ABLE_MODEL, messages: say('hi') });
  const more = await client.messages.countTokens({ model: ABLE_MODEL, messages: say('hi'), tools });
  expect(bare.input_tokens).toBeGreaterThan(0);
  expect(more.input_tokens).toBeGreaterThan(bare.input_tokens);
});

test('a stream has its events in order, and adds up to the same message', async () => {
  const stream = client.messages.stream({ ...asked, messages: say('Hi') });
  const types: string[] = [];
  stream.on('streamEvent', ({ type }) => void types.push(type));
  const message = await stream.finalMessage();
  expect(message.content).toMatchObject([{ type: 'text', text: 'You said: Hi' }]);
  expect(types.filter((type, i) => type !== types[i - 1] && type !== 'ping')).toEqual([
    'message_start',
    'content_block_start',
    'content_block_delta',
    'content_block_stop',
    'message_delta',
    'message_stop',
  ]);
});

test('a beta header and query, and Bearer keys, are taken', async () => {
  const bearer = new Anthropic({
    apiKey: null,
    authToken: network.account.apiKey,
    baseURL: client.baseURL,
    maxRetries: 0,
  });
  const message = await bearer.beta.messages.create({ ...asked, betas: ['some-beta-2030-01-01'], messages: say('Hi') });
  expect(message.stop_reason).toBe('end_turn');
});

test('errors have this API’s shape, and a request id that headers tell too', async () => {
  const wrong = client.messages.create({
    ...asked,
    messages: [{ role: 'user', content: [{ type: 'image' }] } as never],
  });
  await expect(wrong).rejects.toMatchObject({
    status: 400,
    error: { type: 'error', error: { type: 'invalid_request_error' }, request_id: expect.stringMatching(/^req_/) },
    requestID: expect.stringMatching(/^req_/),
  });
  const stranger = new Anthropic({ apiKey: 'irori_wrong', baseURL: client.baseURL, maxRetries: 2 });
  await expect(stranger.messages.create({ ...asked, messages: say('Hi') })).rejects.toMatchObject({ status: 401 });
});
