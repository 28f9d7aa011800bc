import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FailedAttempts } from './failed-attempts.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const LIMITS = { free: 3, most: 6, forgetMs: 1000, longestDelayMs: 900 };

/** Fails and tells what came of it and after how many ms. */
async function fail(attempts: FailedAttempts, address = '203.0.113.1'): Promise<[seconds: number | null, ms: number]> {
  const startedAt = Date.now();
  const failed = attempts
    .fail('key', address, startedAt)
    .then((seconds) => [seconds, Date.now() - startedAt] as [number | null, number]);
  await vi.advanceTimersByTimeAsync(LIMITS.longestDelayMs);
  vi.setSystemTime(startedAt);
  return failed;
}

test('some failures cost nothing, more come late, and many are refused with when to come back', async () => {
  const attempts = new FailedAttempts(LIMITS);
  const told = [];
  for (let i = 0; i < 8; i++) told.push(await fail(attempts));
  expect(told).toEqual([
    [null, 0],
    [null, 0],
    [null, 0],
    [null, 300],
    [null, 600],
    [null, 900],
    [1, 0],
    [2, 0],
  ]);
});

test('each address is counted by itself, and each kind of attempt', async () => {
  const attempts = new FailedAttempts(LIMITS);
  for (let i = 0; i < 8; i++) await fail(attempts);
  expect(await fail(attempts, '203.0.113.2')).toEqual([null, 0]);
  expect(attempts.refuse('admin', '203.0.113.1', Date.now())).toBeNull();
  expect(attempts.refuse('key', '203.0.113.1', Date.now())).toBe(2);
});

test('what failed is forgotten with time, however much it was', async () => {
  const attempts = new FailedAttempts(LIMITS);
  for (let i = 0; i < 1000; i++) void attempts.fail('key', 'a', Date.now());
  expect(attempts.refuse('key', 'a', Date.now())).toBe(3);
  expect(attempts.refuse('key', 'a', Date.now() + 3000)).toBeNull();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await fail(attempts, 'a')).toEqual([null, 0]);
});

test('answers that come late are bounded: beyond them nobody is held', async () => {
  const attempts = new FailedAttempts(LIMITS);
  for (let i = 0; i < 100; i++) for (let n = 0; n < 6; n++) void attempts.fail('key', `a-${i}`, Date.now());
  expect(vi.getTimerCount()).toBe(200);
  await vi.advanceTimersByTimeAsync(1000);
  expect(vi.getTimerCount()).toBe(0);
});
