// Tools, forms of answers, pictures, thinking and Responses as the official `openai` client asks for them, through a whole network, from a model server that can do all of it.
import OpenAI from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import type {
  ChatCompletionChunk,
  ChatCompletionMessageParam,
  ChatCompletionTool,
} from 'openai/resources/chat/completions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { ABLE_MODEL, PIXEL } from './able-server.ts';
import { startAbleStack } from './able-stack.ts';
import type { AbleStack } from './able-stack.ts';
import { until } from './until.ts';

/** Calls of one key that run at once. */
const MOST_AT_ONCE = 2;

let network: AbleStack;
let client: OpenAI;

beforeAll(async () => {
  network = await startAbleStack({ JOBS_AT_ONCE: JSON.stringify({ key: MOST_AT_ONCE, account: MOST_AT_ONCE }) });
  client = new OpenAI({ apiKey: network.account.apiKey, baseURL: network.url, maxRetries: 0 });
});
afterAll(() => network?.stop());

const model = ABLE_MODEL;
const WEATHER: ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a place.',
    strict: true,
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'integer' } },
      required: ['city', 'days'],
      additionalProperties: false,
    },
  },
};
const CLOCK: ChatCompletionTool = {
  type: 'function',
  function: { name: 'clock', parameters: { type: 'object', properties: {} } },
};
const user = (content: string): ChatCompletionMessageParam => ({ role: 'user', content });

async function collect(stream: AsyncIterable<ChatCompletionChunk>): Promise<ChatCompletionChunk[]> {
  const chunks: ChatCompletionChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

describe('tools', () => {
  test('a call comes whole, goes back with its result, and the answer follows', async () => {
    const messages = [user('Please call get_weather')];
    const first = await client.chat.completions.create({
      model,
      messages,
      tools: [WEATHER],
      parallel_tool_calls: false,
    });
    const [choice] = first.choices;
    expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { role: 'assistant', content: null } });
    const [call] = choice!.message.tool_calls ?? [];
    expect(call).toMatchObject({
      type: 'function',
      function: { name: 'get_weather', arguments: '{"city":"text","days":7}' },
    });
    expect(network.asked()).toMatchObject({ tools: [WEATHER], parallel_tool_calls: false });
    const result: ChatCompletionMessageParam = { role: 'tool', tool_call_id: call!.id, content: 'sunny' };
    const second = await client.chat.completions.create({
      model,
      messages: [...messages, choice!.message, result],
      tools: [WEATHER],
    });
    expect(second.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'The tool said: sunny' } });
    expect(first.usage!.completion_tokens).toBeGreaterThan(1);
  });

  test('streamed calls always tell their number, and id, type and name where each begins', async () => {
    const messages = [user('call get_weather and call clock')];
    const tools = [WEATHER, CLOCK];
    const chunks = await collect(await client.chat.completions.create({ model, messages, tools, stream: true }));
    const deltas = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    expect(deltas.every(({ index }) => typeof index === 'number')).toBe(true);
    const begun = deltas.filter(({ id }) => id !== undefined);
    expect(begun).toMatchObject([
      { index: 0, type: 'function', function: { name: 'get_weather' } },
      { index: 1, type: 'function', function: { name: 'clock' } },
    ]);
    const given = [0, 1].map((at) =>
      deltas
        .filter(({ index }) => index === at)
        .map((one) => one.function?.arguments)
        .join(''),
    );
    expect(given).toEqual(['{"city":"text","days":7}', '{}']);
    expect(chunks.findLast(({ choices }) => choices[0]?.finish_reason)?.choices[0]?.finish_reason).toBe('tool_calls');
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
  });

  test('runTools runs the loop to its end', async () => {
    const runner = client.chat.completions.runTools({
      model,
      messages: [user('call get_weather')],
      tools: [
        {
          type: 'function',
          function: {
            ...WEATHER.function,
            parse: JSON.parse,
            function: ({ city }: { city: string }) => `warm in ${city}`,
          },
        } as never,
      ],
    });
    expect(await runner.finalContent()).toBe('The tool said: warm in text');
  });

  test.each([
    ['required', 'required' as const, 'get_weather'],
    ['one function', { type: 'function' as const, function: { name: 'clock' } }, 'clock'],
  ])('tool_choice %s is kept', async (_, tool_choice, name) => {
    const answer = await client.chat.completions.create({
      model,
      messages: [user('Hi')],
      tools: [WEATHER, CLOCK],
      tool_choice,
    });
    expect(answer.choices[0]?.message.tool_calls).toMatchObject([{ function: { name } }]);
  });

  test('tool_choice none and auto let it answer in words', async () => {
    for (const tool_choice of ['none', 'auto'] as const) {
      const messages = [user(tool_choice === 'none' ? 'call clock' : 'Hi')];
      const answer = await client.chat.completions.create({ model, messages, tools: [CLOCK], tool_choice });
      expect(answer.choices[0]).toMatchObject({
        finish_reason: 'stop',
        message: { content: expect.stringContaining('You said') },
      });
    }
  });

  test('that may not be called side by side are called once', async () => {
    const asked = {
      model,
      messages: [user('call get_weather, call clock')],
      tools: [WEATHER, CLOCK],
      parallel_tool_calls: false,
    };
    const answer = await client.chat.completions.create(asked);
    expect(answer.choices[0]?.message.tool_calls).toHaveLength(1);
    expect(network.asked()['parallel_tool_calls']).toBe(false);
  });

  test('the older functions are called in the older form, streamed and whole', async () => {
    const older = {
      model,
      messages: [user('call clock')],
      functions: [{ name: 'clock', parameters: { type: 'object', properties: {} } }],
    };
    const whole = await client.chat.completions.create(older);
    expect(whole.choices[0]).toMatchObject({
      finish_reason: 'function_call',
      message: { function_call: { name: 'clock', arguments: '{}' } },
    });
    expect(whole.choices[0]?.message.tool_calls).toBeUndefined();
    const chunks = await collect(await client.chat.completions.create({ ...older, stream: true }));
    const deltas = chunks.flatMap(({ choices }) => choices[0]?.delta.function_call ?? []);
    expect(deltas.map((one) => one.name ?? '').join('')).toBe('clock');
    expect(deltas.map((one) => one.arguments ?? '').join('')).toBe('{}');
    const back = await client.chat.completions.create({
      ...older,
      messages: [
        ...older.messages,
        { role: 'assistant', content: null, function_call: { name: 'clock', arguments: '{}' } },
        { role: 'function', name: 'clock', content: 'noon' },
      ],
    });
    expect(back.choices[0]?.message.content).toBe('The tool said: noon');
  });

  test('of several calls the older form tells the first', async () => {
    const functions = ['clock', 'compass'].map((name) => ({ name, parameters: { type: 'object', properties: {} } }));
    const older = { model, messages: [user('call clock and call compass')], functions };
    const whole = await client.chat.completions.create(older);
    expect(whole.choices[0]?.message.function_call).toEqual({ name: 'clock', arguments: '{}' });
    const chunks = await collect(await client.chat.completions.create({ ...older, stream: true }));
    const names = chunks.map(({ choices }) => choices[0]?.delta.function_call?.name ?? '');
    expect(names.join('')).toBe('clock');
  });

  test('a call is charged as the output that it is', async () => {
    const answer = await client.chat.completions.create({
      model,
      messages: [user('call get_weather')],
      tools: [WEATHER],
    });
    const { irori } = answer as unknown as { irori: { job: string } };
    const receipts = (await client.get(`/receipts/${irori.job}`)) as { data: { usage: OpenAI.CompletionUsage }[] };
    expect(receipts.data[0]?.usage.completion_tokens).toBe(answer.usage?.completion_tokens);
  });
});

describe('forms of answers', () => {
  test('parse gives what a zod schema describes', async () => {
    const Place = z.object({ name: z.string(), visits: z.number().int() });
    const answer = await client.chat.completions.parse({
      model,
      messages: [user('Where?')],
      response_format: zodResponseFormat(Place, 'place'),
    });
    expect(answer.choices[0]?.message.parsed).toEqual({ name: 'text', visits: 7 });
    expect(network.asked()['response_format']).toMatchObject({ type: 'json_schema', json_schema: { name: 'place' } });
  });

  test('json_object and text', async () => {
    const of = async (type: 'json_object' | 'text') =>
      (await client.chat.completions.create({ model, messages: [user('JSON')], response_format: { type } })).choices[0]
        ?.message.content;
    expect(await of('json_object')).toBe('{"answer": 42}');
    expect(await of('text')).toBe('You said: JSON');
  });
});

test('a picture reaches the model as it is', async () => {
  const url = `data:image/png;base64,${PIXEL}`;
  const content = [
    { type: 'text' as const, text: 'What is it?' },
    { type: 'image_url' as const, image_url: { url, detail: 'low' as const } },
  ];
  const answer = await client.chat.completions.create({ model, messages: [{ role: 'user', content }] });
  expect(answer.choices[0]?.message.content).toBe(`I see image/png of ${url.length} characters`);
});

test('what is thought comes beside the answer, streamed and whole, and counts as output', async () => {
  const body = { model, messages: [user('Hi')], reasoning_effort: 'high' as const };
  const whole = await client.chat.completions.create(body);
  expect(whole.choices[0]?.message).toMatchObject({
    content: 'You said: Hi',
    reasoning_content: 'I think with high effort.',
  });
  expect(whole.usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(0);
  const chunks = await collect(await client.chat.completions.create({ ...body, stream: true }));
  const thoughts = chunks.map(
    ({ choices }) => (choices[0]?.delta as { reasoning_content?: string } | undefined)?.reasoning_content ?? '',
  );
  expect(thoughts.join('')).toBe('I think with high effort.');
});

describe('Responses', () => {
  const tools = [
    { type: 'function' as const, strict: true, name: 'get_weather', parameters: WEATHER.function.parameters! },
  ];

  test('text, streamed and whole, with usage', async () => {
    const whole = await client.responses.create({ model, input: 'Hi', store: false });
    expect(whole).toMatchObject({ status: 'completed', output_text: 'You said: Hi' });
    expect(whole.usage?.output_tokens).toBeGreaterThan(0);
    const stream = client.responses.stream({ model, input: 'Hi' });
    const types: string[] = [];
    for await (const { type } of stream) types.push(type);
    expect((await stream.finalResponse()).output_text).toBe('You said: Hi');
    expect([types[0], types.at(-1)]).toEqual(['response.created', 'response.completed']);
  });

  test('a function is called, and its output goes back', async () => {
    const input = [{ role: 'user' as const, content: 'call get_weather' }];
    const first = await client.responses.create({ model, input, tools });
    const call = first.output.find((item) => item.type === 'function_call');
    expect(call).toMatchObject({ name: 'get_weather', arguments: '{"city":"text","days":7}' });
    const second = await client.responses.create({
      model,
      tools,
      input: [
        ...input,
        ...(first.output as never[]),
        { type: 'function_call_output', call_id: call!.call_id, output: 'rain' },
      ],
    });
    expect(second.output_text).toBe('The tool said: rain');
  });

  test('streams calls and thinking, and ends with all of them and the usage', async () => {
    const stream = client.responses.stream({
      model,
      tools,
      input: 'call get_weather',
      reasoning: { effort: 'low', summary: 'auto' },
    });
    const types = new Set<string>();
    for await (const event of stream) types.add(event.type);
    const final = await stream.finalResponse();
    expect(final.output).toMatchObject([
      { type: 'reasoning' },
      { type: 'function_call', arguments: '{"city":"text","days":7}' },
    ]);
    expect(final.usage?.output_tokens).toBeGreaterThan(0);
    for (const type of ['reasoning_summary_text.delta', 'function_call_arguments.delta', 'completed'])
      expect([...types]).toContain(`response.${type}`);
  });

  test('parses an answer by a zod schema', async () => {
    const format = zodTextFormat(z.object({ answer: z.literal('yes') }), 'answer');
    const parsed = await client.responses.parse({ model, input: 'hi', text: { format } });
    expect(parsed.output_parsed).toEqual({ answer: 'yes' });
  });

  test('a refusal names the field of this API', async () => {
    await expect(client.responses.create({ model, input: 'Hi', previous_response_id: 'resp_1' })).rejects.toMatchObject(
      {
        status: 400,
        param: 'previous_response_id',
      },
    );
  });
});

test('who aborts a stream stops the model server', async () => {
  network.able.gapMs = 50;
  const controller = new AbortController();
  const stream = await client.chat.completions.create(
    { model, messages: [user('a b c d '.repeat(40))], stream: true },
    { signal: controller.signal },
  );
  for await (const _ of stream) controller.abort();
  await until('the model server knows', () => Promise.resolve(network.able.left > 0));
  network.able.gapMs = 0;
  expect(controller.signal.aborted).toBe(true);
});

test('a key that is wrong is told so, and not asked again', async () => {
  const stranger = new OpenAI({ apiKey: 'irori_wrong', baseURL: network.url, maxRetries: 2 });
  await expect(stranger.responses.create({ model, input: 'Hi' })).rejects.toMatchObject({
    status: 401,
    code: 'invalid_api_key',
  });
});

test('a call too many is asked again by the client itself, and answered once others have aborted', async () => {
  network.able.gapMs = 400;
  const more = { model, messages: [user('word '.repeat(60))], stream: true as const };
  const streams = await Promise.all(Array.from({ length: MOST_AT_ONCE }, () => client.chat.completions.create(more)));
  const one = { model, messages: [user('hi')] };
  await expect(client.chat.completions.create(one)).rejects.toMatchObject({ status: 429 });
  const patient = new OpenAI({ apiKey: network.account.apiKey, baseURL: network.url, maxRetries: 8 });
  const retried = patient.chat.completions.create(one);
  for (const stream of streams) stream.controller.abort();
  network.able.gapMs = 0;
  expect((await retried).choices[0]?.message.content).toBe('You said: hi');
});
