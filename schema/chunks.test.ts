import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  COMMENT_LINE,
  DONE_EVENT,
  encodeEmptyChunk,
  encodeErrorChunk,
  encodeFinishChunk,
  encodeUsageChunk,
  makeChunkWriter,
  makeUsage,
} from './chunks.ts';
import { readChunks, readContent } from './read-chunks.ts';
import type { FinalFacts } from './chunks.ts';

const head = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'a "quoted"/model' };
const base = { id: head.id, object: 'chat.completion.chunk', created: head.created, model: head.model };
const irori: FinalFacts = {
  job: 'job_1',
  node: 'node_1',
  country: 'FR',
  digest: 'd',
  attempts: 1,
  resumed: null,
  mode: 'closest',
  reason: 'closest home that keeps the promise',
  distance_km: 12,
  expected_ttft_ms: 300,
  ttft_ms: 12,
  receipt: 'rcpt_1_0',
  output_tokens: 5,
  charge_micro: 3,
  receipt_hash: null,
};

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** The JSON of one event, which must be a single `data:` line and an empty line. */
function readEvent(event: string): any {
  expect(event).toMatch(/^data: [^\n\r]+\n\n$/);
  return JSON.parse(event.slice(6));
}

const awkward = [
  '"quotes" and \\',
  'line\nbreak\r\n',
  '\u2028\u2029',
  '日本語 🔥',
  '\u0000\u001f',
  '</script>',
  'data: {"a":1}\n\n',
];

describe('content chunks', () => {
  test('the first one carries the role, the others only text', () => {
    const writer = makeChunkWriter(head);
    const rest = { logprobs: null, finish_reason: null, index: 0 };
    expect(readEvent(writer.content('a'))).toEqual({
      ...base,
      choices: [{ ...rest, delta: { role: 'assistant', content: 'a' } }],
    });
    expect(readEvent(writer.content('b'))).toEqual({ ...base, choices: [{ ...rest, delta: { content: 'b' } }] });
  });

  test('a continued answer says its role no second time', () => {
    expect(readEvent(makeChunkWriter(head, true).content('a')).choices[0].delta).toEqual({ content: 'a' });
  });

  test.each([false, true])(
    'thinking is an event of its own; the first event of all has the role (continued: %s)',
    (isContinued) => {
      const writer = makeChunkWriter(head, isContinued);
      const deltas = [writer.thinking('Hm'), writer.thinking('.'), writer.content('So')].map(
        (event) => readEvent(event).choices[0].delta,
      );
      const role = isContinued ? {} : { role: 'assistant' };
      expect(deltas).toEqual([
        { ...role, reasoning_content: 'Hm', reasoning: 'Hm' },
        { reasoning_content: '.', reasoning: '.' },
        { content: 'So' },
      ]);
    },
  );

  test.each(awkward)('%j as thinking stays one line and comes back, and is no content', (text) => {
    const event = makeChunkWriter(head).thinking(text);
    expect(readEvent(event).choices[0].delta.reasoning_content).toBe(text);
    expect(readChunks(event)).toEqual({ text: '', thinking: text, calls: [] });
    expect(readContent(event)).toBe('');
  });

  test.each(awkward)('%j stays one line and comes back', (text) => {
    const event = makeChunkWriter(head).content(text);
    expect(readEvent(event).choices[0].delta.content).toBe(text);
    expect(readContent(event)).toBe(text);
  });

  test('any text in any pieces is read back whole, whatever else the stream holds', () => {
    const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom(...awkward));
    fc.assert(
      fc.property(fc.array(text), (pieces) => {
        const writer = makeChunkWriter(head);
        const events = pieces.map((piece) => writer.content(piece) + decode(COMMENT_LINE)).join('');
        const last = decode(encodeFinishChunk(head, 'stop', { role: false })) + decode(DONE_EVENT);
        expect(readContent(events + last)).toBe(pieces.join(''));
      }),
    );
  });

  test('half a surrogate pair becomes U+FFFD: strict readers break at its escape', () => {
    const event = makeChunkWriter(head).content('a\ud83d');
    expect(event).not.toContain('\\u');
    expect(readContent(event)).toBe('a\ufffd');
  });

  test('what other readers take for the end of a line is escaped, in every event that anybody writes', () => {
    const text = 'a\u2028data: [DONE]\u2029\u0085b';
    const writer = makeChunkWriter(head);
    const error = decode(encodeErrorChunk(head, { message: text, type: 't', code: 'c' }));
    for (const event of [writer.content(text), writer.thinking(text), error])
      expect(event).not.toMatch(/[\u0085\u2028\u2029]/);
    expect(readContent(writer.content(text))).toBe(text);
    expect(readEvent(error).error.message).toBe(text);
  });
});

describe('readContent', () => {
  test('text of any kind is read without a throw', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(typeof readContent(`data: {${text}\n\n${text}`) === 'string').toBe(true);
      }),
    );
  });

  test.each([
    'data: {"choices":null}',
    'data: {"choices":[]}',
    'data: {"choices":[{"delta":{"content":5}}]}',
    'data: {"choices":[{"delta":null}]}',
    'data: {"broken',
    'data: [DONE]',
    ': data: {"choices":[{"delta":{"content":"x"}}]}',
    '',
  ])('%j adds nothing', (line) => {
    expect(readContent(`${line}\n\n`)).toBe('');
  });

  test('an error chunk and a usage chunk add nothing', () => {
    const error = encodeErrorChunk(head, { message: 'm', type: 't', code: 'c' });
    const usage = encodeUsageChunk(head, { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }, irori);
    expect(readContent(decode(error) + decode(usage))).toBe('');
  });
});

describe('the last chunks', () => {
  test('a finish chunk has an empty delta and its reason', () => {
    expect(readEvent(decode(encodeFinishChunk(head, 'length', { role: false })))).toEqual({
      ...base,
      choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'length' }],
    });
  });

  test('the finish chunk of an empty answer carries the role, and facts where it is the last', () => {
    const chunk = readEvent(decode(encodeFinishChunk(head, 'stop', { role: true, irori })));
    expect(chunk.choices[0].delta).toEqual({ role: 'assistant', content: '' });
    expect(chunk.irori).toEqual(irori);
  });

  test('the finish chunk of an answer that was only thought tells that its content is empty', () => {
    const chunk = readEvent(decode(encodeFinishChunk(head, 'length', { role: false, isEmpty: true })));
    expect(chunk.choices[0].delta).toEqual({ content: '' });
  });

  test('usage tells thinking apart where there was some', () => {
    const counts = { promptTokens: 3, outputTokens: 5, thinkingTokens: 0 };
    const usage = { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 };
    expect(makeUsage(counts)).toEqual(usage);
    expect(makeUsage({ ...counts, thinkingTokens: 4 })).toEqual({
      ...usage,
      completion_tokens_details: { reasoning_tokens: 4 },
    });
  });

  test('the usage chunk has no choices', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
    expect(readEvent(decode(encodeUsageChunk(head, usage, irori)))).toEqual({ ...base, choices: [], usage, irori });
  });

  test('the error chunk has the error beside choices, and ends them', () => {
    const chunk = readEvent(decode(encodeErrorChunk(head, { message: 'it broke\n', type: 'server_error', code: 'x' })));
    expect(chunk).toEqual({
      ...base,
      error: { message: 'it broke\n', type: 'server_error', code: 'x', param: null },
      choices: [{ index: 0, delta: { content: '' }, logprobs: null, finish_reason: 'error' }],
    });
  });

  test('a chunk that says nothing adds nothing to an answer and does not end it', () => {
    const event = decode(encodeEmptyChunk(head));
    const choices = [{ index: 0, delta: { content: '' }, logprobs: null, finish_reason: null }];
    expect(readEvent(event)).toEqual({ ...base, choices });
    expect(readContent(event)).toBe('');
  });

  test('the comment is a comment and the end is the end', () => {
    expect(decode(COMMENT_LINE)).toMatch(/^:[^\n]*\n$/);
    expect(decode(DONE_EVENT)).toBe('data: [DONE]\n\n');
  });
});
