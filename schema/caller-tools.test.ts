import { describe, expect, test } from 'vitest';
import { MAX_TEXT_CHARS, parseChatRequest } from './openai.ts';
import type { ChatRequest } from './openai.ts';
import type { RequestFault } from './request-fault.ts';

const plain = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
const schema = { type: 'object', properties: { at: { type: 'number' } }, additionalProperties: false };
const look = { type: 'function', function: { name: 'look', description: 'looks', parameters: schema, strict: true } };
const tell = { type: 'function', function: { name: 'tell' } };

function accept(extra: object): ChatRequest {
  const parsed = parseChatRequest({ ...plain, ...extra });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}
function refuse(extra: object): RequestFault {
  const parsed = parseChatRequest({ ...plain, ...extra });
  if (parsed.ok) throw new Error('accepted');
  return parsed.error;
}

describe('tools', () => {
  test('are handed on with their schemas as they were written, and are a need', () => {
    const { wishes, needs } = accept({ tools: [look, tell], parallel_tool_calls: false });
    expect(wishes).toEqual({ tools: [look, tell], parallelToolCalls: false });
    expect(needs).toEqual(['tools']);
  });

  test('null is what frameworks send for what they have not set', () => {
    const loose = { type: 'function', function: { name: 'tell', description: null, parameters: null, strict: null } };
    expect(accept({ tools: [loose], tool_choice: null }).wishes).toEqual({ tools: [tell] });
    expect(accept({ tools: null, functions: null, function_call: null }).wishes).toEqual({});
    expect(accept({ tools: [], tool_choice: 'auto' })).toEqual(accept({}));
  });

  test.each<[unknown, unknown]>([
    ['auto', undefined],
    ['none', 'none'],
    ['required', 'required'],
    ['any', 'required'],
    [
      { type: 'function', function: { name: 'tell' } },
      { type: 'function', function: { name: 'tell' } },
    ],
  ])('the choice %j is handed on', (said, toolChoice) => {
    expect(accept({ tools: [look, tell], tool_choice: said }).wishes.toolChoice).toEqual(toolChoice);
  });

  test('of tools that none may be called no home needs to know', () => {
    expect(accept({ tools: [look], tool_choice: 'none' }).needs).toEqual([]);
  });

  test('allowed tools are those that are offered', () => {
    const only = { mode: 'required', tools: [tell] };
    expect(accept({ tools: [look, tell], tool_choice: { type: 'allowed_tools', allowed_tools: only } }).wishes).toEqual(
      {
        tools: [tell],
        toolChoice: 'required',
      },
    );
  });

  test.each<[string, object]>([
    ['tool_choice', { tools: [look], tool_choice: { type: 'function', function: { name: 'gone' } } }],
    ['tool_choice', { tool_choice: 'required' }],
    ['tool_choice', { tools: [look], tool_choice: 'sometimes' }],
    ['tools[0].type', { tools: [{ type: 'web_search' }] }],
    ['tools[1].function.name', { tools: [look, { type: 'function', function: { name: 'a b' } }] }],
    ['tools[0].function.parameters', { tools: [{ type: 'function', function: { name: 'a', parameters: 'x' } }] }],
    ['tools', { tools: Array.from({ length: 129 }, () => look) }],
    ['functions', { tools: [look], functions: [look.function] }],
  ])('%s is named when it is wrong', (param, extra) => {
    expect(refuse(extra).param).toBe(param);
  });

  test('the older form is the same tools, told in the older form', () => {
    const { wishes } = accept({ functions: [look.function], function_call: { name: 'look' } });
    expect(wishes).toEqual({
      tools: [look],
      toolChoice: { type: 'function', function: { name: 'look' } },
      isFunctionCall: true,
      parallelToolCalls: false,
    });
    expect(refuse({ functions: [look.function], function_call: { name: 'gone' } }).param).toBe('function_call');
  });
});

describe('the form of the answer', () => {
  const named = { name: 'place', schema, strict: true };

  test.each<[object, unknown]>([
    [{ type: 'text' }, undefined],
    [{ type: 'json_object' }, { type: 'json_object' }],
    [
      { type: 'json_schema', json_schema: named },
      { type: 'json_schema', json_schema: named },
    ],
    [
      { type: 'json_schema', schema },
      { type: 'json_schema', json_schema: { name: 'answer', schema } },
    ],
    [
      { type: 'json_object', schema },
      { type: 'json_schema', json_schema: { name: 'answer', schema } },
    ],
  ])('%j is handed on', (said, format) => {
    const { wishes, needs } = accept({ response_format: said });
    expect(wishes.responseFormat).toEqual(format);
    expect(needs).toEqual(format ? ['json'] : []);
  });

  test.each([{ guided_json: schema }, { structured_outputs: { json: schema } }, { json_schema: schema }])(
    'a schema under the name that a server gives it is one: %j',
    (said) => {
      expect(accept(said).wishes.responseFormat).toEqual({
        type: 'json_schema',
        json_schema: { name: 'answer', schema },
      });
    },
  );

  test('other forms that vLLM knows are refused by name', () => {
    expect(refuse({ structured_outputs: { choice: ['a', 'b'] } })).toMatchObject({
      param: 'structured_outputs.choice',
      code: 'unsupported_parameter',
    });
    expect(accept({ structured_outputs: {} })).toEqual(accept({}));
  });

  test('schemas count among the characters of a request', () => {
    const big = (chars: number): object => ({
      json_schema: { schema: { title: 'x'.repeat(chars) } },
      type: 'json_schema',
    });
    expect(refuse({ response_format: big(MAX_TEXT_CHARS) })).toMatchObject({ param: 'response_format' });
    const half = MAX_TEXT_CHARS / 2;
    const tool = { type: 'function', function: { name: 'f', parameters: { title: 'x'.repeat(half) } } };
    expect(refuse({ response_format: big(half), tools: [tool] })).toMatchObject({ param: 'messages' });
    expect(accept({ response_format: big(half) }).needs).toEqual(['json']);
  });

  test.each([
    ['tools[0].function.description', { tools: [{ ...tell, function: { name: 'tell', description: '\ud83d' } }] }],
    ['tools[0].function.parameters', { tools: [{ ...tell, function: { name: 'tell', parameters: { '\udc00': 1 } } }] }],
    [
      'response_format.json_schema.schema',
      { response_format: { type: 'json_schema', json_schema: { schema: { enum: ['\ud83d'] } } } },
    ],
  ])('half a character is refused in %s', (param, said) => {
    expect(refuse(said)).toMatchObject({ param, message: expect.stringMatching(/lone surrogate/) });
  });

  test.each([{ type: 'xml' }, { type: 'json_schema' }, { type: 'json_schema', json_schema: { name: 'a' } }, 'json'])(
    '%j is refused by name',
    (said) => {
      expect(refuse({ response_format: said }).param).toMatch(/^response_format/);
    },
  );
});

describe('thinking', () => {
  test.each<[object, unknown]>([
    [{ reasoning_effort: 'low' }, 'low'],
    [{ reasoning: { effort: 'high', exclude: true } }, 'high'],
    [{ reasoning: { enabled: false } }, 'none'],
    [{ enable_thinking: false }, 'none'],
    [{ enable_thinking: true }, undefined],
    [{ chat_template_kwargs: { enable_thinking: false } }, 'none'],
    [{ chat_template_kwargs: { thinking: false } }, 'none'],
    [{ chat_template_kwargs: { enable_thinking: true } }, undefined],
    [{ thinking: { type: 'disabled' } }, 'none'],
    [{ thinking: { type: 'enabled' } }, undefined],
    [{ thinking: false }, 'none'],
    [{ reasoning_effort: 'low', chat_template_kwargs: { enable_thinking: false } }, 'low'],
    [{ reasoning_effort: null, reasoning: null }, undefined],
  ])('%j asks for an effort', (said, effort) => {
    expect(accept(said).wishes.reasoningEffort).toBe(effort);
  });

  test('what stands beside a switch of thinking is told as left out', () => {
    const said = { chat_template_kwargs: { enable_thinking: false, builtin: [] }, thinking: { type: 'x', budget: 1 } };
    expect(accept(said).ignored).toEqual(['chat_template_kwargs.builtin', 'thinking.budget']);
  });

  test('an effort that nobody knows is refused by name', () => {
    expect(refuse({ reasoning_effort: 'immense' }).param).toBe('reasoning_effort');
    expect(refuse({ reasoning: { effort: 5 } }).param).toBe('reasoning.effort');
  });

  test('a verbosity is handed on', () => {
    expect(accept({ verbosity: 'low' }).wishes).toEqual({ verbosity: 'low' });
    expect(refuse({ verbosity: 'loud' }).param).toBe('verbosity');
  });
});
