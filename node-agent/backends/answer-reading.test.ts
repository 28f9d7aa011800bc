import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Delta } from './backend.ts';
import { AnswerReading } from './answer-reading.ts';
import { readBackendEvent } from './read-backend-event.ts';

const chunk = (content: string, finish: string | null = null, usage?: object): string =>
  JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }], ...(usage ? { usage } : {}) });
const thought = JSON.stringify({ choices: [{ index: 0, delta: { reasoning_content: 'hm' }, finish_reason: null }] });

function readAll(...events: string[]): { reading: AnswerReading; text: string; thinking: string; tokens: number } {
  const reading = new AnswerReading({ maxTokens: 100 });
  let text = '';
  let tokens = 0;
  let thinking = '';
  const add = (pieces: readonly Delta[]): void => {
    for (const piece of pieces) {
      if (piece.thinking) thinking += piece.text;
      else text += piece.text;
      tokens += piece.tokens;
    }
  };
  for (const event of events) {
    reading.take(readBackendEvent(event));
    add(reading.takeReady());
  }
  add(reading.takeRest());
  return { reading, text, thinking, tokens };
}

describe('what belongs to an answer', () => {
  test('text after the finish reason does not', () => {
    const { reading, text, tokens } = readAll(chunk('a'), chunk('b', 'stop'), chunk(' more'), '[DONE]');
    expect([text, tokens, reading.finish]).toEqual(['ab', 2, 'stop']);
  });

  test('text between two finish reasons does: some servers say one in each chunk', () => {
    const each = readAll(chunk('a', 'stop'), chunk('b', 'stop'), chunk('c', 'length'));
    expect([each.text, each.reading.finish]).toEqual(['abc', 'length']);
    const twice = readAll(chunk('a', 'stop'), chunk('b'), chunk('', 'length'), chunk('c'));
    expect([twice.text, twice.tokens, twice.reading.finish]).toEqual(['ab', 2, 'length']);
  });

  test('a finish reason before anything else ends nothing that follows', () => {
    const { reading, text } = readAll(chunk('', 'stop'), chunk('a'), chunk('b'));
    expect([text, reading.finish]).toEqual(['ab', null]);
    expect(readAll(chunk('', 'stop'), thought).reading.finish).toBeNull();
    expect(readAll(chunk('', 'stop'), '[DONE]').reading.finish).toBe('stop');
  });

  test('nothing that follows changes how it ended', () => {
    for (const after of [chunk('', 'error'), chunk('', 'length'), '{"error":"x"}', 'cost=1', chunk(' x', 'abort')]) {
      const { reading, text } = readAll(chunk('a', 'stop'), after);
      expect([text, reading.finish, reading.errorJson]).toEqual(['a', 'stop', null]);
    }
  });

  test('usage without a choice after the finish reason is the last word', () => {
    const usage = JSON.stringify({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 1 } });
    expect(readAll(chunk('a'), usage, chunk('b'), chunk('', 'stop')).reading.isDone).toBe(false);
    const { reading, text } = readAll(chunk('a', 'stop'), usage, chunk('b', 'length'));
    expect([reading.isDone, text, reading.finish]).toEqual([true, 'a', 'stop']);
  });

  test('half a pair waits for its other half and never leaves alone', () => {
    const half = (text: string): string => `{"choices":[{"delta":{"content":"${text}"}}]}`;
    const { text, tokens } = readAll(half(String.raw`x\ud83d`), half(String.raw`\ude00y`));
    expect([text, tokens]).toEqual(['x😀y', 2]);
    expect(readAll(half(String.raw`x\ud83d`), chunk('', 'stop')).text).toBe('x\ufffd');
    expect(readAll(half(String.raw`x\ude00y\ud83dz`)).text).toBe('x\ufffdy\ufffdz');
  });

  test('however a text is cut into chunks, also within characters, it is handed on whole', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.array(fc.nat(6)), (given, sizes) => {
        const chunks: string[] = [];
        let at = 0;
        for (const size of [...sizes, given.length]) {
          chunks.push(chunk(given.slice(at, at + size)));
          at += size;
        }
        expect(readAll(...chunks, chunk('', 'stop')).text).toBe(given.toWellFormed());
      }),
    );
  });
});

describe('thinking', () => {
  const said = (delta: object, usage?: object): string => JSON.stringify({ choices: [{ index: 0, delta }], usage });

  test('is handed on beside the text and in its order, characters whole in each', () => {
    const reading = new AnswerReading({ maxTokens: 100 });
    const half = String.raw`{"choices":[{"delta":{"content":"so\ud83d","reasoning_content":"hm\ud83d"}}]}`;
    const other = String.raw`{"choices":[{"delta":{"content":"\ude00","reasoning_content":"\ude01"}}]}`;
    for (const event of [half, other]) reading.take(readBackendEvent(event));
    expect(reading.takeRest()).toEqual([
      { text: 'hm', tokens: 0, thinking: true },
      { text: 'so', tokens: 1 },
      { text: '😁', tokens: 0, thinking: true },
      { text: '😀', tokens: 1 },
    ]);
    expect(reading.hasThought).toBe(true);
  });

  test('of a whole message counts as the server says, or as its text comes to', () => {
    const message = {
      content: 'Yes, so it is.',
      reasoning_content: 'Let me think about that for a good long while. '.repeat(9),
    };
    const usage = { prompt_tokens: 4, completion_tokens: 95, completion_tokens_details: { reasoning_tokens: 90 } };
    const countsOf = (...events: string[]): number[] => {
      const reading = new AnswerReading({ maxTokens: 1000 });
      for (const event of events) reading.take(readBackendEvent(event));
      return reading.takeRest().map(({ tokens }) => tokens);
    };
    expect(countsOf(said(message, usage))).toEqual([90, 5]);
    const [thoughts, words] = countsOf(said(message));
    expect(thoughts).toBeGreaterThan(50);
    expect(words).toBe(1);
  });

  test('that the server counts and does not show is nobody’s', () => {
    const usage = { prompt_tokens: 4, completion_tokens: 9, completion_tokens_details: { reasoning_tokens: 8 } };
    const { reading, tokens } = readAll(said({ content: 'Yes' }, usage));
    expect([tokens, reading.usage.outputTokens, reading.hasThought]).toEqual([1, 1, true]);
  });

  test('after the answer’s end is not handed on', () => {
    expect(readAll(chunk('a', 'stop'), thought).thinking).toBe('');
  });
});

describe('what an answer counts', () => {
  test('a running count is believed as far as the text can hold it', () => {
    const { tokens, reading } = readAll(
      chunk('three tokens here', null, { prompt_tokens: 4, completion_tokens: 3 }),
      chunk(' two', null, { prompt_tokens: 4, completion_tokens: 1_000_000 }),
    );
    expect(tokens).toBe(3 + ' two'.length);
    expect(reading.usage).toEqual({ promptTokens: 4, outputTokens: null });
  });

  test('usage counts wherever it comes, also after [DONE], and zeros unsay nothing', () => {
    const usage = (prompt: unknown, output: unknown): string =>
      JSON.stringify({ choices: [], usage: { prompt_tokens: prompt, completion_tokens: output } });
    const late = readAll(chunk('a', 'stop'), '[DONE]', usage(11, 1));
    expect(late.reading.usage).toEqual({ promptTokens: 11, outputTokens: 1 });
    const zeros = readAll(chunk('a', 'stop'), usage('11', '1'), usage(0, 0), '[DONE]');
    expect(zeros.reading.usage).toEqual({ promptTokens: 11, outputTokens: 1 });
    expect(readAll(chunk('a', 'stop'), usage(11, 0)).reading.usage).toEqual({ promptTokens: 11, outputTokens: null });
    expect(readAll(chunk('', 'stop'), usage(11, 0)).reading.usage).toEqual({ promptTokens: 11, outputTokens: 0 });
  });

  test('a long piece without usage is estimated by its text, one of a token’s length is one token', () => {
    expect(readAll(chunk('word '.repeat(200))).tokens).toBeGreaterThan(50);
    expect(readAll(chunk('word '.repeat(200))).tokens).toBeLessThanOrEqual(200);
    expect(readAll(chunk(' internationalisation')).tokens).toBe(1);
    expect(readAll(chunk(' '.repeat(80))).tokens).toBe(1);
  });
});

describe('calls of tools', () => {
  const called = (calls: object[], finish: string | null = null): string =>
    JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: calls }, finish_reason: finish }] });
  const begin = { index: 0, id: 'call_a', type: 'function', function: { name: 'look', arguments: '' } };

  test('are handed on piece by piece, after the text, and count as output', () => {
    const reading = new AnswerReading({ maxTokens: 100 });
    for (const event of [
      chunk('I look.'),
      called([begin]),
      called([{ index: 0, function: { arguments: '{}' } }], 'tool_calls'),
    ])
      reading.take(readBackendEvent(event));
    const deltas = reading.takeReady();
    expect(deltas).toEqual([
      { text: 'I look.', tokens: expect.any(Number) },
      { text: '', tokens: expect.any(Number), call: { index: 0, begun: { id: 'call_a', name: 'look' } } },
      { text: '{}', tokens: expect.any(Number), call: { index: 0 } },
    ]);
    for (const { tokens } of deltas) expect(tokens).toBeGreaterThan(0);
    expect([reading.finish, reading.hasAnswer]).toEqual(['tool_calls', true]);
  });

  test('end an answer as calls, though the server says stop; a word for calls without one is a stop', () => {
    expect(readAll(called([begin]), chunk('', 'stop')).reading.finish).toBe('tool_calls');
    expect(readAll(chunk('a', 'tool_calls')).reading.finish).toBe('stop');
    expect(readAll(called([begin]), chunk('', 'length')).reading.finish).toBe('length');
  });

  test('of a whole message are read, with arguments as a text or as an object', () => {
    const message = {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'x', function: { name: 'f', arguments: { a: 1 } } }],
    };
    const whole = JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'tool_calls' }] });
    const reading = new AnswerReading({ maxTokens: 100 });
    reading.take(readBackendEvent(whole));
    expect(reading.takeReady()).toMatchObject([{ text: '{"a":1}', call: { begun: { id: 'x', name: 'f' } } }]);
  });

  test('of which one is wanted are one; arguments that never came are empty, unless the limit cut them', () => {
    const calls = ['f', 'g'].map((name, index) => ({ index, id: name, function: { name } }));
    const event = JSON.stringify({ choices: [{ delta: { tool_calls: calls }, finish_reason: 'tool_calls' }] });
    for (const isCut of [false, true]) {
      const reading = new AnswerReading({ maxTokens: 100, mostCalls: 1 });
      reading.take(readBackendEvent(event));
      const [begun, ...rest] = reading.takeRest(isCut);
      expect(begun).toMatchObject({ text: '', call: { index: 0, begun: { id: 'f', name: 'f' } } });
      expect(rest).toEqual(isCut ? [] : [{ text: '{}', tokens: 0, call: { index: 0 } }]);
      expect(reading.finish).toBe('tool_calls');
    }
  });

  test('in the older form are read too', () => {
    const old = JSON.stringify({ choices: [{ delta: { function_call: { name: 'f', arguments: '{' } } }] });
    const more = JSON.stringify({ choices: [{ delta: { function_call: { arguments: '}' } } }] });
    const reading = new AnswerReading({ maxTokens: 100 }, () => 'made');
    for (const event of [old, more]) reading.take(readBackendEvent(event));
    expect(reading.takeReady()).toMatchObject([
      { text: '{', call: { index: 0, begun: { id: 'made', name: 'f' } } },
      { text: '}', call: { index: 0 } },
    ]);
  });
});
