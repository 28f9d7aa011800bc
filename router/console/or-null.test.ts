import { afterEach, expect, test, vi } from 'vitest';
import { TIMINGS } from '../../schema/timings.ts';
import { ApiError } from '../errors.ts';
import { letPartsTake, orNull } from './or-null.ts';

afterEach(() => {
  vi.useRealTimers();
  letPartsTake(TIMINGS.pagePartMs);
});

test('a part that is away, or too slow, is none; what is refused is refused', async () => {
  expect(await orNull(Promise.resolve(7))).toBe(7);
  expect(await orNull(Promise.reject(new Error('D1_ERROR: network connection lost')))).toBeNull();
  expect(await orNull(Promise.reject(new ApiError('store_away', 'away')))).toBeNull();
  await expect(orNull(Promise.reject(new ApiError('forbidden', 'no')))).rejects.toThrow('no');
  vi.useFakeTimers();
  const late = orNull(new Promise(() => undefined));
  await vi.advanceTimersByTimeAsync(4000);
  expect(await late).toBeNull();
  // Where a local network lets them take longer, a part that comes then is shown.
  letPartsTake(60_000);
  const slow = orNull(new Promise((resolve) => void setTimeout(resolve, 50_000, 'shown')));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await slow).toBe('shown');
});
