// Which leaf a home claims by, and amounts in words.
import { expect, test } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import { makeEpochFile } from '../../schema/epoch-file.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import { PLACEHOLDER_DOMAIN, ZERO_ADDRESS, ZERO_WORD } from '../../schema/typed-data.ts';
import { findClaim, findInFile } from './find-claim.ts';
import { tellCoins, tellTokens, tellTokenWei } from './tell-tokens.ts';

const NODE: Hex = `0x${'11'.repeat(20)}`;
const WALLET: Hex = `0x${'22'.repeat(20)}`;
const OTHER: Hex = `0x${'33'.repeat(20)}`;
const leafOf = (node: Hex, earned: bigint, wallet = WALLET): EpochLeaf => {
  const rest = { withheld: 0n, bonus: 0n, count: 1n, acceptancesRoot: ZERO_WORD, spent: 0n };
  return { node, wallet, earned, ...rest };
};
const fileOf = (...leaves: EpochLeaf[]) =>
  makeEpochFile({ epoch: 1, seconds: 60, domain: PLACEHOLDER_DOMAIN, previous: null, kept: [], leaves });
const HOME = { node: NODE, claimed: 0n, bound: ZERO_ADDRESS };

test('of the leaves that lead to a final root the one that pays most is taken, and its wallet', () => {
  const [before, last] = [fileOf(leafOf(NODE, 5n), leafOf(OTHER, 1n)), fileOf(leafOf(NODE, 9n), leafOf(OTHER, 2n))];
  const known = [before, last].flatMap((file) => findInFile(file, NODE) ?? []);
  const roots = { last: last.root, beforeLast: before.root };
  expect(findClaim(HOME, known, roots)).toMatchObject({ units: 9n, wallet: WALLET, leaf: { earned: 9n } });
  expect(findClaim({ ...HOME, claimed: 4n }, known, roots)).toMatchObject({ units: 5n });
  expect(findClaim({ ...HOME, bound: OTHER }, known, roots)).toMatchObject({ wallet: OTHER });
  // A root that is not final yet pays nothing, whatever the home has of it.
  expect(findClaim(HOME, known, { last: before.root, beforeLast: ZERO_WORD })).toMatchObject({ units: 5n });
});

test('and else it is said why there is nothing', () => {
  const file = fileOf(leafOf(NODE, 5n, ZERO_ADDRESS), leafOf(OTHER, 1n));
  const known = [findInFile(file, NODE)].flatMap((one) => one ?? []);
  const roots = { last: file.root, beforeLast: ZERO_WORD };
  expect(findClaim(HOME, known, { last: ZERO_WORD, beforeLast: ZERO_WORD })).toBe('no-root');
  expect(findClaim(HOME, [], roots)).toBe('no-proof');
  expect(findClaim(HOME, known, roots)).toBe('no-wallet');
  expect(findClaim({ ...HOME, claimed: 5n }, known, roots)).toBe('nothing');
  const forged = known.map((one) => ({ ...one, leaf: { ...one.leaf, earned: 50n, wallet: WALLET } }));
  expect(findClaim(HOME, forged, roots)).toBe('no-proof');
  expect(findInFile(fileOf(leafOf(OTHER, 1n)), NODE)).toBeNull();
});

test('amounts are told in whole tokens and coins, and never as nothing where there is some', () => {
  expect(tellTokens(52n)).toBe('0.000052');
  expect(tellTokens(12_345_678n)).toBe('12.345678');
  expect(tellTokens(-1n)).toBe('-0.000001');
  expect(tellTokenWei(2n * 10n ** 18n + 1n)).toBe('2.000000');
  expect(tellCoins(0n)).toBe('0');
  expect(tellCoins(1n)).toBe('0.000000000000000001');
  expect(tellCoins(72_151_234_567_890n)).toBe('0.00007216');
  expect(tellCoins(10n ** 18n)).toBe('1');
  expect(tellCoins(10n ** 18n + 1n)).toBe('1.0001');
});
