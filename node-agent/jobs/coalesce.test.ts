import { describe, expect, test } from 'vitest';
import { chooseStreamRule, decideDueAt, WHOLE_ANSWER_RULE } from './coalesce.ts';
import type { CoalesceRule } from './coalesce.ts';

/** Plays tokens that come every `gapMs` against a rule, with an ideal timer; gives the frames as [time, tokens]. */
function play(rule: CoalesceRule, gapMs: number, count: number): [number, number][] {
  const frames: [number, number][] = [];
  let state = { hasSent: false, lastSentAt: 0, tokens: 0, bytes: 0 };
  const send = (at: number): void => {
    frames.push([at, state.tokens]);
    state = { hasSent: true, lastSentAt: at, tokens: 0, bytes: 0 };
  };
  for (let i = 1; i <= count; i++) {
    const now = i * gapMs;
    while (state.tokens > 0 && decideDueAt(rule, state) < now) send(decideDueAt(rule, state));
    state = { ...state, tokens: state.tokens + 1, bytes: state.bytes + 150 };
    if (decideDueAt(rule, state) <= now) send(now);
  }
  if (state.tokens > 0) send(decideDueAt(rule, state));
  return frames;
}

describe('the rule of a stream', () => {
  test('the first token leaves at once, the next ones every 100 ms', () => {
    expect(play(chooseStreamRule(100), 25, 9)).toEqual([
      [25, 1],
      [125, 4],
      [225, 4],
    ]);
  });

  test('five tokens end the wait early', () => {
    expect(play(chooseStreamRule(100), 10, 11)).toEqual([
      [10, 1],
      [60, 5],
      [110, 5],
    ]);
  });

  test('a fast stream gets larger frames 20 ms apart, not more frames', () => {
    const frames = play(chooseStreamRule(100), 1, 61);
    expect(frames).toEqual([
      [1, 1],
      [21, 20],
      [41, 20],
      [61, 20],
    ]);
  });

  test('a slow stream waits for nothing', () => {
    expect(play(chooseStreamRule(100), 150, 3)).toEqual([
      [150, 1],
      [300, 1],
      [450, 1],
    ]);
  });

  test('a window of 0 sends every delta as its own frame', () => {
    expect(play(chooseStreamRule(0), 1, 3)).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
  });

  test('bytes past the limit leave whatever the gap', () => {
    const rule = chooseStreamRule(100);
    expect(decideDueAt(rule, { hasSent: true, lastSentAt: 50, tokens: 2, bytes: rule.bytes })).toBe(50);
  });
});

test('the rule of a whole answer waits a second or 32 KB, also for the first token', () => {
  expect(play(WHOLE_ANSWER_RULE, 100, 15)).toEqual([
    [1000, 10],
    [2000, 5],
  ]);
  expect(play(WHOLE_ANSWER_RULE, 1, 300)[0]).toEqual([219, 219]);
});
