// Tools, choices, thinking and forms of answers in requests of the Messages API.
import { describe, expect, test } from 'vitest';
import type { ChatRequest } from '../../schema/openai.ts';
import type { RequestFault } from '../../schema/request-fault.ts';
import { parseMessages } from './messages-request.ts';

const plain = { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] };
const schema = { type: 'object', properties: { path: { type: 'string' } } };
const read = { name: 'Read', description: 'Reads a file.', input_schema: schema };
const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 5 };

function accept(extra: object): ChatRequest {
  const parsed = parseMessages({ ...plain, ...extra });
  if (!parsed.ok) throw new Error(`refused: ${JSON.stringify(parsed.error)}`);
  return parsed.value.chat;
}

function refuseWith(extra: object): RequestFault {
  const parsed = parseMessages({ ...plain, ...extra });
  if (parsed.ok) throw new Error('accepted');
  return parsed.error;
}

describe('tools', () => {
  test('of a schema are functions, whatever else stands beside it', () => {
    const more = {
      cache_control: { type: 'ephemeral' },
      input_examples: [],
      eager_input_streaming: true,
      defer_loading: false,
    };
    const told = { type: 'function', function: { name: 'Read', description: 'Reads a file.', parameters: schema } };
    for (const type of [undefined, null, 'custom']) {
      const { wishes, needs, ignored } = accept({ tools: [{ ...read, type, ...more }] });
      expect([wishes.tools, needs, ignored]).toEqual([[told], ['tools'], []]);
    }
    expect(accept({ tools: [{ ...read, strict: true }] }).wishes.tools?.[0]?.function.strict).toBe(true);
  });

  test("of the maker's servers are left out where they are offered, and told", () => {
    const chat = accept({ tools: [search, read, { type: 'code_execution_20250825', name: 'code_execution' }] });
    expect(chat.wishes.tools).toHaveLength(1);
    expect(chat.ignored).toEqual(['tools[0]', 'tools[2]']);
    expect(accept({ tools: [search] })).toMatchObject({ wishes: {}, needs: [], ignored: ['tools[0]'] });
  });

  test('are judged by their names here', () => {
    expect(refuseWith({ tools: [search, { name: 'a b', input_schema: {} }] }).param).toBe('tools[1].name');
    expect(refuseWith({ tools: [{ name: 'a' }] })).toMatchObject({
      param: 'tools[0].input_schema',
      message: "'tools[0].input_schema' is missing.",
    });
    expect(refuseWith({ tools: ['x'] }).param).toBe('tools[0]');
    expect(refuseWith({ tools: Array.from({ length: 129 }, () => read) }).param).toBe('tools');
  });
});

describe('a choice', () => {
  test.each([
    [{ type: 'auto' }, {}],
    [{ type: 'any' }, { toolChoice: 'required' }],
    [{ type: 'none' }, { toolChoice: 'none' }],
    [{ type: 'tool', name: 'Read' }, { toolChoice: { type: 'function', function: { name: 'Read' } } }],
    [{ type: 'auto', disable_parallel_tool_use: true }, { parallelToolCalls: false }],
    [
      { type: 'any', disable_parallel_tool_use: false },
      { toolChoice: 'required', parallelToolCalls: true },
    ],
  ])('%j is %j', (choice, told) => {
    const { tools: _, ...rest } = accept({ tools: [read, search], tool_choice: choice }).wishes;
    expect(rest).toEqual(told);
  });

  test('that asks for nothing may stand without tools', () => {
    for (const type of ['auto', 'none']) expect(accept({ tool_choice: { type } }).wishes).toEqual({});
  });

  test("that forces a tool of the maker's servers is refused by name", () => {
    const named = refuseWith({ tools: [read, search], tool_choice: { type: 'tool', name: 'web_search' } });
    expect(named).toMatchObject({ param: 'tool_choice.name', code: 'unsupported_parameter' });
    expect(named.message).toContain("'web_search'");
    expect(refuseWith({ tools: [search], tool_choice: { type: 'any' } })).toMatchObject({
      param: 'tool_choice.type',
      code: 'unsupported_parameter',
    });
  });

  test.each([
    [{ type: 'tool', name: 'Write' }, 'tool_choice.name'],
    [{ type: 'tool' }, 'tool_choice.name'],
    [{ type: 'required' }, 'tool_choice.type'],
    [{ type: 'auto', disable_parallel_tool_use: 'x' }, 'tool_choice.disable_parallel_tool_use'],
    ['auto', 'tool_choice'],
  ])('of %j is a fault of %s', (choice, param) => {
    expect(refuseWith({ tools: [read], tool_choice: choice }).param).toBe(param);
  });

  test('of any where nothing is offered is a fault', () => {
    expect(refuseWith({ tool_choice: { type: 'any' } })).toMatchObject({
      param: 'tool_choice.type',
      code: 'invalid_value',
    });
  });
});

describe('thinking and the form of the answer', () => {
  test.each([
    [{ type: 'disabled' }, null, 'none'],
    [{ type: 'disabled' }, 'high', 'none'],
    [{ type: 'enabled', budget_tokens: 1024 }, null, 'low'],
    [{ type: 'enabled', budget_tokens: 4_000 }, null, 'medium'],
    [{ type: 'enabled', budget_tokens: 31_999 }, null, 'high'],
    [{ type: 'enabled', budget_tokens: 31_999 }, 'low', 'low'],
    [{ type: 'enabled' }, null, undefined],
    [{ type: 'adaptive' }, null, undefined],
    [{ type: 'adaptive' }, 'max', 'max'],
    [null, 'xhigh', 'xhigh'],
    [null, null, undefined],
  ])('thinking %j with effort %j asks for %j', (thinking, effort, asked) => {
    expect(accept({ thinking, output_config: { effort } }).wishes.reasoningEffort).toBe(asked);
  });

  test('a schema of the answer is a wish, by its name and by the one it had', () => {
    const format = { type: 'json_schema', schema };
    const told = { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } };
    for (const asked of [{ output_config: { format } }, { output_format: format }]) {
      expect(accept(asked)).toMatchObject({ wishes: { responseFormat: told }, needs: ['json'], ignored: [] });
    }
  });

  test.each([
    [{ thinking: { type: 'x' } }, 'thinking.type'],
    [{ thinking: { type: 'enabled', budget_tokens: -1 } }, 'thinking.budget_tokens'],
    [{ output_config: { effort: 'huge' } }, 'output_config.effort'],
    [{ output_config: { format: { type: 'text' } } }, 'output_config.format.type'],
    [{ output_config: { format: { type: 'json_schema' } } }, 'output_config.format.schema'],
  ])('%j is a fault of %s', (extra, param) => {
    expect(refuseWith(extra).param).toBe(param);
  });
});
