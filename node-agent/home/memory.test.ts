import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MemoryTrimmer } from './memory.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('memory is given back only at rest: work puts it off, and at rest it is given back again a minute later', () => {
  let busy = true;
  const isBusy = vi.fn(() => busy);
  const trimmer = new MemoryTrimmer(isBusy);
  trimmer.touch();
  vi.advanceTimersByTime(2_000);
  trimmer.touch();
  vi.advanceTimersByTime(2_000);
  expect(isBusy).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1_000);
  expect(isBusy).toHaveBeenCalledTimes(1);
  busy = false;
  vi.advanceTimersByTime(3_000);
  expect(isBusy).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(60_000);
  expect(isBusy).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(3_000);
  expect(isBusy).toHaveBeenCalledTimes(3);
  vi.advanceTimersByTime(63_000);
  expect(isBusy).toHaveBeenCalledTimes(4);
  // Those times, and nothing beside them.
  expect(vi.getTimerCount()).toBe(1);
});
