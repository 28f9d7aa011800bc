import { describe, expect, test } from 'vitest';
import { judgeEnd, LINGER_MS, type Seen } from './judge-end.ts';

const SEEN: Seen = {
  finish: null,
  sinceFinishMs: 0,
  isDone: false,
  hasAnswer: true,
  isAtLimit: false,
  hasError: false,
  body: 'open',
};
const judge = (change: Partial<Seen>): string => {
  const verdict = judgeEnd({ ...SEEN, ...change });
  return verdict.end === 'open' ? 'open' : verdict.end === 'finished' ? verdict.finish : `broken by ${verdict.by}`;
};

describe('judgeEnd', () => {
  test.each<[string, Partial<Seen>, string]>([
    ['text that flows', {}, 'open'],
    ['nothing yet', { hasAnswer: false }, 'open'],
    ['a finish reason a moment ago', { finish: 'stop' }, 'open'],
    ['a finish reason and [DONE]', { finish: 'length', isDone: true }, 'length'],
    ['a finish reason and the end of the body', { finish: 'stop', body: 'ended' }, 'stop'],
    ['a finish reason and a broken connection', { finish: 'stop', body: 'broken' }, 'stop'],
    ['a finish reason and an open connection', { finish: 'stop', sinceFinishMs: LINGER_MS }, 'stop'],
    ['a filter', { finish: 'content_filter', isDone: true }, 'content_filter'],
    ['an empty answer with a finish reason', { finish: 'stop', hasAnswer: false, isDone: true }, 'stop'],
    ['[DONE] without a finish reason', { isDone: true }, 'stop'],
    ['[DONE] without a finish reason at the limit', { isDone: true, isAtLimit: true }, 'length'],
    ['[DONE] and nothing before it', { isDone: true, hasAnswer: false }, 'broken by nothing'],
    ['an answer that was given up', { finish: 'failed' }, 'broken by gave-up'],
    ['an answer given up, and [DONE]', { finish: 'failed', isDone: true }, 'broken by gave-up'],
    ['an error', { hasError: true }, 'broken by error'],
    ['an error and [DONE]', { hasError: true, isDone: true }, 'broken by error'],
    ['the end of the body alone', { body: 'ended' }, 'broken by no-finish'],
    ['an empty body', { body: 'ended', hasAnswer: false }, 'broken by no-finish'],
    ['a broken connection', { body: 'broken' }, 'broken by connection'],
  ])('%s: %j is %s', (_, change, verdict) => {
    expect(judge(change)).toBe(verdict);
  });

  test('a server has at most 2 s from its finish reason to the end', () => {
    expect(LINGER_MS).toBeLessThan(2_000);
  });
});
