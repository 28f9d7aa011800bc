import { expect, test } from 'vitest';
import { parseTokens } from './parse-tokens.ts';
import { tellTokenWei } from './tell-tokens.ts';

test.each([
  ['2.5', 25n * 10n ** 17n, '2.500000'],
  ['0.000001', 10n ** 12n, '0.000001'],
  ['1000000', 10n ** 24n, '1000000.000000'],
])('%s tokens are read, and told with six decimals', (written, wei, told) => {
  expect(parseTokens(written)).toEqual({ ok: true, value: wei });
  expect(tellTokenWei(wei)).toBe(told);
});

test('all is all, and what is no amount says how one is written', () => {
  expect(parseTokens('all')).toEqual({ ok: true, value: 'all' });
  for (const written of ['0', '-1', '1e18', '0.0000001', '', '1,5'])
    expect(parseTokens(written)).toEqual({ ok: false, error: expect.stringContaining('is no amount') as string });
});
