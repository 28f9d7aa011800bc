import { expect, test } from 'vitest';
import { formatCredits, makeCreditFormat } from './format-money.ts';

test('an amount has the decimals that say something', () => {
  expect([157, -3_000_000, 1_234_567_890, 0].map((micro) => formatCredits(micro, 'en'))).toEqual([
    '0.000157',
    '-3.00',
    '1,234.57',
    '0.00',
  ]);
});

test('amounts of one column have as many decimals as the smallest of them asks for', () => {
  const told = (micros: readonly number[]): string[] => micros.map(makeCreditFormat(micros, 'en'));
  expect(told([13_500, 4898, 0])).toEqual(['0.013500', '0.004898', '0.000000']);
  expect(told([13_500_000, 250_000, 0])).toEqual(['13.50', '0.25', '0.00']);
  expect(told([1_234_567, 0])).toEqual(['1.23', '0.00']);
});
