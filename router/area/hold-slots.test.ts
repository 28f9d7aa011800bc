import { expect, test } from 'vitest';
import { holdSlots, settle } from './hold-slots.ts';
import type { HeldSlots } from './hold-slots.ts';

const MINUTE_MS = 60_000;
const heldMs = 5 * MINUTE_MS;
/** One number a minute, from the first minute on. */
const tell = (numbers: readonly number[], from: HeldSlots | null = null): HeldSlots =>
  numbers.reduce<HeldSlots | null>(
    (held, told, minute) => holdSlots(held, told, { now: minute * MINUTE_MS, heldMs }),
    from,
  ) ?? { slots: -1, told: null };

test('a new home counts as four slots at most, and as all that it told for five minutes', () => {
  expect(tell([2])).toEqual({ slots: 2, told: null });
  expect(tell([8])).toEqual({ slots: 4, told: { slots: 8, sinceAt: 0 } });
  expect(tell([8, 8, 8, 8, 8]).slots).toBe(4);
  expect(tell([8, 8, 8, 8, 8, 8])).toEqual({ slots: 8, told: null });
});

test('a home that flips between two numbers keeps the one that counted', () => {
  const flips = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 64 : 4));
  expect(tell(flips).slots).toBe(4);
  expect(
    tell(
      flips.map((n) => (n === 64 ? 0 : 64)),
      { slots: 64, told: null },
    ).slots,
  ).toBe(64);
});

test('numbers that differ and are all more, or all less, count as the nearest of them', () => {
  expect(tell([8, 16, 9, 12, 64, 10])).toEqual({ slots: 8, told: null });
  expect(tell([8, 2, 3, 1, 3, 2], { slots: 32, told: null })).toEqual({ slots: 8, told: null });
});

test('time alone lets count what was told last', () => {
  const held = tell([8]);
  expect(settle(held, { now: heldMs - 1, heldMs })).toBe(held);
  expect(settle(held, { now: heldMs, heldMs })).toEqual({ slots: 8, told: null });
  expect(settle({ slots: 8, told: null }, { now: heldMs, heldMs })).toEqual({ slots: 8, told: null });
});
