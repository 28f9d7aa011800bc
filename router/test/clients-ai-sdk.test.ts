// The AI SDK against a home that can do everything: its default provider, which speaks Responses, the same on Chat Completions, and the provider for
// compatible servers, which most people use.
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, isStepCount, jsonSchema, Output, streamText, tool } from 'ai';
import type { LanguageModel, ModelMessage } from 'ai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { ABLE_MODEL, PIXEL } from './able-server.ts';
import { startAbleStack } from './able-stack.ts';
import type { AbleStack } from './able-stack.ts';

let network: AbleStack;
const models = new Map<string, LanguageModel>();

beforeAll(async () => {
  network = await startAbleStack();
  const options = { apiKey: network.account.apiKey, baseURL: network.url };
  const openai = createOpenAI(options);
  models.set('responses', openai(ABLE_MODEL));
  models.set('chat', openai.chat(ABLE_MODEL));
  const more = { name: 'irori', supportsStructuredOutputs: true, includeUsage: true };
  const compatible = createOpenAICompatible({ ...options, ...more });
  models.set('compatible', compatible(ABLE_MODEL));
});
afterAll(() => network?.stop());

const weather = tool({
  description: 'Tells the weather.',
  inputSchema: jsonSchema<{ city: string }>({
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  }),
  execute: async ({ city }) => `Rain in ${city}.`,
});

interface StreamPart {
  readonly type: string;
  readonly text?: string;
  readonly error?: unknown;
}

async function collect(parts: AsyncIterable<StreamPart>): Promise<{ text: string; thinking: string; types: string[] }> {
  const seen = { text: '', thinking: '', types: [] as string[] };
  for await (const part of parts) {
    if (part.type === 'error') throw part.error;
    if (part.type === 'text-delta') seen.text += part.text;
    if (part.type === 'reasoning-delta') seen.thinking += part.text;
    seen.types.push(part.type);
  }
  return seen;
}

describe.each(['responses', 'chat', 'compatible'])('as %s', (api) => {
  const model = (): LanguageModel => models.get(api)!;
  const call = { prompt: 'call get_weather', tools: { get_weather: weather }, stopWhen: isStepCount(3) };

  test('tells a text, whole and streamed', async () => {
    const whole = await generateText({ model: model(), prompt: 'hi' });
    expect(whole).toMatchObject({ text: 'You said: hi', finishReason: 'stop' });
    expect(whole.usage.outputTokens).toBeGreaterThan(0);
    expect((await collect(streamText({ model: model(), prompt: 'hi' }).fullStream)).text).toBe('You said: hi');
  });

  test('goes on with what was said', async () => {
    // Without it the provider for Responses sends the answer by an id, which nothing here could look up.
    const kept = api === 'responses' ? { providerOptions: { openai: { store: false } } } : {};
    const said: ModelMessage[] = [{ role: 'user', content: 'hi' }];
    const first = await generateText({ model: model(), messages: said, ...kept });
    said.push(...first.response.messages, { role: 'user', content: 'and you?' });
    expect(await generateText({ model: model(), messages: said, ...kept })).toMatchObject({
      text: 'You said: and you?',
    });
    expect(network.asked()['messages']).toEqual([
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'You said: hi' },
      { role: 'user', content: 'and you?' },
    ]);
  });

  test('runs its loop of tools', async () => {
    const { text, steps } = await generateText({ model: model(), ...call });
    expect(text).toBe('The tool said: Rain in text.');
    expect(steps[0]).toMatchObject({ finishReason: 'tool-calls', toolCalls: [{ input: { city: 'text' } }] });
  });

  test('streams its loop of tools', async () => {
    const result = streamText({ model: model(), ...call });
    const { text, types } = await collect(result.fullStream);
    expect(text).toBe('The tool said: Rain in text.');
    expect(types).toEqual(expect.arrayContaining(['tool-input-delta', 'tool-call', 'tool-result', 'finish']));
    expect((await result.usage).outputTokens).toBeGreaterThan(0);
  });

  test('gets an object by a schema', async () => {
    const output = Output.object({ schema: z.object({ answer: z.literal('yes'), count: z.number() }) });
    const result = await generateText({ model: model(), prompt: 'hi', output });
    expect(result.output).toMatchObject({ answer: 'yes', count: expect.any(Number) });
    const format = { json_schema: { schema: { properties: { answer: {}, count: {} } } } };
    expect(network.asked()['response_format']).toMatchObject(format);
  });

  test('shows a picture', async () => {
    const content = [
      { type: 'text' as const, text: 'What is it?' },
      { type: 'file' as const, data: PIXEL, mediaType: 'image/png' },
    ];
    const { text } = await generateText({ model: model(), messages: [{ role: 'user', content }] });
    expect(text).toMatch(/^I see image\/png of \d+ characters$/);
  });
});

test('as responses a second turn without store: false is refused with what to do', async () => {
  const model = models.get('responses')!;
  const first = await generateText({ model, prompt: 'hi' });
  const messages: ModelMessage[] = [...first.response.messages, { role: 'user', content: 'and you?' }];
  await expect(generateText({ model, messages })).rejects.toThrow(/providerOptions: \{ openai: \{ store: false \} \}/);
});

test.each([
  ['responses', { openai: { forceReasoning: true, reasoningEffort: 'high', reasoningSummary: 'auto', store: false } }],
  ['compatible', { irori: { reasoningEffort: 'high' } }],
])('as %s it reads what is thought, whole and streamed', async (api, providerOptions) => {
  const asked = { model: models.get(api)!, prompt: 'hi', providerOptions };
  const whole = await generateText(asked);
  expect([whole.reasoningText, whole.text]).toEqual(['I think with high effort.', 'You said: hi']);
  expect(whole.usage.outputTokenDetails.reasoningTokens).toBeGreaterThan(0);
  const { text, thinking } = await collect(streamText(asked).fullStream);
  expect([thinking, text]).toEqual(['I think with high effort.', 'You said: hi']);
});
