// Requests of the Messages API as chats: what is taken, what is left out and told, what is refused, and by which name.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChatRequest } from '../../schema/openai.ts';
import type { RequestFault } from '../../schema/request-fault.ts';
import { parseMessages, parseTokenCount } from './messages-request.ts';

const plain = { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] };

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

describe('plain fields', () => {
  test('a request becomes a chat of one answer', () => {
    const asked = { temperature: 0.5, top_p: 0.9, top_k: 40, stop_sequences: ['a', 'b'], stream: true };
    expect(accept(asked)).toMatchObject({
      model: 'm',
      messages: [{ role: 'user', content: 'hi' }],
      maxTokens: 100,
      temperature: 0.5,
      topP: 0.9,
      stop: ['a', 'b'],
      choices: 1,
      stream: true,
      includeUsage: true,
      wishes: { samplers: { top_k: 40 } },
      ignored: [],
    });
  });

  test('null is the same as nothing', () => {
    const names =
      'temperature top_p top_k stop_sequences stream system tools tool_choice thinking output_config metadata';
    const nulls = Object.fromEntries(
      `${names} container mcp_servers context_management`.split(' ').map((name) => [name, null]),
    );
    expect(accept(nulls)).toEqual(accept({}));
  });

  test('max_tokens is asked for, of any size, and not for a count of tokens', () => {
    expect(accept({ max_tokens: 1e9 }).maxTokens).toBe(1e9);
    expect(refuseWith({ max_tokens: undefined })).toMatchObject({
      param: 'max_tokens',
      message: "'max_tokens' is missing.",
    });
    expect(refuseWith({ max_tokens: 0 }).param).toBe('max_tokens');
    expect(refuseWith({ max_tokens: 1.5 }).message).toContain('whole number');
    const { max_tokens: _, ...rest } = plain;
    expect(parseTokenCount(rest)).toMatchObject({ ok: true, value: { chat: { maxTokens: null } } });
  });

  test.each([
    [{ temperature: 1.1 }, 'temperature'],
    [{ top_p: 2 }, 'top_p'],
    [{ top_k: 'x' }, 'top_k'],
    [{ stop_sequences: 'x' }, 'stop_sequences'],
    [{ stop_sequences: ['x', ''] }, 'stop_sequences[1]'],
    [{ stop_sequences: Array.from({ length: 65 }, () => 'x') }, 'stop_sequences'],
    [{ stream: 'yes' }, 'stream'],
    [{ model: '' }, 'model'],
    [{ messages: [] }, 'messages'],
    [{ messages: 'hi' }, 'messages'],
    [{ provider: { nonsense: 1 } }, 'provider.nonsense'],
    [{ resume: 'x' }, 'resume'],
    [{ seed: 'x' }, 'seed'],
  ])('%j is a fault of %s', (extra, param) => {
    expect(refuseWith(extra).param).toBe(param);
  });

  test('a body that is no object is refused', () => {
    for (const body of [null, 1, 'x', [], undefined])
      expect(parseMessages(body)).toMatchObject({ ok: false, error: { code: 'invalid_json' } });
  });
});

describe('what nobody here reads', () => {
  test('hints are taken without a word', () => {
    const hints = {
      metadata: { user_id: 'u' },
      cache_control: { type: 'ephemeral' },
      service_tier: 'standard_only',
      speed: 'standard',
      inference_geo: 'global',
      betas: ['x'],
      diagnostics: { previous_message_id: null },
      mcp_servers: [],
      fallbacks: [],
    };
    expect(accept(hints)).toEqual(accept({}));
  });

  test('what asks for something is told by its name', () => {
    const asked = {
      context_management: { edits: [{ type: 'clear' }] },
      container: 'c',
      speed: 'fast',
      whatever: { deep: 1 },
    };
    expect(accept(asked).ignored).toEqual(['context_management', 'container', 'speed', 'whatever']);
    expect(accept({ output_config: { effort: 'low', task_budget: { total: 1 } } }).ignored).toEqual([
      'output_config.task_budget',
    ]);
    expect(accept({ thinking: { type: 'adaptive', display: 'omitted' } }).ignored).toEqual(['thinking.display']);
  });

  test('context management that keeps everything is a hint', () => {
    const edits = [{ type: 'clear_thinking_20251015', keep: 'all' }];
    expect(accept({ context_management: { edits } }).ignored).toEqual([]);
    expect(accept({ context_management: { edits: [...edits, { type: 'clear_tool_uses_20250919' }] } }).ignored).toEqual(
      ['context_management'],
    );
  });

  test('fields of the chat API with another meaning do not slip through', () => {
    const { choices, ignored, wishes } = accept({ n: 3, functions: [{ name: 'f' }], logprobs: true, stop: 'x' });
    expect([choices, wishes]).toEqual([1, {}]);
    expect(ignored).toEqual(['n', 'functions', 'logprobs', 'stop']);
  });

  test("the network's own fields, samplers and a seed are handed on", () => {
    const chat = accept({ provider: { sort: 'fastest' }, resume: 'off', seed: 7, min_p: 0.1 });
    expect(chat).toMatchObject({
      provider: { mode: 'fastest' },
      resume: 'off',
      seed: 7,
      wishes: { samplers: { min_p: 0.1 } },
    });
  });

  test.each([
    [{ mcp_servers: [{ type: 'url', url: 'https://x', name: 'x' }] }, 'mcp_servers'],
    [{ inference_geo: 'us' }, 'inference_geo'],
    [{ grammar: 'root' }, 'grammar'],
    [{ structured_outputs: { regex: 'a' } }, 'structured_outputs'],
    [{ thread: { type: 'continue', previous_message_id: 'msg_1' }, messages: [] }, 'thread.previous_message_id'],
  ])('%j is refused by name, with what to do', (extra, param) => {
    expect(refuseWith(extra)).toMatchObject({ param, code: 'unsupported_parameter' });
  });

  test('a conversation that a server should keep is answered, and told that it is not kept', () => {
    expect(accept({ thread: { type: 'create' } }).ignored).toEqual(['thread']);
  });

  test('at most 32 names of at most 64 characters are told', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`${'x'.repeat(100)}${i}`, 1]));
    const { ignored } = accept(many);
    expect(ignored).toHaveLength(32);
    expect(Math.max(...ignored.map((name) => name.length))).toBe(64);
  });
});

const anyBlock = fc.record(
  {
    type: fc.constantFrom(
      'text',
      'image',
      'document',
      'search_result',
      'tool_use',
      'tool_result',
      'thinking',
      'compaction',
      'x',
      3,
    ),
    text: fc.anything(),
    source: fc.oneof(
      fc.anything(),
      fc.record({
        type: fc.constantFrom('base64', 'url', 'text', 'content', 'file'),
        data: fc.anything(),
        content: fc.anything(),
      }),
    ),
    content: fc.anything(),
    id: fc.anything(),
    name: fc.anything(),
    input: fc.anything(),
    tool_use_id: fc.oneof(fc.string(), fc.anything()),
    is_error: fc.anything(),
    thinking: fc.anything(),
  },
  { requiredKeys: [] },
);
const anyContent = fc.oneof(fc.string(), fc.array(fc.oneof(anyBlock, fc.anything()), { maxLength: 4 }), fc.anything());
const anyRequest = fc.record(
  {
    model: fc.oneof(fc.constant('m'), fc.anything()),
    max_tokens: fc.oneof(fc.constant(9), fc.anything()),
    system: anyContent,
    messages: fc.array(
      fc.record({ role: fc.constantFrom('user', 'assistant', 'system', 'tool'), content: anyContent }),
      { maxLength: 4 },
    ),
    tools: fc.oneof(
      fc.array(fc.record({ name: fc.string(), type: fc.anything(), input_schema: fc.object() }, { requiredKeys: [] })),
      fc.anything(),
    ),
    tool_choice: fc.oneof(
      fc.record({ type: fc.constantFrom('any', 'tool', 'auto', 'none'), name: fc.string() }),
      fc.anything(),
    ),
    thinking: fc.anything(),
    output_config: fc.anything(),
    mcp_servers: fc.anything(),
  },
  { requiredKeys: [] },
);

test('whatever comes is a chat or a fault with a sentence, never a throw', () => {
  fc.assert(
    fc.property(fc.oneof(anyRequest, fc.anything()), (body) => {
      for (const parse of [parseMessages, parseTokenCount]) {
        const parsed = parse(body);
        expect(parsed.ok || parsed.error.message.length > 10).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});
