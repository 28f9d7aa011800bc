import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countBoughtFee, MOST_BONUS, planBonus } from './plan-bonus.ts';

const paidFrom = (bought: number, granted = 0): { granted: number; earned: number; bought: number } => ({
  granted,
  earned: 0,
  bought,
});

test.each([
  ['bought credit alone', { charge: 100, earn: 90, paidFrom: paidFrom(100) }, 10],
  ['granted credit', { charge: 100, earn: 90, paidFrom: paidFrom(0, 100) }, 0],
  ['both, by its share', { charge: 100, earn: 90, paidFrom: paidFrom(40, 60) }, 4],
  ['a fee that was rounded to nothing', { charge: 9, earn: 9, paidFrom: paidFrom(9) }, 0],
  ['another fee', { charge: 100, earn: 92, paidFrom: paidFrom(100), feeBps: 800 }, 8],
  ['a part whose receipt is to come', { charge: 100, earn: 0, paidFrom: paidFrom(100) }, 10],
  ['a part that nobody paid for', { charge: 0, earn: 40 }, 0],
])('of %s counts what the fees really got', (_, part, fee) => {
  expect(countBoughtFee(part)).toBe(fee);
});

test('a bonus is a share of these fees, once, and of no home more than its most', () => {
  expect(planBonus({ boughtFees: 100, left: 100, paid: 0 }, 10_000)).toBe(100);
  expect(planBonus({ boughtFees: 100, left: 100, paid: 0 }, 2500)).toBe(25);
  expect(planBonus({ boughtFees: 100, left: 100, paid: 80 }, 10_000)).toBe(20);
  expect(planBonus({ boughtFees: 100, left: 5, paid: 80 }, 10_000)).toBe(5);
  expect(planBonus({ boughtFees: 5 * MOST_BONUS, left: 5 * MOST_BONUS, paid: 0 }, 10_000)).toBe(MOST_BONUS);
  // The vote has lowered the share since: nothing is taken back.
  expect(planBonus({ boughtFees: 100, left: 100, paid: 80 }, 0)).toBe(0);
});

test('all bonuses together are never more than the fees from bought credit, nor than what is left of them', () => {
  const units = fc.nat(5 * MOST_BONUS);
  fc.assert(
    fc.property(units, units, units, fc.nat(10_000), (boughtFees, left, paid, bonusBps) => {
      const more = planBonus({ boughtFees, left, paid }, bonusBps);
      expect(more).toBeGreaterThanOrEqual(0);
      expect(more).toBeLessThanOrEqual(left);
      expect(paid + more).toBeLessThanOrEqual(Math.max(paid, Math.min(boughtFees, MOST_BONUS)));
    }),
  );
});
