import { expect, test } from 'vitest';
import { findTestChain } from './test-chains.ts';

test.each([31_337, 11_155_111, 560_048, 84_532, 11_155_420, 421_614])('chain %i is a test network', (chainId) => {
  expect(findTestChain(chainId)).toMatchObject({ ok: true, value: { chainId } });
});

test.each([1, 10, 56, 137, 8453, 42_161, 0, -1, Number.NaN])('chain %d is refused in a plain sentence', (chainId) => {
  const found = findTestChain(chainId);
  expect(found).toEqual({
    ok: false,
    error: expect.stringContaining(`Chain ${chainId} is not on the list of test networks`),
  });
  expect(found).toEqual({ ok: false, error: expect.stringContaining('No setting changes that.') });
});
