import { describe, expect, test } from 'vitest';
import { learnFromBusy, learnFromFirst, startSlots, type FirstToken, type LearnedSlots } from './learn-slots.ts';

const START = startSlots('ollama');
const HOUR = 3_600_000;
const first = (change: Partial<FirstToken>): FirstToken => ({
  now: 0,
  waitedMs: 200,
  flowing: 1,
  hasSeenAnEnd: false,
  aloneMs: 200,
  ...change,
});
const repeat = (known: LearnedSlots, change: Partial<FirstToken>, times: number): LearnedSlots =>
  Array.from({ length: times }).reduce<LearnedSlots>((now) => learnFromFirst(now, first(change)), known);
const WAITED = { waitedMs: 5_000, flowing: 1, hasSeenAnEnd: true };

test('vLLM batches from the start, any other server begins with one answer', () => {
  expect(
    (['ollama', 'lm-studio', 'llama-server', 'vllm', 'unknown'] as const).map((one) => startSlots(one).limit),
  ).toEqual([1, 1, 1, 8, 1]);
});

test('vLLM begins with as many usual answers as its cache holds, 8 at most', () => {
  const limits = [1000, 9168, 200_000].map((cacheTokens) => startSlots('vllm', cacheTokens).limit);
  expect(limits).toEqual([1, 2, 8]);
  expect(startSlots('unknown', 200_000).limit).toBe(1);
});

describe('the limit rises', () => {
  test('by one after three answers in a row that ran beside as many as it allows', () => {
    expect([repeat(START, {}, 2).limit, repeat(START, {}, 3).limit]).toEqual([1, 2]);
    const two = repeat(START, {}, 3);
    expect([repeat(two, { flowing: 1 }, 9).limit, repeat(two, { flowing: 2 }, 3).limit]).toEqual([2, 3]);
  });

  test('never past sixteen', () => {
    expect(repeat(START, { flowing: 16 }, 200).limit).toBe(16);
  });

  test('not while it rests', () => {
    const rested = { ...START, restsUntilAt: HOUR };
    expect([repeat(rested, { now: HOUR - 1 }, 9).limit, repeat(rested, { now: HOUR }, 3).limit]).toEqual([1, 2]);
  });
});

describe('the limit falls', () => {
  const four = { ...START, limit: 4 };

  test('to what ran at once, when two answers in a row began only as another ended', () => {
    expect([repeat(four, WAITED, 1).limit, repeat(four, WAITED, 2).limit]).toEqual([4, 1]);
    expect(repeat(four, { ...WAITED, flowing: 3 }, 2).limit).toBe(3);
  });

  test('not for a slow start: one that nobody had to end for, or that takes as long alone', () => {
    expect(repeat(four, { ...WAITED, hasSeenAnEnd: false }, 9).limit).toBe(4);
    expect(repeat(four, { ...WAITED, aloneMs: 4_000 }, 9).limit).toBe(4);
    expect(repeat(four, { ...WAITED, waitedMs: 250, aloneMs: 20 }, 9).limit).toBe(4);
  });

  test('not when an answer that ran beside all others came between', () => {
    const between = learnFromFirst(repeat(four, WAITED, 1), first({ flowing: 4 }));
    expect(repeat(between, WAITED, 1).limit).toBe(4);
  });

  test('at once when the server says that it is busy, and never below one', () => {
    expect(learnFromBusy(four, { others: 2, now: 0 }).limit).toBe(2);
    expect(learnFromBusy(four, { others: 0, now: 0 }).limit).toBe(1);
    expect(learnFromBusy(four, { others: 4, now: 0 })).toBe(four);
  });

  test('and then rests: ten minutes, twice as long each time, four hours at most', () => {
    let known = four;
    const rests = Array.from({ length: 7 }, () => {
      known = learnFromBusy({ ...known, limit: 4 }, { others: 1, now: 0 });
      return known.restsUntilAt / 60_000;
    });
    expect(rests).toEqual([10, 20, 40, 80, 160, 240, 240]);
  });
});
