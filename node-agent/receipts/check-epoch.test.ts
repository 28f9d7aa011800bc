import { expect, test } from 'vitest';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import { hashEpochLeaf, toLeafJson } from '../../schema/epoch-leaf.ts';
import { growEpochTree } from '../../schema/epoch-tree.ts';
import { ZERO_ADDRESS, ZERO_WORD } from '../../schema/typed-data.ts';
import { checkEpoch, toldEpochSchema } from './check-epoch.ts';
import type { ToldEpoch } from './check-epoch.ts';

const node = `0x${'11'.repeat(20)}` as const;
const leaf: EpochLeaf = {
  node,
  wallet: ZERO_ADDRESS,
  earned: 100n,
  withheld: 0n,
  bonus: 0n,
  count: 4n,
  acceptancesRoot: ZERO_WORD,
  spent: 10n,
};
const accepted = { promptTokens: 1, outputTokens: 1, amount: '5', status: 0, epoch: 9, count: 4, total: '100' };

function tell(change: Partial<EpochLeaf> = {}, told: Partial<ToldEpoch> = {}): ToldEpoch {
  const own = { ...leaf, ...change };
  const hash = hashEpochLeaf(own);
  const tree = growEpochTree([hash, hashEpochLeaf({ ...leaf, node: ZERO_ADDRESS })]);
  const proof = tree.prove(hash) ?? [];
  return {
    epoch: 9,
    epoch_seconds: 60,
    root: tree.root,
    sha256: 'a'.repeat(64),
    leaf: own,
    proof,
    kept: null,
    ...told,
  };
}

test('a leaf that is under the root, and what this home was told, differs in nothing', () => {
  expect(checkEpoch(tell(), { node, before: null, accepted })).toEqual([]);
  expect(checkEpoch(tell({ count: 5n, earned: 120n }), { node, before: leaf, accepted })).toEqual([]);
  expect(checkEpoch(tell(), { node, before: null, accepted: null })).toEqual([]);
});

test.each<[string, ToldEpoch, Parameters<typeof checkEpoch>[1], RegExp]>([
  ['of another home', tell({ node: ZERO_ADDRESS }), { node, before: null, accepted: null }, /another home/],
  [
    'that is not under the root',
    tell({}, { root: ZERO_WORD }),
    { node, before: null, accepted },
    /not under the published root/,
  ],
  [
    'with fewer receipts than were signed for',
    tell({ count: 3n, earned: 90n }),
    { node, before: null, accepted },
    /3 receipts and 90 units/,
  ],
  [
    'with one receipt where more were signed for',
    tell({ count: 1n, earned: 90n }),
    { node, before: null, accepted },
    /has 1 receipt and 90 units/,
  ],
  [
    'with another sum for as many',
    tell({ earned: 101n }),
    { node, before: null, accepted },
    /101 units for 4 receipts/,
  ],
  ['that fell', tell({ spent: 9n }), { node, before: leaf, accepted }, /spent fell from 10 to 9/],
  ['that is gone', tell({}, { leaf: null }), { node, before: leaf, accepted: null }, /had one before/],
  [
    'that never came',
    tell({}, { leaf: null }),
    { node, before: null, accepted },
    /no leaf in it, and the router has signed for 4/,
  ],
  [
    'that holds something back, with the reason',
    tell({}, { kept: { reason: 'book-has-less', account_micro: 100, book_micro: 95 } }),
    { node, before: null, accepted },
    /^not all of it can be claimed \(book-has-less\): the home's account has 100 units, the book 95$/,
  ],
  [
    'that is an earlier one, with the reason',
    tell({ count: 3n, earned: 90n }, { kept: { reason: 'account-away', account_micro: null, book_micro: null } }),
    { node, before: null, accepted },
    /^not all of it can be claimed \(account-away\): the home's account has \? units, the book \?$/,
  ],
])('a leaf %s is told', (_, told, known, difference) => {
  const [first, ...rest] = checkEpoch(told, known);
  expect(first).toMatch(difference);
  expect(rest).toEqual([]);
});

test('what a router answers is read strictly', () => {
  const json = { ...tell(), leaf: toLeafJson(leaf) };
  expect(toldEpochSchema.safeParse(json).success).toBe(true);
  for (const change of [
    { root: '0x1' },
    { proof: Array.from({ length: 31 }, () => ZERO_WORD) },
    { leaf: { ...json.leaf, earned: 1 } },
    { sha256: 'x' },
  ])
    expect(toldEpochSchema.safeParse({ ...json, ...change }).success).toBe(false);
});
