import { expect, test } from 'vitest';
import { MOST_FEE, planFees, planGas } from './plan-fees.ts';

const GWEI = 1_000_000_000n;

test('the first time twice the base fee is allowed, and the tip that the node suggests', () => {
  expect(planFees({ baseFee: 10n * GWEI, tip: GWEI }, null)).toEqual({ maxFee: 21n * GWEI, tip: GWEI });
});

test('a tip of nothing is none that anyone mines for', () => {
  expect(planFees({ baseFee: 0n, tip: 0n }, null)).toEqual({ maxFee: GWEI / 1000n, tip: GWEI / 1000n });
});

test('in place of another both go up by a quarter at least, also where it has become cheaper', () => {
  const before = { maxFee: 21n * GWEI + 1n, tip: GWEI + 1n };
  const after = planFees({ baseFee: 1n, tip: 1n }, before)!;
  expect(after.maxFee * 4n).toBeGreaterThanOrEqual(before.maxFee * 5n);
  expect(after.tip * 4n).toBeGreaterThanOrEqual(before.tip * 5n);
});

test('and to what is usual now where that is more', () => {
  const after = planFees({ baseFee: 100n * GWEI, tip: 3n * GWEI }, { maxFee: 2n * GWEI, tip: GWEI });
  expect(after).toEqual({ maxFee: 203n * GWEI, tip: 3n * GWEI });
});

test('above the most nothing is sent', () => {
  expect(planFees({ baseFee: MOST_FEE, tip: 1n }, null)).toBeNull();
  expect(planFees({ baseFee: 1n, tip: 1n }, { maxFee: MOST_FEE - 1n, tip: 1n })).toBeNull();
});

test('gas is half more than what was estimated, rounded up, and no more than a transaction may take', () => {
  expect([100_000n, 100_001n, 16_000_000n].map(planGas)).toEqual([150_000n, 150_002n, 16_777_216n]);
});

test('an estimate that no transaction can have is refused', () => {
  for (const estimate of [0n, 20_999n, 16_777_217n, 1n << 256n]) expect(() => planGas(estimate)).toThrow(RangeError);
});
