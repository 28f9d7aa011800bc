import fc from 'fast-check';
import { expect, test } from 'vitest';
import { leftOfBonus, spreadEarning, sumEarnings } from './spread-earnings.ts';

const NONE = { claimed: 0, credited: 0, payable: 0, heldBack: 0, pending: 0 };

test('what no epoch has yet is pending, what the last one has is payable', () => {
  const facts = { total: 100, spent: 0, withheld: 0, leafEarned: null, leafWithheld: 0, keptTotal: null, chain: null };
  expect(sumEarnings(facts)).toEqual({ ...NONE, pending: 100 });
  expect(sumEarnings({ ...facts, leafEarned: 70 })).toEqual({ ...NONE, payable: 70, pending: 30 });
});

test('what was turned into credit and what is held back are payable no more', () => {
  const facts = { total: 100, spent: 20, withheld: 10, leafEarned: 70, leafWithheld: 0, keptTotal: null, chain: null };
  expect(sumEarnings(facts)).toEqual({ ...NONE, credited: 20, payable: 40, heldBack: 10, pending: 30 });
});

test('of a node whose account and book do not agree what is beyond its last leaf is held back', () => {
  const facts = { total: 100, spent: 0, withheld: 0, leafEarned: 70, leafWithheld: 0, keptTotal: 90, chain: null };
  expect(sumEarnings(facts)).toEqual({ ...NONE, payable: 70, heldBack: 20, pending: 10 });
  const held = { ...facts, leafEarned: 90, leafWithheld: 20 };
  expect(sumEarnings(held)).toEqual({ ...NONE, payable: 70, heldBack: 20, pending: 10 });
});

test('beside a chain what was claimed is payable no more, and what was turned into credit came from what was earned since', () => {
  const facts = { total: 100, spent: 25, withheld: 0, leafEarned: 70, leafWithheld: 0, keptTotal: null };
  const chain = { leafSpent: 0, leafBonus: 9, claimed: 0 };
  const sums = sumEarnings({ ...facts, chain });
  expect(sums).toEqual({ ...NONE, credited: 25, payable: 70, pending: 5 });
  expect(leftOfBonus(sums, chain)).toBe(9);
  const paid = sumEarnings({ ...facts, chain: { ...chain, claimed: 74 } });
  expect(paid).toEqual({ ...NONE, claimed: 70, credited: 25, pending: 5 });
  expect(leftOfBonus(paid, { ...chain, claimed: 74 })).toBe(5);
});

test('a job or a day is what its place among all that was earned says, the oldest used up first', () => {
  const sums = { claimed: 0, credited: 20, payable: 40, heldBack: 10, pending: 30 };
  expect(spreadEarning(sums, 0, 15)).toEqual({ ...NONE, credited: 15 });
  expect(spreadEarning(sums, 15, 10)).toEqual({ ...NONE, credited: 5, payable: 5 });
  expect(spreadEarning(sums, 55, 20)).toEqual({ ...NONE, payable: 5, heldBack: 10, pending: 5 });
  expect(spreadEarning(sums, 95, 20)).toEqual({ ...NONE, pending: 20 });
});

test('whatever the figures, no state is below nothing, all of them are the total, and rows add up to them', () => {
  const units = fc.nat(1000);
  const facts = fc.record({
    total: units,
    spent: units,
    withheld: units,
    leafEarned: fc.option(units),
    leafWithheld: units,
    keptTotal: fc.option(units),
    chain: fc.option(fc.record({ leafSpent: units, leafBonus: units, claimed: units })),
  });
  fc.assert(
    fc.property(facts, fc.array(fc.nat(200), { maxLength: 8 }), (of, amounts) => {
      const sums = sumEarnings(of);
      expect(Math.min(...Object.values(sums))).toBeGreaterThanOrEqual(0);
      expect(Object.values(sums).reduce((a, b) => a + b)).toBe(of.total);
      let before = 0;
      for (const amount of amounts) {
        const spread = spreadEarning(sums, before, amount);
        expect(Object.values(spread).reduce((a, b) => a + b)).toBe(amount);
        before += amount;
      }
    }),
  );
});
