import { expect, test } from 'vitest';
import fc from 'fast-check';
import { findFallen, payableOf } from '../../schema/epoch-leaf.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import { ZERO_ADDRESS, ZERO_WORD } from '../../schema/typed-data.ts';
import { chooseEpoch, findGap, holdLeaf, judgeNode, keepLeaf, keepPayable, planTimes, toLeaf } from './decide-epoch.ts';

const DAY_MS = 86_400_000;
const frozen = { epoch: 9, count: 4, total: 100, acceptancesRoot: ZERO_WORD, spent: 30, withheld: 5 };
const address = `0x${'11'.repeat(20)}` as const;
const before: EpochLeaf = {
  node: address,
  wallet: ZERO_ADDRESS,
  earned: 60n,
  withheld: 0n,
  bonus: 2n,
  count: 3n,
  acceptancesRoot: ZERO_WORD,
  spent: 10n,
};

test('an epoch is closed a minute after its end, a short one after a tenth of its length', () => {
  expect(chooseEpoch(10 * DAY_MS + 59_999, 86_400, 8)).toBeNull();
  expect(chooseEpoch(10 * DAY_MS + 60_000, 86_400, 8)).toBe(9);
  expect(chooseEpoch(10 * 60_000 + 5_999, 60, 8)).toBeNull();
  expect(chooseEpoch(10 * 60_000 + 6_000, 60, 8)).toBe(9);
});

test('it is closed once; of several that are over the last is, and a clock that goes back closes none', () => {
  const now = 10 * DAY_MS + 60_000;
  expect([chooseEpoch(now, 86_400, 9), chooseEpoch(now, 86_400, 20), chooseEpoch(now, 86_400, null)]).toEqual([
    null,
    null,
    9,
  ]);
  expect(chooseEpoch(now + 5 * DAY_MS, 86_400, 9)).toBe(14);
  expect(chooseEpoch(1000, 86_400, null)).toBeNull();
});

test('what is on its way is waited for an hour at a day’s epochs, half of one that is short', () => {
  expect(planTimes(86_400)).toEqual({ closeAfterMs: 60_000, waitMs: 3_600_000, askEveryMs: 180_000 });
  expect(planTimes(60)).toEqual({ closeAfterMs: 6000, waitMs: 30_000, askEveryMs: 1500 });
  expect(planTimes(1)).toEqual({ closeAfterMs: 250, waitMs: 5000, askEveryMs: 250 });
});

const WAIT = { at: 100_000, waitMs: 40_000 };
const held = (book: number, total = 100, onWay = 0) => ({ total, book, onWay });

test.each<[string, Partial<Parameters<typeof judgeNode>[0]>, string | null, string]>([
  ['the same on both sides', {}, 'agreed', 'agreed'],
  ['a book that lacks something', { now: held(99) }, null, 'book-has-less'],
  ['a book that has what was accepted since', { now: held(145, 145) }, 'agreed', 'agreed'],
  ['one that lacks what moves', { now: held(140, 145), gap: { units: 5, since: 80_001 } }, null, 'agreed'],
  [
    'one that lacks the same since long',
    { now: held(140, 145), gap: { units: 5, since: 80_000 } },
    null,
    'book-has-less',
  ],
  ['a book that has more than was ever accepted', { now: held(146, 145) }, 'book-has-more', 'book-has-more'],
  ['an account that does not answer any more', { now: null }, null, 'account-away'],
  ['an account that could not be frozen', { frozen: null, now: null }, null, 'account-away'],
  [
    'an account that has less than the last file',
    { before: { ...before, earned: 101n } },
    'account-fell',
    'account-fell',
  ],
  ['one with fewer acceptances', { before: { ...before, count: 5n } }, 'account-fell', 'account-fell'],
])('%s', (_, facts, first, last) => {
  const whole = { frozen, now: held(100), gap: null, before, ...facts };
  expect([false, true].map((isLast) => judgeNode(whole, { ...WAIT, isLast }))).toEqual([first, last]);
});

test('a gap lasts while it is the same to the unit, and what waits in the account’s own outbox is none', () => {
  const gap = findGap(held(100, 107), null, 5);
  expect(gap).toEqual({ units: 7, since: 5 });
  expect(findGap(held(200, 207), gap, 9)).toEqual(gap);
  expect(findGap(held(200, 208), gap, 9)).toEqual({ units: 8, since: 9 });
  expect(findGap(held(200, 207, 7), gap, 9)).toBeNull();
  expect(findGap(held(201, 200), gap, 9)).toBeNull();
  expect(findGap(null, gap, 9)).toEqual(gap);
});

test('a leaf is what the account says, and never says less spent than the last one', () => {
  expect(toLeaf({ address, wallet: null }, frozen, null)).toEqual({
    node: address,
    wallet: ZERO_ADDRESS,
    earned: 100n,
    withheld: 5n,
    bonus: 0n,
    count: 4n,
    acceptancesRoot: ZERO_WORD,
    spent: 30n,
  });
  expect(toLeaf({ address, wallet: null }, frozen, { ...before, spent: 50n })).toMatchObject({ bonus: 2n, spent: 50n });
});

test('a leaf that is kept tells what was spent of it since, and no more than it has', () => {
  expect(keepLeaf(before, frozen)).toEqual({ ...before, spent: 30n });
  expect(keepLeaf(before, { ...frozen, spent: 90 })).toEqual({ ...before, spent: 60n });
  expect(keepLeaf(before, null)).toEqual(before);
});

test('where account and book differ the leaf has all that was accepted, and what is new is withheld', () => {
  const owner = { address, wallet: null };
  expect(holdLeaf(owner, frozen, null)).toMatchObject({ earned: 100n, count: 4n, withheld: 70n });
  const held = holdLeaf(owner, frozen, before);
  // 52 could be claimed, and 20 more were spent since.
  expect(held).toMatchObject({ earned: 100n, count: 4n, spent: 30n, withheld: 40n });
  expect(payableOf(held)).toBe(32n);
});

test('whatever account and book say, no leaf has less than what was accepted, nothing falls, and on a chain what can be claimed neither', () => {
  const units = fc.nat(1000);
  const facts = fc.record({ total: units, more: units, spent: units, moreSpent: units, withheld: units, bonus: units });
  fc.assert(
    fc.property(facts, units, fc.boolean(), ({ total, more, spent, moreSpent, withheld, bonus }, held, isAgreed) => {
      const last = { ...before, earned: BigInt(total), bonus: BigInt(bonus), withheld: BigInt(Math.min(total, held)) };
      const was = { ...last, spent: BigInt(Math.min(total, spent)) };
      const now = { ...frozen, total: total + more, spent: spent + moreSpent, withheld };
      const owner = { address, wallet: null };
      const made = isAgreed ? toLeaf(owner, now, was) : holdLeaf(owner, now, was);
      expect(isAgreed || payableOf(made) <= payableOf(was)).toBe(true);
      const leaf = keepPayable(made, was);
      expect(leaf).toMatchObject({ earned: BigInt(total + more), count: 4n });
      expect(findFallen(was, leaf)).toBeNull();
      expect(leaf.withheld >= 0n && payableOf(leaf) >= payableOf(was)).toBe(true);
    }),
  );
});
