import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readBackendEvent } from './read-backend-event.ts';

const chunk = (choice: unknown, more = {}): string =>
  JSON.stringify({ object: 'chat.completion.chunk', choices: [choice], ...more });

describe('readBackendEvent', () => {
  test('reads content, and passes over role-only and empty deltas', () => {
    expect(readBackendEvent(chunk({ delta: { content: ' hi' }, finish_reason: null }))).toMatchObject({
      text: ' hi',
      finish: null,
    });
    expect(readBackendEvent(chunk({ delta: { role: 'assistant', content: null } })).text).toBe('');
    expect(readBackendEvent(chunk({ delta: {} })).text).toBe('');
  });

  test('reads content as parts, the older text, and a whole message', () => {
    const parts = [{ type: 'thinking', thinking: 'hm' }, { type: 'text', text: ' hi' }, ' you'];
    expect(readBackendEvent(chunk({ delta: { content: parts } }))).toMatchObject({ text: ' hi you', thinking: 'hm' });
    expect(readBackendEvent(chunk({ text: ' hi', finish_reason: null })).text).toBe(' hi');
    const whole = readBackendEvent(chunk({ message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }));
    expect(whole).toMatchObject({ text: 'hi', finish: 'stop', kind: 'chunk' });
  });

  test('reads usage from a chunk without choices', () => {
    const usage = { prompt_tokens: 22, completion_tokens: 16, completion_tokens_details: { reasoning_tokens: 4 } };
    expect(readBackendEvent(JSON.stringify({ choices: [], usage })).usage).toEqual({
      promptTokens: 22,
      outputTokens: 16,
      thinkingTokens: 4,
    });
  });

  test.each([
    [
      { prompt_tokens: -1, completion_tokens: 2 },
      { promptTokens: null, outputTokens: 2 },
    ],
    [
      { prompt_tokens: '11', completion_tokens: '5' },
      { promptTokens: 11, outputTokens: 5 },
    ],
    [{ prompt_tokens: 0, completion_tokens: 0 }, null],
    [
      { prompt_tokens: 11, completion_tokens: 0 },
      { promptTokens: 11, outputTokens: 0 },
    ],
    [{ prompt_tokens: 1.5, completion_tokens: null }, null],
    ['many', null],
    [null, null],
  ])('usage %j is believed as far as it can be true', (usage, read) => {
    const { usage: found } = readBackendEvent(JSON.stringify({ choices: [], usage }));
    expect(found).toEqual(read && { ...read, thinkingTokens: null });
  });

  test.each(['reasoning_content', 'reasoning', 'thinking'])('thinking that a server calls %s is told apart', (name) => {
    const read = (delta: object) => readBackendEvent(chunk({ delta }));
    expect(read({ [name]: 'hm' })).toMatchObject({ text: '', thinking: 'hm' });
    expect(read({ [name]: 'hm', content: '' })).toMatchObject({ text: '', thinking: 'hm' });
    expect(read({ [name]: 'hm', content: 'So' })).toMatchObject({ text: 'So', thinking: 'hm' });
    for (const nothing of [null, '', 3, { text: 'hm' }])
      expect(read({ [name]: nothing, content: 'So' })).toMatchObject({ text: 'So', thinking: '' });
  });

  test('thinking that a server tells under two names is told once', () => {
    const delta = { content: null, reasoning: 'hm', reasoning_content: 'hm' };
    expect(readBackendEvent(chunk({ delta }))).toMatchObject({ text: '', thinking: 'hm' });
  });

  test('a call is read in a list, alone, and in its older form', () => {
    const called = { name: 'f', arguments: '{}' };
    const raw = { index: 0, id: 'a', function: called };
    const read = (delta: object) => readBackendEvent(chunk({ delta })).calls;
    const call = { index: 0, id: 'a', name: 'f', text: '{}' };
    expect([read({ tool_calls: [raw] }), read({ tool_calls: raw })]).toEqual([[call], [call]]);
    expect(read({ function_call: called })).toEqual([{ ...call, index: null, id: null }]);
    expect(read({ tool_calls: null })).toEqual([]);
  });

  test('a `<think>` block within the content is text, as the server wrote it', () => {
    expect(readBackendEvent(chunk({ delta: { content: '<think>hm</think>' } }))).toMatchObject({
      text: '<think>hm</think>',
      thinking: '',
    });
  });

  test.each(['[DONE]', '[DONE] ', ' [DONE]'])('%j ends an answer', (data) => {
    expect(readBackendEvent(data)).toMatchObject({ done: true, errorJson: null });
  });

  test.each([
    '',
    ' ',
    '{}',
    '{"type":"ping"}',
    '{"error":null}',
    '{"choices":[]}',
    '{"message":"ok","code":0}',
    '{"error":"","choices":null}',
  ])('%j says nothing', (data) => {
    const said = readBackendEvent(data);
    expect(said).toMatchObject({ text: '', finish: null, usage: null, done: false, errorJson: null, kind: 'other' });
  });

  test.each(['ping', 'cost=0.01', 'null', '[1]', '{"choices":'])('%j is junk and no error', (data) => {
    expect(readBackendEvent(data)).toMatchObject({ kind: 'junk', errorJson: null, done: false });
  });

  test.each([
    '{"error":{"message":"x"}}',
    '{"error":"x"}',
    '{"object":"error","message":"x","code":400}',
    '{"type":"error","message":"x"}',
    '{"detail":"Internal Server Error"}',
    '{"statusCode":500,"message":"x"}',
    '{"code":"503","message":"x"}',
    '{"choices":[{"delta":{"content":""},"finish_reason":"error"}],"error":{"code":502}}',
  ])('%s is an error, handed on as it is', (data) => {
    expect(readBackendEvent(data)).toMatchObject({ errorJson: data, text: '', finish: null });
  });

  test('for any JSON it gives an event and does not throw', () => {
    const loose = fc.record({ choices: fc.anything(), usage: fc.anything() }).map((value) => JSON.stringify(value));
    fc.assert(
      fc.property(fc.oneof(fc.json(), loose), (text) => {
        expect(typeof readBackendEvent(text).text).toBe('string');
      }),
    );
  });
});
