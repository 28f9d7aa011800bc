// The Messages dialect as the official `@anthropic-ai/sdk` reads it: a local server answers with recorded chunks of chats, told through the dialect.
import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { jsonSchemaOutputFormat } from '@anthropic-ai/sdk/helpers/json-schema';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeUsage } from '../../schema/chunks.ts';
import type { StreamError } from '../../schema/chunks.ts';
import type { ChatRequest } from '../../schema/openai.ts';
import type { ChatChunk, ChatCompletion, ChatFinish } from '../dialects/dialect.ts';
import { encodeTokenCount } from '../dialects/messages-answer.ts';
import type { MessagesFacts } from '../dialects/messages-answer.ts';
import { encodeMessagesError } from '../dialects/messages-errors.ts';
import { parseTokenCount } from '../dialects/messages-request.ts';
import { messagesDialect } from '../dialects/messages.ts';

type Delta = ChatChunk['choices'][number]['delta'];
interface Recorded {
  readonly deltas: readonly Delta[];
  readonly finish?: ChatFinish;
  /** Where the answer breaks off. */
  readonly failure?: StreamError;
}

const head = { id: 'chatcmpl-42', created: 1_700_000_000, model: 'nano' };
const usage = makeUsage({ promptTokens: 31, outputTokens: 9, thinkingTokens: 0 });
const HELLO: Anthropic.MessageParam[] = [{ role: 'user', content: 'Hello' }];
const asked = { model: 'nano', max_tokens: 100, messages: HELLO };
const answer: Recorded = {
  deltas: [
    { role: 'assistant', content: '' },
    { reasoning_content: 'Greet.' },
    { content: 'Hello' },
    { content: ' there.' },
  ],
};

let server: Server;
let client: Anthropic;
/** Answers in the order in which they are asked for, and what was asked. */
let recorded: Recorded[] = [];
let chats: ChatRequest[] = [];
let refusal: { status: number; message: string; type: string; code: string } | null = null;

beforeAll(async () => {
  server = createServer((request, response) => void answerCall(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  client = new Anthropic({ apiKey: 'k', baseURL: `http://127.0.0.1:${port}`, maxRetries: 0 });
});
afterAll(() => server.close());
beforeEach(() => {
  recorded = [answer];
  chats = [];
  refusal = null;
});

async function answerCall(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const body: unknown = JSON.parse(Buffer.concat(pieces).toString());
  const isCount = request.url?.split('?')[0] === '/v1/messages/count_tokens';
  const parsed = isCount ? parseTokenCount(body) : messagesDialect.parse(body);
  const wrong = parsed.ok ? refusal : { status: 400, type: 'invalid_request_error', ...parsed.error };
  if (wrong || !parsed.ok)
    return answerJson(response, encodeMessagesError({ ...wrong!, requestId: 'req_1' }), wrong!.status);
  const { chat, facts } = parsed.value;
  chats.push(chat);
  if (isCount) return answerJson(response, encodeTokenCount(31), 200);
  const next = recorded.shift() ?? answer;
  if (chat.stream) return answerStream(response, { ...facts, expectedInputTokens: 30 }, next);
  return answerJson(response, messagesDialect.encodeWhole(facts, toCompletion(next)), 200);
}

function answerJson(response: ServerResponse, body: object, status: number): void {
  response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_1' }).end(JSON.stringify(body));
}

function answerStream(
  response: ServerResponse,
  facts: MessagesFacts,
  { deltas, finish = 'stop', failure }: Recorded,
): void {
  const stream = messagesDialect.openStream(facts, head);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(stream.start() + stream.ping());
  for (const delta of deltas)
    response.write(stream.take({ ...head, choices: [{ index: 0, delta, finish_reason: null }] }));
  if (failure) return void response.end(stream.fail(failure));
  response.write(stream.take({ ...head, choices: [{ index: 0, delta: {}, finish_reason: finish }] }));
  response.end(stream.take({ ...head, choices: [], usage }) + stream.end());
}

function toCompletion({ deltas, finish = 'stop' }: Recorded): ChatCompletion {
  const calls: { id: string; type: 'function'; function: { name: string; arguments: string } }[] = [];
  for (const { index, id, function: called } of deltas.flatMap((delta) => delta.tool_calls ?? [])) {
    calls[index] ??= { id: id ?? '', type: 'function', function: { name: called.name ?? '', arguments: '' } };
    calls[index].function.arguments += called.arguments ?? '';
  }
  const message = {
    role: 'assistant' as const,
    content: deltas.map((delta) => delta.content ?? '').join(''),
    reasoning_content: deltas.map((delta) => delta.reasoning_content ?? '').join(''),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  return { ...head, choices: [{ index: 0, message, finish_reason: finish }], usage };
}

function callOf(index: number, id: string, given: readonly string[]): Delta[] {
  const [first = '', ...rest] = given;
  return [
    { tool_calls: [{ index, id, type: 'function', function: { name: 'add', arguments: first } }] },
    ...rest.map((piece): Delta => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
  ];
}

describe('an answer', () => {
  const blocks = [
    { type: 'thinking', thinking: 'Greet.' },
    { type: 'text', text: 'Hello there.' },
  ];

  test('whole', async () => {
    const message = await client.messages.create(asked);
    expect(message).toMatchObject({
      id: 'msg_42',
      model: 'nano',
      content: blocks,
      stop_reason: 'end_turn',
      usage: { input_tokens: 31, output_tokens: 9 },
    });
    expect(message._request_id).toBe('req_1');
  });

  test('as events', async () => {
    const types: string[] = [];
    for await (const event of await client.messages.create({ ...asked, stream: true })) types.push(event.type);
    expect([types[0], types.at(-2), types.at(-1)]).toEqual(['message_start', 'message_delta', 'message_stop']);
  });

  test('added up is the whole one', async () => {
    const stream = client.messages.stream(asked);
    const texts: string[] = [];
    stream.on('text', (text) => texts.push(text));
    const [added, whole] = [await stream.finalMessage(), await client.messages.create(asked)];
    expect(texts).toEqual(['Hello', ' there.']);
    expect(added.content).toEqual(whole.content);
    expect(added).toMatchObject({ id: whole.id, stop_reason: whole.stop_reason, usage: { ...whole.usage } });
  });

  test('in a form is parsed by the client', async () => {
    recorded = [{ deltas: [{ content: '{"city":' }, { content: '"Oslo"}' }] }];
    const schema = {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    } as const;
    const message = await client.messages.parse({
      ...asked,
      output_config: { format: jsonSchemaOutputFormat(schema) },
    });
    expect(message.parsed_output).toEqual({ city: 'Oslo' });
    expect(chats[0]?.needs).toEqual(['json']);
  });

  test('that breaks off raises an error of its type', async () => {
    recorded = [{ ...answer, failure: { message: 'The home went away.', type: 'server_error', code: 'home_failed' } }];
    const broken = client.messages.stream(asked).finalMessage();
    await expect(broken).rejects.toMatchObject({
      type: 'api_error',
      errorCode: 'home_failed',
      apiMessage: 'The home went away.',
    });
  });
});

describe('tools', () => {
  const add = {
    name: 'add',
    description: 'Adds two numbers.',
    inputSchema: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } }, required: ['a', 'b'] },
  } as const;
  const calls: Recorded = {
    deltas: [
      { content: 'Let me add.' },
      ...callOf(0, 'toolu_a', ['{"a":1', ',"b":2}']),
      ...callOf(1, 'toolu_b', ['', '{"a":3,"b":4}']),
    ],
    finish: 'tool_calls',
  };

  test.each([false, true])("run in the client's own loop, streamed %s", async (stream) => {
    recorded = [calls, answer];
    const tool = betaTool({
      ...add,
      run: ({ a, b }) => (a === 3 ? Promise.reject(new Error('no threes')) : String(a + b)),
    });
    const final = await client.beta.messages.toolRunner({ ...asked, tools: [tool], stream }).runUntilDone();
    expect(final.content.at(-1)).toMatchObject({ type: 'text', text: 'Hello there.' });
    const [first, second] = chats;
    expect(first?.wishes.tools).toMatchObject([{ function: { name: 'add' } }]);
    expect(second?.messages.slice(1)).toMatchObject([
      {
        role: 'assistant',
        content: 'Let me add.',
        tool_calls: [{ id: 'toolu_a' }, { id: 'toolu_b', function: { arguments: '{"a":3,"b":4}' } }],
      },
      { role: 'tool', tool_call_id: 'toolu_a', content: '3' },
      { role: 'tool', tool_call_id: 'toolu_b', content: expect.stringMatching(/^Error.*no threes/) },
    ]);
  });

  test('thinking and calls of an answer are sent back as they came', async () => {
    recorded = [{ ...calls, deltas: [{ reasoning_content: 'Sum.' }, ...calls.deltas] }, answer];
    const first = await client.messages.stream(asked).finalMessage();
    const results = first.content.flatMap((block) =>
      block.type === 'tool_use' ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: '3' }] : [],
    );
    await client.messages.create({
      ...asked,
      messages: [...HELLO, { role: 'assistant', content: first.content }, { role: 'user', content: results }],
    });
    expect(chats[1]?.messages[1]).toMatchObject({ role: 'assistant', reasoning_content: 'Sum.', tool_calls: [{}, {}] });
    expect(chats[1]?.ignored).toEqual([]);
  });
});

test('a conversation that its client would leave to the server is sent whole again', async () => {
  recorded = [answer, answer];
  const thread = client.beta.messages.thread({ model: 'nano', max_tokens: 100, system: 'Be brief.' });
  await thread.send({ role: 'user', content: 'Hello' });
  const second = await thread.send({ role: 'user', content: 'And now?' });
  expect(second.content.at(-1)).toMatchObject({ text: 'Hello there.' });
  expect(chats[1]?.messages.map(({ role, content }) => [role, content])).toEqual([
    ['system', 'Be brief.'],
    ['user', 'Hello'],
    ['assistant', 'Hello there.'],
    ['user', 'And now?'],
  ]);
});

test('tokens are counted', async () => {
  const { max_tokens: _, ...rest } = asked;
  expect(await client.messages.countTokens({ ...rest, system: 'Be brief.' })).toEqual({ input_tokens: 31 });
});

describe('a refusal', () => {
  test('of a field is raised with its path', async () => {
    // Newer models of its maker take no temperature, so that the client's types have none.
    const warm = { temperature: 3 };
    const bad = client.messages.create({ ...asked, ...warm });
    await expect(bad).rejects.toBeInstanceOf(Anthropic.BadRequestError);
    await expect(bad).rejects.toMatchObject({
      type: 'invalid_request_error',
      requestID: 'req_1',
      error: { error: { param: 'temperature' } },
    });
  });

  test.each([
    [401, Anthropic.AuthenticationError, 'authentication_error'],
    [404, Anthropic.NotFoundError, 'not_found_error'],
    [429, Anthropic.RateLimitError, 'rate_limit_error'],
    [503, Anthropic.InternalServerError, 'overloaded_error'],
  ] as const)('of status %d is raised as its class', async (status, kind, type) => {
    refusal = { status, message: 'No.', type: 'x', code: 'some_code' };
    const refused = client.messages.create(asked);
    await expect(refused).rejects.toBeInstanceOf(kind);
    await expect(refused).rejects.toMatchObject({ type, errorCode: 'some_code', apiMessage: 'No.' });
  });
});
