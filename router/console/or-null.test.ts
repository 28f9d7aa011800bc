import { afterEach, expect, test, vi } from 'vitest';
import { ApiError } from '../errors.ts';
import { orNull } from './or-null.ts';

afterEach(() => vi.useRealTimers());

test('a part that is away, or too slow, is none; what is refused is refused', async () => {
  expect(await orNull(Promise.resolve(7))).toBe(7);
  expect(await orNull(Promise.reject(new Error('D1_ERROR: network connection lost')))).toBeNull();
  expect(await orNull(Promise.reject(new ApiError('store_away', 'away')))).toBeNull();
  await expect(orNull(Promise.reject(new ApiError('forbidden', 'no')))).rejects.toThrow('no');
  vi.useFakeTimers();
  const late = orNull(new Promise(() => undefined));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await late).toBeNull();
});
