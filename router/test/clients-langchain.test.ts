// LangChain's client for OpenAI's API, through a whole network.
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { ABLE_MODEL } from './able-server.ts';
import { startAbleStack } from './able-stack.ts';
import type { AbleStack } from './able-stack.ts';

let network: AbleStack;
beforeAll(async () => void (network = await startAbleStack()));
afterAll(() => network?.stop());

function open(more: object = {}): ChatOpenAI {
  const configuration = { baseURL: network.url };
  return new ChatOpenAI({ model: ABLE_MODEL, apiKey: network.account.apiKey, configuration, maxRetries: 0, ...more });
}

const weather = tool(({ city }: { city: string }) => `warm in ${city}`, {
  name: 'weather',
  description: 'The weather of a place.',
  schema: z.object({ city: z.string() }),
});

test.each([false, true])('text, whole and streamed (Responses: %s)', async (useResponsesApi) => {
  expect((await open({ useResponsesApi }).invoke('Hi')).text).toBe('You said: Hi');
  let text = '';
  for await (const chunk of await open({ useResponsesApi }).stream('Hi')) text += chunk.text;
  expect(text).toBe('You said: Hi');
});

test('a tool loop', async () => {
  const model = open().bindTools([weather]);
  const messages = [new HumanMessage('call weather')];
  const first = await model.invoke(messages);
  const [call] = first.tool_calls ?? [];
  expect(call).toMatchObject({ name: 'weather', args: { city: 'text' } });
  const result = new ToolMessage({
    tool_call_id: call!.id!,
    content: await weather.invoke(call!.args as { city: string }),
  });
  expect((await model.invoke([...messages, first, result])).text).toBe('The tool said: warm in text');
});

test('an object of a schema', async () => {
  const model = open().withStructuredOutput(z.object({ name: z.string(), visits: z.number().int() }));
  expect(await model.invoke('Where?')).toEqual({ name: 'text', visits: 7 });
});
