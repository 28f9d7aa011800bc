import fc from 'fast-check';
import { expect, test } from 'vitest';
import { computeBackoff, RECONNECT, UNWANTED } from './compute-backoff.ts';

test('the width doubles from the start to the cap, and the wait is anywhere below it', () => {
  expect([0, 1, 2, 3].map((attempt) => computeBackoff(RECONNECT, attempt, 0.999_999))).toEqual([249, 499, 999, 1999]);
  expect(computeBackoff(RECONNECT, 50, 0.999_999)).toBe(29_999);
  expect(computeBackoff(RECONNECT, 5, 0)).toBe(0);
});

test('a wait never leaves its bounds', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.double({ min: 0, max: 0.999_999, noNaN: true }), (attempt, random) => {
      for (const rule of [RECONNECT, UNWANTED]) {
        const waitMs = computeBackoff(rule, attempt, random);
        expect(waitMs).toBeGreaterThanOrEqual(rule.floorMs);
        expect(waitMs).toBeLessThanOrEqual(rule.capMs);
      }
    }),
  );
});
