import { describe, expect, test } from 'vitest';
import type { Finish } from '../backends/backend.ts';
import { chooseFinishWord, tellBeside, type StopCause } from './choose-finish-word.ts';

const ended = (reason: Finish['reason']): Finish => ({ reason, promptTokens: null, outputTokens: 0 });

describe('chooseFinishWord', () => {
  test.each<[Finish['reason'], StopCause | null, boolean, string]>([
    ['stop', null, false, 'stop'],
    ['length', null, false, 'length'],
    ['content_filter', null, false, 'stop'],
    ['error', null, false, 'error'],
    ['error', 'stop-string', false, 'stop'],
    ['cancelled', 'stop-string', false, 'stop'],
    ['cancelled', 'limit', false, 'length'],
    ['cancelled', 'caller', true, 'cancelled'],
    ['cancelled', 'cut', true, 'error'],
    ['cancelled', 'preempted', false, 'preempted'],
    ['stop', 'preempted', true, 'preempted'],
    ['stop', 'caller', true, 'cancelled'],
    ['content_filter', 'caller', true, 'cancelled'],
  ])('%s, stopped by %s, something dropped: %s, is %s', (reason, cause, hasDropped, word) => {
    expect(chooseFinishWord(ended(reason), cause, hasDropped)).toBe(word);
  });

  test('only a stop that was a filter’s is told beside the receipt', () => {
    expect(tellBeside('stop', ended('content_filter'))).toEqual({ finish: 'content_filter' });
    expect(tellBeside('cancelled', ended('content_filter'))).toEqual({});
    expect(tellBeside('stop', ended('stop'))).toEqual({});
  });
});
