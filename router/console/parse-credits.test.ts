// Amounts as people type them.
import { describe, expect, it } from 'vitest';
import { parseCredits } from './parse-credits.ts';

describe('parseCredits', () => {
  it.each([
    ['12', 12_000_000],
    [' 0.5 ', 500_000],
    ['0.000001', 1],
    ['1,000.25', 1_000_250_000],
    ['999999999', 999_999_999_000_000],
  ])('reads %s', (text, micro) => {
    expect(parseCredits(text)).toBe(micro);
  });

  it.each(['', '0', '0.0', '-1', '1e3', '.5', '1.', '1,00', '0.0000001', '1000000000', '１２', '1 000'])(
    'refuses %s',
    (text) => {
      expect(parseCredits(text)).toBeNull();
    },
  );
});
