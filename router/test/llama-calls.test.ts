// A real llama-server calls a tool for a caller of the network: its grammar makes even the demo model write a call.
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HAS_LLAMA_SERVER, startLlamaServer } from './llama-server.ts';
import type { LlamaServer } from './llama-server.ts';
import { startStack } from './stack.ts';
import type { Stack } from './stack.ts';

describe.skipIf(!HAS_LLAMA_SERVER)('a real llama-server (built by .ci/build-llama-server)', () => {
  let stack: Stack;
  let server: LlamaServer;
  let client: OpenAI;

  beforeAll(async () => {
    [stack, server] = await Promise.all([startStack(), startLlamaServer({ contextTokens: 4096, hasTools: true })]);
    const account = await stack.makeAccount();
    await stack.startAgent({ owner: account, args: ['--backend', server.url] });
    await stack.waitForModel(account, 'nano');
    client = new OpenAI({ apiKey: account.apiKey, baseURL: `${stack.url}/v1`, maxRetries: 0 });
  });

  afterAll(async () => {
    await stack?.stop();
    await server?.kill();
  });

  const messages = [{ role: 'user' as const, content: 'Switch it on.' }];
  const parameters = {
    type: 'object',
    properties: { mode: { enum: ['on'] } },
    required: ['mode'],
    additionalProperties: false,
  };
  const tools = [{ type: 'function' as const, function: { name: 'set_mode', parameters } }];

  /** The demo model wants to tell a story: it is pushed to begin a call, and to end behind it. */
  async function pushToCall(): Promise<Record<string, number>> {
    const push: Record<string, number> = {};
    for (const content of ['^', '<|end|>']) {
      const body = JSON.stringify({ content, parse_special: true });
      const found = await fetch(`${server.url}/tokenize`, { method: 'POST', body });
      const { tokens } = (await found.json()) as { tokens: number[] };
      expect(tokens).toHaveLength(1);
      push[String(tokens[0])] = 100;
    }
    return push;
  }

  test('calls a tool, streamed and whole, and takes back what it said', async () => {
    const logit_bias = await pushToCall();
    const asked = { model: 'nano', messages, tools, tool_choice: 'required', temperature: 0, logit_bias } as const;
    const more = { max_tokens: 200, parallel_tool_calls: false, tools };
    const whole = await client.chat.completions.create({ ...asked, ...more });
    const stream = client.chat.completions.stream({ ...asked, ...more });
    for (const answer of [whole, await stream.finalChatCompletion()]) {
      const [{ message, finish_reason }] = answer.choices as [OpenAI.ChatCompletion.Choice];
      expect([finish_reason, message.content]).toEqual(['tool_calls', null]);
      expect(message.tool_calls).toMatchObject([{ type: 'function', function: { name: 'set_mode' } }]);
      const [call] = message.tool_calls as OpenAI.ChatCompletionMessageFunctionToolCall[];
      expect(JSON.parse(call!.function.arguments)).toEqual({ mode: 'on' });
    }
    const { message } = whole.choices[0]!;
    const id = message.tool_calls![0]!.id;
    const back = [...messages, message, { role: 'tool' as const, tool_call_id: id, content: 'It is on.' }];
    const last = await client.chat.completions.create({ model: 'nano', messages: back, tools, max_tokens: 5 });
    expect(last.usage?.completion_tokens).toBeGreaterThan(0);
  });

  test('keeps an answer to its schema', async () => {
    const json_schema = { name: 'answer', schema: parameters, strict: true };
    const answer = await client.chat.completions.create({
      model: 'nano',
      messages,
      max_tokens: 200,
      response_format: { type: 'json_schema', json_schema },
    });
    expect(JSON.parse(answer.choices[0]?.message.content ?? '')).toEqual({ mode: 'on' });
  });
});
