import { describe, expect, test } from 'vitest';
import { readFinishWord } from './read-finish-word.ts';

describe('readFinishWord', () => {
  test.each([
    ['stop', 'stop'],
    ['STOP', 'stop'],
    ['eos', 'stop'],
    ['eos_token', 'stop'],
    ['stop_sequence', 'stop'],
    ['end_turn', 'stop'],
    ['tool_calls', 'tool_calls'],
    ['function_call', 'tool_calls'],
    ['a word of tomorrow', 'stop'],
    ['length', 'length'],
    ['max_tokens', 'length'],
    ['MAX_TOKENS', 'length'],
    ['model_length', 'length'],
    ['content_filter', 'content_filter'],
    ['SAFETY', 'content_filter'],
    ['abort', 'failed'],
    ['error', 'failed'],
    ['cancelled', 'failed'],
    ['insufficient_system_resource', 'failed'],
    ['unload', 'failed'],
    ['', null],
    [' ', null],
    ['null', null],
    [null, null],
    [undefined, null],
    [3, null],
  ])('%j is %j', (given, word) => {
    expect(readFinishWord(given)).toBe(word);
  });
});
