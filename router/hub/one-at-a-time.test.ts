import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { OneAtATime } from './one-at-a-time.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('the first runs at once; all who ask meanwhile share one run after it, a while later', async () => {
  let runs = 0;
  const work = new OneAtATime(async () => void runs++, 100);
  await work.run();
  const all = Promise.all(Array.from({ length: 1000 }, () => work.run()));
  await vi.advanceTimersByTimeAsync(99);
  expect(runs).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  await all;
  expect(runs).toBe(2);
});

test('who asks during a run hears of the next one, which begins when that one has ended', async () => {
  const ends: (() => void)[] = [];
  const work = new OneAtATime(() => new Promise((end) => ends.push(end)), 0);
  const first = work.run();
  await vi.advanceTimersByTimeAsync(1);
  const second = work.run();
  await vi.advanceTimersByTimeAsync(10);
  expect(ends.length).toBe(1);
  ends[0]?.();
  await first;
  await vi.advanceTimersByTimeAsync(1);
  expect(ends.length).toBe(2);
  ends[1]?.();
  await second;
});

test('a run that fails is told to those who asked for it, and the next begins all the same', async () => {
  let runs = 0;
  const work = new OneAtATime(async () => {
    if (runs++ === 0) throw new Error('away');
  }, 0);
  await expect(work.run()).rejects.toThrow('away');
  await work.run();
  expect(runs).toBe(2);
});
