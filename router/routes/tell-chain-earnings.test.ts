import { expect, test } from 'vitest';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import { ZERO_ADDRESS, ZERO_WORD } from '../../schema/typed-data.ts';
import { listMovements, tellClaim, tellClaims } from './tell-chain-earnings.ts';
import type { ClaimFacts } from './tell-chain-earnings.ts';

const WALLET = `0x${'22'.repeat(20)}` as const;
const SPONSOR = `0x${'55'.repeat(20)}` as const;
const leaf: EpochLeaf = {
  node: `0x${'11'.repeat(20)}`,
  wallet: WALLET,
  earned: 3_000_000n,
  withheld: 0n,
  bonus: 0n,
  count: 1n,
  acceptancesRoot: ZERO_WORD,
  spent: 0n,
};
const facts: ClaimFacts = {
  leaf,
  claimed: 0,
  payable: 3_000_000,
  gasPrice: 1_000_000_007n,
  finalEpoch: 9,
  isSponsored: false,
  isReachable: true,
};
const claim = {
  id: '31337:a:b:1',
  units: 1_234_567,
  wallet: WALLET,
  tx: `0x${'ab'.repeat(32)}`,
  at: Date.UTC(2026, 10, 29, 23, 59),
  sender: SPONSOR,
  gasWei: '7',
  isCredited: false,
} as const;

test('what can be claimed is the final leaf’s less what was claimed, with its gas now: of the first, and of a later one', () => {
  expect(tellClaims(facts)).toEqual({
    claimable_micro: 3_000_000,
    gas: { units: 105_000, wei: '105000000735000', paid_by: 'who sends the claim' },
    wait_until: null,
    wait_for: null,
  });
  const later = tellClaims({ ...facts, claimed: 1_000_000, isSponsored: true, gasPrice: null });
  expect(later).toMatchObject({ claimable_micro: 2_000_000, gas: { units: 75_000, wei: null } });
  expect(later.gas.paid_by).toContain('the router');
});

test.each([
  ['until the chain is there', { isReachable: false }, 'reaches the chain', 'chain'],
  ['until a root is final', { leaf: null, finalEpoch: null }, 'none is yet', 'root'],
  ['until a later root is final', { leaf: null }, 'epoch 9', 'next-root'],
  ['until it has a wallet', { leaf: { ...leaf, wallet: ZERO_ADDRESS } }, 'names a wallet', 'wallet'],
  ['until it is worth its gas', { claimed: 2_500_000 }, '1 token', 'token'],
])('waiting is told, in words and as a code: %s', (_, more, words, code) => {
  const told = tellClaims({ ...facts, ...more });
  expect(told.wait_until).toContain(words);
  expect(told.wait_for).toBe(code);
});

test('nothing is waited for where nothing is owed, and little where the router pays', () => {
  expect(tellClaims({ ...facts, claimed: 3_000_000, payable: 0 }).wait_until).toBeNull();
  expect(tellClaims({ ...facts, claimed: 2_999_999, isSponsored: true }).wait_until).toBeNull();
});

test('a claim is told in tokens of six decimals, with who paid its gas', () => {
  expect(tellClaim(claim, SPONSOR)).toMatchObject({ tokens: '1.234567', gas_paid_by: 'the router', became: 'tokens' });
  expect(tellClaim({ ...claim, units: 5, sender: WALLET, isCredited: true }, null)).toMatchObject({
    tokens: '0.000005',
    gas_paid_by: 'the wallet',
    became: 'API credit',
  });
  expect(tellClaim(claim, null).gas_paid_by).toBe('another');
});

test('all that moved stands in the order of time, by UTC days, and the days of several models are one', () => {
  const day = Math.floor(claim.at / 86_400_000);
  const none = { promptTokens: 0, outputTokens: 0, energyMicroWh: 0, energyParts: 0, jobs: 1, nodeId: 'node_a' };
  const days = [
    { ...none, day, model: 'one', earned: 3 },
    { ...none, day, model: 'two', earned: 4 },
  ];
  const orders = [{ number: 1, amount: 2, at: claim.at - 1000 }];
  const rows = listMovements('node_a', { days, orders, claims: [claim] }, SPONSOR);
  expect(rows.map(({ date, kind, units, tokens }) => [date, kind, units, tokens])).toEqual([
    ['2026-11-29', 'earned', 7, null],
    ['2026-11-29', 'credited', 2, null],
    ['2026-11-29', 'claimed', 1_234_567, '1.234567'],
  ]);
});
