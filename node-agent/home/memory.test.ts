import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MemoryTrimmer } from './memory.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('memory is given back only at rest: work puts it off, and nothing is left to wait for afterwards', () => {
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
  expect(vi.getTimerCount()).toBe(0);
});
