// The AI SDK with its OpenAI provider, whose default is Responses, and with its provider for compatible servers, through a whole network.
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, Output, stepCountIs, streamText, tool } from 'ai';
import type { LanguageModel } from 'ai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { ABLE_MODEL } from './able-server.ts';
import { startAbleStack } from './able-stack.ts';
import type { AbleStack } from './able-stack.ts';

let network: AbleStack;
beforeAll(async () => void (network = await startAbleStack()));
afterAll(() => network?.stop());

const PROVIDERS: Readonly<Record<string, () => LanguageModel>> = {
  'openai, Responses': () => openai()(ABLE_MODEL),
  'openai, chat': () => openai().chat(ABLE_MODEL),
  'openai-compatible': () =>
    createOpenAICompatible({
      name: 'irori',
      baseURL: network.url,
      apiKey: network.account.apiKey,
      supportsStructuredOutputs: true,
    })(ABLE_MODEL),
};

function openai(): ReturnType<typeof createOpenAI> {
  return createOpenAI({ baseURL: network.url, apiKey: network.account.apiKey });
}

const weather = tool({
  description: 'The weather of a place.',
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => `warm in ${city}`,
});

describe.each(Object.keys(PROVIDERS))('%s', (name) => {
  const model = (): LanguageModel => PROVIDERS[name]!();

  test('text, whole and streamed', async () => {
    const whole = await generateText({ model: model(), prompt: 'Hi', maxRetries: 0 });
    expect(whole.text).toBe('You said: Hi');
    expect(whole.usage.outputTokens).toBeGreaterThan(0);
    const stream = streamText({ model: model(), prompt: 'Hi', maxRetries: 0 });
    let text = '';
    for await (const piece of stream.textStream) text += piece;
    expect(text).toBe('You said: Hi');
    expect(await stream.finishReason).toBe('stop');
  });

  test('a tool loop, whole and streamed', async () => {
    const asked = { prompt: 'call weather', tools: { weather }, stopWhen: stepCountIs(3), maxRetries: 0 };
    const whole = await generateText({ model: model(), ...asked });
    expect(whole.text).toBe('The tool said: warm in text');
    const stream = streamText({ model: model(), ...asked });
    let text = '';
    for await (const piece of stream.textStream) text += piece;
    expect(text).toBe('The tool said: warm in text');
  });

  test('an object of a schema', async () => {
    const output = Output.object({ schema: z.object({ name: z.string(), visits: z.number().int() }) });
    const { output: object } = await generateText({ model: model(), prompt: 'Where?', output, maxRetries: 0 });
    expect(object).toEqual({ name: 'text', visits: 7 });
  });
});
