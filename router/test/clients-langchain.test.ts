// `@langchain/openai` against a home that can do everything: whole and streamed, tools bound to a model, and answers in a form.
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import type { AIMessageChunk } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { ABLE_MODEL, PIXEL } from './able-server.ts';
import { startAbleStack } from './able-stack.ts';
import type { AbleStack } from './able-stack.ts';

let network: AbleStack;

beforeAll(async () => {
  network = await startAbleStack();
});
afterAll(() => network?.stop());

function open(more: Partial<ConstructorParameters<typeof ChatOpenAI>[0]> = {}): ChatOpenAI {
  const configuration = { baseURL: network.url };
  return new ChatOpenAI({ model: ABLE_MODEL, apiKey: network.account.apiKey, maxRetries: 0, configuration, ...more });
}

const weather = tool(({ city }) => `Rain in ${city}.`, {
  name: 'get_weather',
  description: 'Tells the weather.',
  schema: z.object({ city: z.string() }),
});

test('an answer comes whole with its usage, and a stream adds up to it', async () => {
  const answer = await open().invoke('hi');
  expect(answer.content).toBe('You said: hi');
  expect(answer).toMatchObject({ usage_metadata: { input_tokens: expect.any(Number), output_tokens: 3 } });
  let text = '';
  for await (const chunk of await open().stream('hi')) text += chunk.text;
  expect(text).toBe('You said: hi');
});

test('tools are called, whole and streamed, and what they say is taken back', async () => {
  const model = open().bindTools([weather]);
  const asked = new HumanMessage('call get_weather');
  const answer = await model.invoke([asked]);
  expect(answer.tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'text' }, id: expect.any(String) }]);
  let streamed: AIMessageChunk | undefined;
  for await (const chunk of await model.stream([asked])) streamed = streamed ? streamed.concat(chunk) : chunk;
  expect(streamed?.tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'text' } }]);
  const result: unknown = await weather.invoke(answer.tool_calls![0]!);
  expect(result).toBeInstanceOf(ToolMessage);
  const last = await model.invoke([asked, answer, result as ToolMessage]);
  expect(last.content).toBe('The tool said: Rain in text.');
});

test.each(['jsonSchema', 'functionCalling', 'jsonMode'] as const)('an answer in a form comes by %s', async (method) => {
  const schema = method === 'jsonMode' ? z.object({ answer: z.literal(42) }) : z.object({ answer: z.literal('yes') });
  const model = open().withStructuredOutput(schema as z.ZodObject, { name: 'reply', method });
  expect(await model.invoke('hi')).toEqual({ answer: method === 'jsonMode' ? 42 : 'yes' });
});

test('what is thought is told beside the content, whole and streamed', async () => {
  const model = open({ modelKwargs: { reasoning_effort: 'high' } });
  const answer = await model.invoke('hi');
  expect(answer.additional_kwargs['reasoning_content']).toBe('I think with high effort.');
  const thoughts: unknown[] = [];
  for await (const chunk of await model.stream('hi')) thoughts.push(chunk.additional_kwargs['reasoning_content']);
  expect(thoughts.join('')).toBe('I think with high effort.');
});

test('a picture reaches the server', async () => {
  const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } };
  const answer = await open().invoke([new HumanMessage({ content: [{ type: 'text', text: 'See.' }, image] })]);
  expect(answer.content).toMatch(/^I see image\/png of \d+ characters$/);
});

test('the Responses API is spoken where the client wishes it', async () => {
  const model = open({ useResponsesApi: true });
  expect((await model.invoke('hi')).text).toBe('You said: hi');
  const called = await model.bindTools([weather]).invoke('call get_weather');
  expect(called.tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'text' } }]);
});
