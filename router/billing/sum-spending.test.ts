import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addSpending, readSpending } from './sum-spending.ts';
import type { KeySpending } from './sum-spending.ts';

const START = Date.parse('2028-01-30T20:00:00Z');
const HOUR = 3_600_000;

test('charges count in their own UTC day and month, and for ever', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ hours: fc.integer({ min: 0, max: 300 }), charge: fc.nat(1000) }), { maxLength: 40 }),
      fc.integer({ min: 0, max: 900 }),
      (steps, later) => {
        let now = START;
        let spending: KeySpending | undefined;
        const charges: { at: string; charge: number }[] = [];
        for (const { hours, charge } of steps) {
          now += hours * HOUR;
          spending = addSpending(spending, charge, now);
          charges.push({ at: new Date(now).toISOString(), charge });
        }
        now += later * HOUR;
        const today = new Date(now).toISOString();
        const sumOf = (chars: number): number =>
          charges.reduce((sum, { at, charge }) => sum + (at.slice(0, chars) === today.slice(0, chars) ? charge : 0), 0);
        expect(readSpending(spending, now)).toEqual({ day: sumOf(10), month: sumOf(7), total: sumOf(0) });
      },
    ),
  );
});

test('a clock that steps back over midnight forgets nothing of the day that was begun', () => {
  const midnight = Date.parse('2026-06-01T00:00:00Z');
  const before = addSpending(undefined, 5, midnight);
  const after = addSpending(before, 7, midnight - 1);
  expect(readSpending(after, midnight - 1)).toEqual({ day: 12, month: 12, total: 12 });
  expect(readSpending(after, midnight)).toEqual({ day: 12, month: 12, total: 12 });
});
