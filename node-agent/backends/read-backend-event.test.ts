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

  test.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['tool_calls', 'stop'],
    ['content_filter', 'stop'],
    ['eos', 'stop'],
    [null, null],
    ['', null],
  ])('finish_reason %j is %j', (given, finish) => {
    expect(readBackendEvent(chunk({ delta: {}, finish_reason: given })).finish).toBe(finish);
  });

  test('reads usage from a chunk without choices', () => {
    const usage = { prompt_tokens: 22, completion_tokens: 16, completion_tokens_details: { reasoning_tokens: 4 } };
    expect(readBackendEvent(JSON.stringify({ choices: [], usage })).usage).toEqual({
      promptTokens: 22,
      outputTokens: 16,
      hiddenTokens: 4,
    });
    expect(
      readBackendEvent(JSON.stringify({ choices: [], usage: { prompt_tokens: -1, completion_tokens: 2 } })).usage,
    ).toBeNull();
  });

  test('thinking is told apart from the answer under both of its names', () => {
    expect(readBackendEvent(chunk({ delta: { reasoning_content: 'hm' } }))).toMatchObject({ text: '', hidden: true });
    expect(readBackendEvent(chunk({ delta: { reasoning: 'hm' } }))).toMatchObject({ text: '', hidden: true });
  });

  test('[DONE] ends, an error and a line that is no JSON are errors that quote nothing', () => {
    expect(readBackendEvent('[DONE]').done).toBe(true);
    const error = readBackendEvent('{"error":{"message":"secret prompt"}}').error;
    expect(error).toContain('reported an error');
    expect(error).not.toContain('secret');
    expect(readBackendEvent('not json secret').error).not.toContain('secret');
    expect(readBackendEvent('null').error).not.toBeNull();
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
