import { expect, test } from 'vitest';
import { FIRST_TRUSTED, narrow, widen } from './trust-slots.ts';

test('an honest home has all of 64 slots once 32 streams ran at once', () => {
  expect([1, 16, 17, 32].map((streams) => widen(FIRST_TRUSTED, streams))).toEqual([32, 32, 34, 64]);
});

test('one that is too slow has half as many each time, one at least, and has them back as it shows what it can', () => {
  const times = [1, 2, 3, 4, 5, 6, 7].map((count) =>
    Array.from({ length: count }).reduce<number>(narrow, FIRST_TRUSTED),
  );
  expect(times).toEqual([16, 8, 4, 2, 1, 1, 1]);
  expect([1, 2, 4].reduce(widen, 1)).toBe(8);
});
