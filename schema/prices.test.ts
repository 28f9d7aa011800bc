import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeCharge, FEE_BASIS_POINTS, splitCharge } from './prices.ts';

const tokens = fc.nat(10_000_000);
const price = fc.nat(1_000_000_000);

describe('computeCharge', () => {
  test.each([
    [{ priceIn: 1_000_000, priceOut: 2_000_000 }, { promptTokens: 10, outputTokens: 20 }, 50],
    [{ priceIn: 50_000, priceOut: 200_000 }, { promptTokens: 31, outputTokens: 128 }, 28],
    [{ priceIn: 1, priceOut: 1 }, { promptTokens: 1, outputTokens: 0 }, 1],
    [{ priceIn: 1, priceOut: 1 }, { promptTokens: 0, outputTokens: 0 }, 0],
    [{ priceIn: 0, priceOut: 0 }, { promptTokens: 5, outputTokens: 5 }, 0],
  ])('%o for %o is %i units', (prices, counts, charge) => {
    expect(computeCharge(prices, counts)).toBe(charge);
  });

  test('it is the exact price rounded up, never below it and never a whole unit above', () => {
    fc.assert(
      fc.property(price, price, tokens, tokens, (priceIn, priceOut, promptTokens, outputTokens) => {
        const charge = BigInt(computeCharge({ priceIn, priceOut }, { promptTokens, outputTokens }));
        const exact = BigInt(priceIn) * BigInt(promptTokens) + BigInt(priceOut) * BigInt(outputTokens);
        expect(charge * 1_000_000n >= exact).toBe(true);
        expect((charge - 1n) * 1_000_000n < exact || charge === 0n).toBe(true);
      }),
    );
  });

  test('more tokens never cost less', () => {
    fc.assert(
      fc.property(price, tokens, tokens, (unit, fewer, more) => {
        const prices = { priceIn: unit, priceOut: unit };
        const less = computeCharge(prices, { promptTokens: fewer, outputTokens: 0 });
        expect(computeCharge(prices, { promptTokens: fewer, outputTokens: more })).toBeGreaterThanOrEqual(less);
      }),
    );
  });
});

test('earnings and fee are whole, never negative, and make up the charge; the fee is at most its share', () => {
  fc.assert(
    fc.property(fc.nat(Math.floor(Number.MAX_SAFE_INTEGER / 10_000)), (charge) => {
      const { earn, fee } = splitCharge(charge);
      expect(earn + fee).toBe(charge);
      expect(Number.isInteger(earn) && Number.isInteger(fee) && earn >= 0 && fee >= 0).toBe(true);
      expect(fee * 10_000).toBeLessThanOrEqual(charge * FEE_BASIS_POINTS);
    }),
  );
});
