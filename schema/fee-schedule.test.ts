import { expect, test } from 'vitest';
import { feeAt, feesFrom } from './fee-schedule.ts';
import { splitCharge } from './prices.ts';

const SCHEDULE = [
  { fromEpoch: 5, feeBps: 1000 },
  { fromEpoch: 9, feeBps: 800 },
];

test.each([
  [0, 1000],
  [8, 1000],
  [9, 800],
  [1_000_000, 800],
])('in epoch %d the network takes %d of 10,000', (epoch, feeBps) => {
  expect(feeAt(SCHEDULE, epoch)).toBe(feeBps);
  expect(feeAt(feesFrom(SCHEDULE, epoch), epoch)).toBe(feeBps);
});

test('where nobody has voted it is a tenth', () => {
  expect(feeAt([], 7)).toBe(1000);
  expect(feesFrom([], 7)).toEqual([]);
});

test('what is still to come is handed on with what counts', () => {
  expect(feesFrom(SCHEDULE, 8)).toEqual(SCHEDULE);
  expect(feesFrom(SCHEDULE, 9)).toEqual(SCHEDULE.slice(1));
});

test('a share of eight in a hundred is rounded down for the home', () => {
  expect(splitCharge(100, 800)).toEqual({ earn: 92, fee: 8 });
  expect(splitCharge(12, 800)).toEqual({ earn: 12, fee: 0 });
  expect(splitCharge(100)).toEqual({ earn: 90, fee: 10 });
});
