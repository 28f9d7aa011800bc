// The Messages API as Anthropic's official client speaks it, through a whole network.
import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ABLE_MODEL } from './able-server.ts';
import { startAbleStack } from './able-stack.ts';
import type { AbleStack } from './able-stack.ts';

let network: AbleStack;
let client: Anthropic;

beforeAll(async () => {
  network = await startAbleStack();
  const baseURL = network.url.replace(/\/v1$/, '');
  client = new Anthropic({ apiKey: network.account.apiKey, baseURL, maxRetries: 0 });
});
afterAll(() => network?.stop());

const base = { model: ABLE_MODEL, max_tokens: 200 };
const tools = [
  {
    name: 'get_weather',
    input_schema: { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] },
  },
];
const ask = (content: string): Anthropic.MessageParam[] => [{ role: 'user', content }];

test('a message comes whole, with its stop reason and usage', async () => {
  const system = [{ type: 'text' as const, text: 'Be kind.', cache_control: { type: 'ephemeral' as const } }];
  const message = await client.messages.create({ ...base, system, messages: ask('Hi'), metadata: { user_id: 'u' } });
  expect(message).toMatchObject({
    type: 'message',
    role: 'assistant',
    content: [{ type: 'text', text: 'You said: Hi' }],
    stop_reason: 'end_turn',
  });
  expect(message.usage.input_tokens).toBeGreaterThan(0);
  expect(network.asked()['messages']).toMatchObject([{ role: 'system', content: 'Be kind.' }, { role: 'user' }]);
});

test('a stream has its events in order, and adds up to the same message', async () => {
  const stream = client.messages.stream({ ...base, messages: ask('Hi') });
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

test('a tool is used, streamed, and its result answered', async () => {
  const messages = ask('call get_weather');
  const first = await client.messages.stream({ ...base, messages, tools }).finalMessage();
  expect(first.stop_reason).toBe('tool_use');
  const use = first.content.find((block) => block.type === 'tool_use');
  expect(use).toMatchObject({ name: 'get_weather', input: { city: 'text' } });
  const result = {
    type: 'tool_result' as const,
    tool_use_id: use!.id,
    content: [{ type: 'text' as const, text: 'snow' }],
  };
  const second = await client.messages.create({
    ...base,
    tools,
    messages: [...messages, { role: 'assistant', content: first.content }, { role: 'user', content: [result] }],
  });
  expect(second.content).toMatchObject([{ type: 'text', text: 'The tool said: snow' }]);
});

test('tokens of a prompt are counted', async () => {
  const { input_tokens } = await client.messages.countTokens({ model: ABLE_MODEL, messages: ask('Hi there'), tools });
  expect(input_tokens).toBeGreaterThan(2);
});

test('a beta header and query, and Bearer keys, are taken', async () => {
  const bearer = new Anthropic({
    apiKey: null,
    authToken: network.account.apiKey,
    baseURL: client.baseURL,
    maxRetries: 0,
  });
  const message = await bearer.beta.messages.create({ ...base, betas: ['some-beta-2030-01-01'], messages: ask('Hi') });
  expect(message.stop_reason).toBe('end_turn');
});

test('errors have this API’s shape, and a request id that headers tell too', async () => {
  const wrong = client.messages.create({
    ...base,
    messages: [{ role: 'user', content: [{ type: 'image' }] } as never],
  });
  await expect(wrong).rejects.toMatchObject({
    status: 400,
    error: { type: 'error', error: { type: 'invalid_request_error' }, request_id: expect.stringMatching(/^req_/) },
    requestID: expect.stringMatching(/^req_/),
  });
  const stranger = new Anthropic({ apiKey: 'irori_wrong', baseURL: client.baseURL, maxRetries: 2 });
  await expect(stranger.messages.create({ ...base, messages: ask('Hi') })).rejects.toMatchObject({ status: 401 });
});
