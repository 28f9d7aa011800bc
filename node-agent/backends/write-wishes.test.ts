import { describe, expect, test } from 'vitest';
import type { ChatWishes } from '../../schema/chat-job.ts';
import type { Product } from './probe-server.ts';
import { writeWishes } from './write-wishes.ts';

const PRODUCTS: readonly Product[] = ['llama-server', 'lm-studio', 'vllm', 'ollama', 'unknown'];
const tool = (name: string) => ({ type: 'function' as const, function: { name, parameters: { type: 'object' } } });
const tools = [tool('add'), tool('take')];

/** A field as each product is given it. */
function given(wishes: ChatWishes, field: string): Record<string, unknown> {
  return Object.fromEntries(PRODUCTS.map((product) => [product, writeWishes(wishes, product)[field]]));
}
const everywhere = (value: unknown): object => Object.fromEntries(PRODUCTS.map((product) => [product, value]));

describe('tools', () => {
  test('are shown as they are where the model may choose, or must call one', () => {
    expect(given({ tools }, 'tools')).toEqual(everywhere(tools));
    expect(given({ tools, toolChoice: 'required' }, 'tool_choice')).toEqual(everywhere('required'));
  });

  test('that must not be called are not shown', () => {
    for (const product of PRODUCTS)
      expect(writeWishes({ tools, toolChoice: 'none', parallelToolCalls: true }, product)).toEqual({});
  });

  test('of which one is named: that one alone must be called, where a server does not read the name', () => {
    const toolChoice = { type: 'function' as const, function: { name: 'take' } };
    const [, take] = tools;
    expect(given({ tools, toolChoice }, 'tools')).toEqual({ ...everywhere([take]), vllm: tools, unknown: tools });
    const reads = { vllm: toolChoice, unknown: toolChoice };
    expect(given({ tools, toolChoice }, 'tool_choice')).toEqual({ ...everywhere('required'), ...reads });
  });
});

test('JSON of any form is asked of LM Studio as the schema of an object', () => {
  const any = { type: 'json_schema', json_schema: { name: 'object', schema: { type: 'object' } } };
  const responseFormat = { type: 'json_object' as const };
  expect(given({ responseFormat }, 'response_format')).toEqual({ ...everywhere(responseFormat), 'lm-studio': any });
  const schema = { type: 'json_schema' as const, json_schema: { name: 'x', schema: { type: 'string' } } };
  expect(given({ responseFormat: schema }, 'response_format')).toEqual(everywhere(schema));
});

describe('how hard to think', () => {
  test.each([
    ['minimal', 'low'],
    ['low', 'low'],
    ['high', 'high'],
    ['xhigh', 'high'],
    ['max', 'high'],
  ] as const)('%s is %s to servers that know few words, and itself to llama-server', (reasoningEffort, word) => {
    expect(given({ reasoningEffort }, 'reasoning_effort')).toEqual({
      ...everywhere(word),
      'llama-server': reasoningEffort,
    });
    expect(writeWishes({ reasoningEffort }, 'vllm')['chat_template_kwargs']).toEqual({ reasoning_effort: word });
  });

  test('none switches it off, by a word or in the template', () => {
    expect(given({ reasoningEffort: 'none' }, 'reasoning_effort')).toEqual({
      ...everywhere('none'),
      'llama-server': undefined,
      vllm: undefined,
    });
    expect(writeWishes({ reasoningEffort: 'none' }, 'vllm')).toEqual({
      chat_template_kwargs: { enable_thinking: false },
    });
  });
});
