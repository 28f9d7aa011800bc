// The Responses dialect as its own clients read it: the official `openai` client and the AI SDK's default provider, against a server that plays recorded
// chat answers through the dialect.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, isStepCount, jsonSchema, streamText, tool } from 'ai';
import OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import type { ResponseInputItem, ResponseStreamEvent, Tool } from 'openai/resources/responses/responses';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { ChatRequest } from '../../schema/openai.ts';
import type { ChatCompletion } from '../dialects/dialect.ts';
import { responses } from '../dialects/responses.ts';
import { cutAnswer } from './cut-answer.ts';

type Message = Partial<ChatCompletion['choices'][number]['message']>;

interface Play {
  readonly message: Message;
  readonly finish?: ChatCompletion['choices'][number]['finish_reason'];
  /** It breaks off before its end. */
  readonly breaks?: boolean;
}

let server: Server;
let client: OpenAI;
let provider: ReturnType<typeof createOpenAI>;
/** Answers in the order of the calls, and what each call asked. */
let plays: Play[] = [];
let asked: ChatRequest[] = [];

function toWhole({ message, finish }: Play): ChatCompletion {
  const full = { role: 'assistant' as const, content: null, ...message };
  return {
    id: `chatcmpl-${'0'.repeat(30)}${asked.length}`,
    created: 1_700_000_000,
    model: 'm',
    choices: [{ index: 0, message: full, finish_reason: finish ?? (message.tool_calls ? 'tool_calls' : 'stop') }],
    usage: {
      prompt_tokens: 7,
      completion_tokens: 5,
      total_tokens: 12,
      completion_tokens_details: { reasoning_tokens: 2 },
    },
  };
}

beforeAll(async () => {
  server = createServer(async (request, reply) => {
    const pieces: Uint8Array[] = [];
    for await (const piece of request) pieces.push(piece as Uint8Array);
    const parsed = responses.parse(JSON.parse(Buffer.concat(pieces).toString()));
    if (!parsed.ok) {
      const error = { status: 400, type: 'invalid_request_error', ...parsed.error };
      reply.writeHead(400, { 'content-type': 'application/json' });
      return reply.end(JSON.stringify(responses.encodeError(error)));
    }
    const { chat, facts } = parsed.value;
    asked.push(chat);
    const play = plays.shift() ?? { message: { content: 'Nothing was recorded.' } };
    const whole = toWhole(play);
    if (!chat.stream) {
      reply.writeHead(200, { 'content-type': 'application/json' });
      return reply.end(JSON.stringify(responses.encodeWhole(facts, whole)));
    }
    reply.writeHead(200, { 'content-type': 'text/event-stream' });
    const told = responses.openStream(facts, whole);
    reply.write(told.start());
    reply.write(told.ping());
    const chunks = cutAnswer(whole, [2]);
    for (const chunk of play.breaks ? chunks.slice(0, 3) : chunks) reply.write(told.take(chunk));
    const error = { message: 'The home went away.', type: 'server_error', code: 'home_failed' };
    return reply.end(play.breaks ? told.fail(error) : told.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  client = new OpenAI({ apiKey: 'k', baseURL, maxRetries: 0 });
  provider = createOpenAI({ apiKey: 'k', baseURL });
});

beforeEach(() => {
  plays = [];
  asked = [];
});

afterAll(() => void server?.close());

function callOf(name: string, given: string, id = 'call_1') {
  return { id, type: 'function' as const, function: { name, arguments: given } };
}

const shell: Tool = { type: 'function', name: 'shell', parameters: { type: 'object' }, strict: false };
const tools: Tool[] = [
  shell,
  { type: 'custom', name: 'apply_patch', format: { type: 'grammar', syntax: 'lark', definition: 'start: /.+/' } },
  { type: 'namespace', name: 'mail', description: 'Mails.', tools: [{ type: 'function', name: 'read' }] },
  { type: 'web_search' },
];

describe('the official client', () => {
  test('reads a whole answer', async () => {
    plays = [{ message: { content: 'Hello there', reasoning_content: 'hm' } }];
    const answer = await client.responses.create({
      model: 'm',
      input: 'hi',
      instructions: 'Be brief.',
      metadata: { a: 'b' },
    });
    expect(answer.output_text).toBe('Hello there');
    expect(answer.output[0]).toMatchObject({ type: 'reasoning', content: [{ type: 'reasoning_text', text: 'hm' }] });
    expect(answer).toMatchObject({ status: 'completed', metadata: { a: 'b' }, instructions: 'Be brief.', model: 'm' });
    expect(answer.usage).toMatchObject({
      input_tokens: 7,
      output_tokens: 5,
      output_tokens_details: { reasoning_tokens: 2 },
    });
    expect(asked[0]?.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'hi' },
    ]);
  });

  test('reads a stream event by event', async () => {
    plays = [{ message: { content: 'Hello there' } }];
    const events: ResponseStreamEvent[] = [];
    for await (const event of await client.responses.create({ model: 'm', input: 'hi', stream: true }))
      events.push(event);
    const text = events.flatMap((event) => (event.type === 'response.output_text.delta' ? [event.delta] : [])).join('');
    expect(text).toBe('Hello there');
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, i) => i));
    expect(events.at(-1)?.type).toBe('response.completed');
  });

  test('puts a stream of everything together to what the whole answer says', async () => {
    const tool_calls = [
      callOf('shell', '{"command":"ls"}'),
      callOf('apply_patch', '{"input":"*** Begin\\n+\\"x\\""}', 'call_2'),
      callOf('mail__read', '{"id":1}', 'call_3'),
    ];
    const play = { message: { content: 'I look.', reasoning_content: 'hm, so', tool_calls } };
    plays = [play, play];
    const body = { model: 'm', input: 'hi', tools, reasoning: { summary: 'auto' as const } };
    const streamed = await client.responses.stream(body).finalResponse();
    const whole = await client.responses.create(body);
    const plain = (output: unknown): unknown =>
      JSON.parse(
        JSON.stringify(output)
          .replaceAll(/0{30}\d/g, 'id')
          .replaceAll(/,?"parsed(?:_arguments)?":null/g, ''),
      );
    expect(plain(streamed.output)).toEqual(plain(whole.output));
    expect(whole.output).toMatchObject([
      { type: 'reasoning', summary: [{ text: 'hm, so' }] },
      { type: 'message' },
      { type: 'function_call', name: 'shell', call_id: 'call_1', arguments: '{"command":"ls"}' },
      { type: 'custom_tool_call', name: 'apply_patch', call_id: 'call_2', input: '*** Begin\n+"x"' },
      { type: 'function_call', name: 'read', namespace: 'mail', call_id: 'call_3' },
    ]);
    expect(asked[0]?.ignored).toEqual(['tools[1].format', 'tools[3]']);
  });

  test('goes on after a tool by sending the output back as it got it', async () => {
    plays = [
      { message: { reasoning_content: 'hm', tool_calls: [callOf('mail__read', '{}')] } },
      { message: { content: 'Done.' } },
    ];
    const input: ResponseInputItem[] = [{ role: 'user', content: 'hi' }];
    const first = await client.responses.create({ model: 'm', input, tools, store: false });
    const call = first.output.find((item) => item.type === 'function_call')!;
    input.push(...(first.output as ResponseInputItem[]));
    input.push({ type: 'function_call_output', call_id: call.call_id, output: 'two mails' });
    const second = await client.responses.create({ model: 'm', input, tools, store: false });
    expect(second.output_text).toBe('Done.');
    expect(asked[1]?.messages.slice(1)).toEqual([
      { role: 'assistant', content: '', reasoning_content: 'hm', tool_calls: [callOf('mail__read', '{}')] },
      { role: 'tool', tool_call_id: 'call_1', content: 'two mails' },
    ]);
  });

  test('parses an answer in the form that was asked', async () => {
    plays = [{ message: { content: '{"city":"Kyoto"}' } }, { message: { content: '{"city":"Kyoto"}' } }];
    const body = { model: 'm', input: 'hi', text: { format: zodTextFormat(z.object({ city: z.string() }), 'place') } };
    expect((await client.responses.parse(body)).output_parsed).toEqual({ city: 'Kyoto' });
    expect((await client.responses.stream(body).finalResponse()).output_parsed).toEqual({ city: 'Kyoto' });
    expect(asked[0]?.wishes.responseFormat).toMatchObject({
      type: 'json_schema',
      json_schema: { name: 'place', strict: true },
    });
  });

  test('sees what is incomplete and what failed', async () => {
    plays = [
      { message: { content: 'Hel' }, finish: 'length' },
      { message: { content: 'Hello there' }, breaks: true },
    ];
    const cut = await client.responses.stream({ model: 'm', input: 'hi' }).finalResponse();
    expect(cut).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
    const failed = await client.responses.stream({ model: 'm', input: 'hi' }).finalResponse();
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'home_failed' }, output_text: 'Hell' });
  });

  test('raises what is refused, by this API’s own field', async () => {
    const refused = client.responses.create({ model: 'm', input: 'hi', previous_response_id: 'resp_1' });
    await expect(refused).rejects.toMatchObject({
      status: 400,
      param: 'previous_response_id',
      code: 'unsupported_parameter',
    });
  });
});

describe('the AI SDK', () => {
  const weather = tool({
    description: 'Tells the weather.',
    inputSchema: jsonSchema<{ city: string }>({ type: 'object', properties: { city: { type: 'string' } } }),
    execute: async ({ city }) => `Rain in ${city}.`,
  });

  test('runs its loop of tools', async () => {
    plays = [
      { message: { tool_calls: [callOf('weather', '{"city":"Kyoto"}')] } },
      { message: { content: 'It rains.' } },
    ];
    const result = await generateText({
      model: provider('m'),
      prompt: 'hi',
      tools: { weather },
      stopWhen: isStepCount(3),
    });
    expect(result.text).toBe('It rains.');
    expect(asked[1]?.messages.slice(1)).toEqual([
      { role: 'assistant', content: '', tool_calls: [callOf('weather', '{"city":"Kyoto"}')] },
      { role: 'tool', tool_call_id: 'call_1', content: 'Rain in Kyoto.' },
    ]);
  });

  test('streams a loop of tools, and what was thought', async () => {
    plays = [
      { message: { reasoning_content: 'hm, so', tool_calls: [callOf('weather', '{"city":"Kyoto"}')] } },
      { message: { content: 'It rains.' } },
    ];
    const result = streamText({
      model: provider('m'),
      prompt: 'hi',
      tools: { weather },
      stopWhen: isStepCount(3),
      providerOptions: { openai: { store: false, forceReasoning: true, reasoningSummary: 'auto' } },
    });
    const parts: { readonly type: string; readonly text?: string; readonly error?: unknown }[] = [];
    for await (const part of result.fullStream) parts.push(part);
    const textOf = (type: string): string => parts.flatMap((part) => (part.type === type ? [part.text] : [])).join('');
    expect(parts.filter((part) => part.type === 'error')).toEqual([]);
    expect(textOf('text-delta')).toBe('It rains.');
    expect(textOf('reasoning-delta')).toBe('hm, so');
    expect(asked[1]?.messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', reasoning_content: 'hm, so' },
      { role: 'tool' },
    ]);
    expect((await result.usage).inputTokens).toBe(14);
  });

  test('runs its loop where it counts on a store that is not there', async () => {
    const message = {
      content: 'I look.',
      reasoning_content: 'hm',
      tool_calls: [callOf('weather', '{"city":"Kyoto"}')],
    };
    plays = [{ message }, { message: { content: 'It rains.' } }];
    const stopWhen = isStepCount(3);
    const result = await generateText({ model: provider('m'), prompt: 'hi', tools: { weather }, stopWhen });
    expect(result.text).toBe('It rains.');
    expect(asked[1]?.ignored).toEqual(['input[1]', 'input[2]']);
  });

  test('takes a custom tool’s call', async () => {
    plays = [{ message: { tool_calls: [callOf('apply_patch', '{"input":"+x"}')] } }];
    const patch = provider.tools.customTool({ description: 'Patches.' });
    const { toolCalls } = await generateText({ model: provider('m'), prompt: 'hi', tools: { apply_patch: patch } });
    expect(toolCalls).toMatchObject([{ toolName: 'apply_patch', input: '+x' }]);
  });

  test('is told when an answer failed', async () => {
    plays = [{ message: { content: 'Hello there' }, breaks: true }];
    const errors: unknown[] = [];
    const result = streamText({
      model: provider('m'),
      prompt: 'hi',
      maxRetries: 0,
      onError: ({ error }) => void errors.push(error),
    });
    for await (const _ of result.fullStream);
    expect(JSON.stringify(errors)).toContain('The home went away.');
  });
});
