import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCompletionRequest } from './openai-completion.ts';
import { MAX_STOPS } from './chat-job.ts';
import { MAX_MESSAGES, MAX_PARTS } from './caller-messages.ts';
import { MAX_CHOICES, MAX_STOP_CHARS, MAX_TEXT_CHARS, parseChatRequest } from './openai.ts';
import type { ChatRequest } from './openai.ts';
import type { RequestFault } from './request-fault.ts';

const plain = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };

function accept(extra: object): ChatRequest {
  const parsed = parseChatRequest({ ...plain, ...extra });
  if (!parsed.ok) throw new Error(`refused: ${JSON.stringify(parsed.error)}`);
  return parsed.value;
}

function refuse(body: unknown): RequestFault {
  const parsed = parseChatRequest(body);
  if (parsed.ok) throw new Error('accepted');
  return parsed.error;
}

const refuseWith = (extra: object): RequestFault => refuse({ ...plain, ...extra });

test.each([
  [{ reasoning_effort: 'low' }, true],
  [{ reasoning: { effort: 'high' } }, true],
  [{ reasoning: { enabled: true } }, true],
  [{ reasoning: { max_tokens: 100 } }, true],
  [{ enable_thinking: true }, true],
  [{ include_reasoning: true }, true],
  [{ chat_template_kwargs: { enable_thinking: true } }, true],
  [{ thinking: { type: 'enabled' } }, true],
  [{ thinking: { type: 'disabled' } }, false],
  [{ thinking: null }, false],
  [{ reasoning_effort: 'none', include_reasoning: true }, false],
  [{ reasoning: { enabled: false } }, false],
  [{ reasoning: {}, reasoning_effort: null }, false],
  [{ enable_thinking: false }, false],
  [{}, false],
])('%j wants a model that thinks: %s, and needs none', (body, wants) => {
  expect(accept(body)).toMatchObject({ wants: wants ? ['reasoning'] : [], needs: [], ignored: [] });
});

describe('a plain request', () => {
  test('defaults fill what the caller left out', () => {
    expect(accept({})).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'hi' }],
      temperature: 1,
      topP: 1,
      stop: [],
      seed: null,
      frequencyPenalty: 0,
      presencePenalty: 0,
      maxTokens: null,
      wishes: {},
      choices: 1,
      stream: false,
      includeUsage: false,
      provider: {},
      resume: null,
      needs: [],
      wants: [],
      ignored: [],
    });
  });

  test('every field is read', () => {
    const asked = {
      temperature: 0.2,
      top_p: 0.9,
      stop: ['a', 'b'],
      seed: -7,
      frequency_penalty: 1.5,
      presence_penalty: -2,
      max_tokens: 9,
      n: 1,
      stream: true,
      stream_options: { include_usage: true },
      user: 'u',
    };
    expect(accept(asked)).toMatchObject({
      temperature: 0.2,
      topP: 0.9,
      stop: ['a', 'b'],
      seed: -7,
      frequencyPenalty: 1.5,
      presencePenalty: -2,
      maxTokens: 9,
      stream: true,
      includeUsage: true,
    });
  });

  test('null is the same as nothing in every optional field', () => {
    const fields = ['temperature', 'top_p', 'stop', 'seed', 'frequency_penalty', 'presence_penalty', 'max_tokens'];
    const more = ['max_completion_tokens', 'n', 'stream', 'stream_options', 'user'];
    expect(accept(Object.fromEntries([...fields, ...more].map((field) => [field, null])))).toEqual(accept({}));
  });

  test('one stop text is a list of one', () => {
    expect(accept({ stop: 'END' }).stop).toEqual(['END']);
  });

  test('max_completion_tokens goes before the older max_tokens', () => {
    expect(accept({ max_tokens: 5, max_completion_tokens: 6 }).maxTokens).toBe(6);
    expect(accept({ max_tokens: 5 }).maxTokens).toBe(5);
  });

  test.each([
    ['temperature', 0],
    ['temperature', 2],
    ['top_p', 1],
    ['seed', Number.MAX_SAFE_INTEGER],
    ['frequency_penalty', -2],
    ['stop', []],
  ])('%s may be %j', (field, value) => {
    expect(parseChatRequest({ ...plain, [field]: value }).ok).toBe(true);
  });
});

describe('wrong values', () => {
  test.each<[string, unknown]>([
    ['model', ''],
    ['model', 7],
    ['model', 'x'.repeat(201)],
    ['messages', []],
    ['messages', 'hi'],
    ['temperature', 2.1],
    ['temperature', '1'],
    ['top_p', -0.1],
    ['top_p', 1.1],
    ['stop', Array.from({ length: MAX_STOPS + 1 }, () => 'x')],
    ['stop', 'x'.repeat(MAX_STOP_CHARS + 1)],
    ['stop', ''],
    ['stop', 5],
    ['seed', 1.5],
    ['seed', 2 ** 65],
    ['seed', -(2 ** 64)],
    ['frequency_penalty', 2.5],
    ['presence_penalty', -3],
    ['max_tokens', 0],
    ['max_tokens', -1],
    ['max_tokens', '16'],
    ['max_tokens', Number.POSITIVE_INFINITY],
    ['max_completion_tokens', 1.5],
    ['stream', 'yes'],
  ])('%s = %j is refused by name', (field, value) => {
    expect(refuseWith({ [field]: value })).toMatchObject({
      param: field,
      code: 'invalid_value',
      message: expect.stringContaining(`'${field}'`),
    });
  });

  test('a missing model and missing messages are named', () => {
    expect(refuse({ messages: plain.messages }).param).toBe('model');
    expect(refuse({ model: 'm' }).param).toBe('messages');
  });

  test('stream_options without stream is refused', () => {
    expect(refuseWith({ stream_options: { include_usage: true } }).param).toBe('stream_options');
    expect(refuseWith({ stream: false, stream_options: {} }).param).toBe('stream_options');
  });

  test('a stream option of the wrong type is refused by name', () => {
    const fault = refuseWith({ stream: true, stream_options: { include_usage: 'yes' } });
    expect(fault).toMatchObject({ param: 'stream_options.include_usage', code: 'invalid_value' });
  });

  test.each([[null], [undefined], ['text'], [5], [[plain]]])('a body that is %j is no JSON object', (body) => {
    expect(refuse(body)).toMatchObject({ param: null, code: 'invalid_json' });
  });
});

test('of a message with too many parts that is told, and of many wrong parts the first', () => {
  const parts = (count: number, part: object) => ({
    messages: [{ role: 'user', content: Array.from({ length: count }, () => part) }],
  });
  expect(refuseWith(parts(MAX_PARTS + 1, { type: 'text', text: 'x' }))).toMatchObject({
    param: 'messages[0].content',
    message: expect.stringContaining(String(MAX_PARTS)),
  });
  expect(refuseWith(parts(MAX_PARTS, {})).param).toBe('messages[0].content[0].type');
  expect(accept(parts(MAX_PARTS, { type: 'text', text: 'x' })).messages).toHaveLength(1);
});

/** Fields that hint, and change nothing. */
const HINTS: Record<string, unknown> = {
  metadata: { a: 'b' },
  prediction: { type: 'content', content: 'x' },
  prompt_cache_key: 'k',
  prompt_cache_options: {},
  prompt_cache_retention: '24h',
  safety_identifier: 's',
  store: true,
  user: 'x'.repeat(999),
  keep_alive: '5m',
};

/** Fields that ask for what no home does: a value that does, and values that ask for nothing. */
const REFUSED: Record<string, { asks: unknown; neutral: unknown[] }> = {
  audio: { asks: { voice: 'a', format: 'wav' }, neutral: [] },
  grammar: { asks: 'root ::= "a"', neutral: [''] },
  guided_choice: { asks: ['a'], neutral: [[]] },
  guided_grammar: { asks: 'root', neutral: [''] },
  guided_regex: { asks: 'a+', neutral: [''] },
  modalities: { asks: ['text', 'audio'], neutral: [['text'], []] },
  plugins: { asks: [{ id: 'web' }], neutral: [[]] },
  web_search_options: { asks: {}, neutral: [] },
};

describe('fields that nothing here reads', () => {
  test.each(Object.entries(HINTS))('%s is a hint: taken without a word', (field, value) => {
    for (const one of [value, null]) expect(accept({ [field]: one })).toEqual(accept({}));
  });

  test.each(Object.entries(REFUSED))(
    '%s would change the answer and is refused by name',
    (field, { asks, neutral }) => {
      expect(refuseWith({ [field]: asks })).toEqual({
        param: field,
        code: 'unsupported_parameter',
        message: `'${field}' is not supported. Leave it out.`,
      });
      for (const value of [null, ...neutral]) expect(accept({ [field]: value })).toEqual(accept({}));
    },
  );

  test.each(['guided_json', 'json_schema', 'structured_outputs'])('a text that goes on keeps to no %s', (field) => {
    const parsed = parseCompletionRequest({ model: 'm', prompt: 'x', [field]: { type: 'object' } });
    expect(parsed).toMatchObject({ ok: false, error: { param: field, code: 'unsupported_parameter' } });
    expect(parseCompletionRequest({ model: 'm', prompt: 'x', [field]: {} })).toMatchObject({ ok: true });
  });

  test('a field no one knows is taken and told as left out, cut to 64 characters; null asks for nothing', () => {
    expect(accept({ temprature: 1, ['x'.repeat(999)]: 1, nothing: null }).ignored).toEqual([
      'temprature',
      'x'.repeat(64),
    ]);
    expect(accept({ service_tier: 'flex' }).ignored).toEqual(['service_tier']);
    for (const tier of ['auto', 'default']) expect(accept({ service_tier: tier }).ignored).toEqual([]);
  });

  test('of a thousand of them the first are told', () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`x${i}`, i]));
    expect(accept(many).ignored).toHaveLength(32);
  });

  test.each(['__proto__', 'constructor', 'toString', ''])('the field %j is left out, not inherited', (field) => {
    const body: unknown = JSON.parse(`{"model":"m","messages":[{"role":"user","content":"hi"}],"${field}":{}}`);
    const parsed = parseChatRequest(body);
    expect(parsed.ok && parsed.value.ignored).toEqual([field]);
  });
});

describe('samplers and log probabilities', () => {
  test('samplers that only some servers have are handed on, under one name each', () => {
    expect(accept({ top_k: 40, min_p: 0.05, repeat_penalty: 1.1, typical_p: null }).wishes.samplers).toEqual({
      top_k: 40,
      min_p: 0.05,
      repetition_penalty: 1.1,
    });
    expect(accept({ top_k: null }).wishes).toEqual({});
    expect(refuseWith({ top_k: 'many' }).param).toBe('top_k');
  });

  test('logprobs are a need, and top_logprobs stand only beside them', () => {
    expect(accept({ logprobs: true })).toMatchObject({ wishes: { topLogprobs: 0 }, needs: ['logprobs'] });
    expect(accept({ logprobs: true, top_logprobs: 5 }).wishes).toEqual({ topLogprobs: 5 });
    expect(accept({ logprobs: false, top_logprobs: 0 })).toEqual(accept({}));
    expect(refuseWith({ top_logprobs: 3 }).param).toBe('top_logprobs');
    expect(refuseWith({ logprobs: true, top_logprobs: 21 }).param).toBe('top_logprobs');
  });

  test('a bias is by token, and an empty one is none', () => {
    expect(accept({ logit_bias: { 50: -100 } }).wishes.logitBias).toEqual({ 50: -100 });
    expect(accept({ logit_bias: {} })).toEqual(accept({}));
    expect(refuseWith({ logit_bias: { hi: 1 } }).param).toContain('logit_bias');
  });

  test('several answers are asked for up to a number', () => {
    expect(accept({ n: MAX_CHOICES }).choices).toBe(MAX_CHOICES);
    for (const n of [0, MAX_CHOICES + 1, 1.5]) expect(refuseWith({ n }).param).toBe('n');
  });
});

describe('messages', () => {
  const withMessage = (message: unknown): object => ({ messages: [message] });

  test('text parts are joined by line', () => {
    const content = ['a', 'b'].map((text) => ({ type: 'text', text }));
    expect(accept(withMessage({ role: 'user', content })).messages[0]?.content).toBe('a\nb');
  });

  test('developer is read as system', () => {
    expect(accept(withMessage({ role: 'developer', content: 'x' })).messages).toEqual([
      { role: 'system', content: 'x' },
    ]);
  });

  test.each<[string, unknown]>([
    ['messages[0].tool_call_id', { role: 'tool', content: 'x' }],
    ['messages[0].role', { content: 'x' }],
    ['messages[0].content', { role: 'user', content: null }],
    ['messages[0].content', { role: 'user', content: [] }],
    ['messages[0].content', { role: 'user' }],
    ['messages[0].content[0].text', { role: 'user', content: [{ type: 'text', text: 5 }] }],
    ['messages[0]', 'hi'],
    ['messages[0]', null],
  ])('%s is named when the message is wrong', (param, message) => {
    expect(refuseWith(withMessage(message))).toMatchObject({ param, code: 'invalid_value' });
  });

  test('content of another type says what it may be', () => {
    expect(refuseWith(withMessage({ role: 'user', content: 5 })).message).toContain(
      'a text or a list of text parts and pictures',
    );
  });

  test('the second message is named by its place', () => {
    expect(refuseWith({ messages: [...plain.messages, { role: 'user', content: 1 }] }).param).toBe(
      'messages[1].content',
    );
  });

  test('a name that is no text is refused at its place', () => {
    const fault = refuseWith(withMessage({ role: 'user', content: 'x', name: 5 }));
    expect(fault).toMatchObject({ param: 'messages[0].name', code: 'invalid_value' });
  });

  test('an answer sent back as it came is accepted', () => {
    const answer = { role: 'assistant', content: 'yes', refusal: null, annotations: [], audio: null, tool_calls: [] };
    expect(accept({ messages: [...plain.messages, answer] }).messages[1]).toEqual({
      role: 'assistant',
      content: 'yes',
    });
  });

  test('an answer with sound is refused by name', () => {
    const fault = refuseWith(withMessage({ role: 'assistant', content: 'x', audio: { id: 'a' } }));
    expect(fault).toMatchObject({ param: 'messages[0].audio', code: 'unsupported_parameter' });
  });

  test('too many messages and too much text are refused', () => {
    expect(refuseWith({ messages: Array.from({ length: MAX_MESSAGES + 1 }, () => plain.messages[0]) }).param).toBe(
      'messages',
    );
    const half = { role: 'user', content: 'x'.repeat(MAX_TEXT_CHARS / 2) };
    expect(accept({ messages: [half, half] }).messages).toHaveLength(2);
    expect(refuseWith({ messages: [half, half, plain.messages[0]] }).param).toBe('messages');
  });
});

describe('whatever comes', () => {
  const isFault = (fault: RequestFault): boolean => fault.message.length > 10 && fault.code.length > 0;

  test('any JSON value is answered, never thrown at', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (body) => {
        const parsed = parseChatRequest(body);
        expect(parsed.ok || isFault(parsed.error)).toBe(true);
      }),
    );
  });

  test('any value in any field is answered, and the fault is of that field', () => {
    const chat = ['model', 'messages', 'stop', 'temperature', 'top_p', 'stream_options', 'stream', 'n', 'seed', 'user'];
    const known = [...chat, 'max_tokens', 'max_completion_tokens'];
    const field = fc.constantFrom(...known, ...Object.keys(HINTS), ...Object.keys(REFUSED), 'tools', 'logprobs');
    fc.assert(
      fc.property(field, fc.jsonValue({ maxDepth: 4 }), (name, value) => {
        const parsed = parseChatRequest({ ...plain, [name]: value });
        expect(parsed.ok || (isFault(parsed.error) && (parsed.error.param ?? '').startsWith(name))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
