import { expect, test } from 'vitest';
import { trustSlots } from './trust-slots.ts';

test('up to sixteen slots are believed as they are told', () => {
  expect([0, 1, 8, 16].map((told) => trustSlots(told, 0))).toEqual([0, 1, 8, 16]);
});

test('more are, twice as many as have run at once: an honest home has all of 64 after two rounds', () => {
  expect([0, 8, 16, 32, 64].map((widest) => trustSlots(64, widest))).toEqual([16, 16, 32, 64, 64]);
  expect(trustSlots(20, 64)).toBe(20);
});
