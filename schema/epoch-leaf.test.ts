import { describe, expect, test } from 'vitest';
import { encodeAbiParameters, keccak256 } from 'viem';
import { EPOCH_LEAF, epochLeafSchema, findFallen, hashEpochLeaf, payableOf, toLeafJson } from './epoch-leaf.ts';
import { growEpochTree } from './epoch-tree.ts';
import type { Hex } from './bytes.ts';
import { foldProof } from './merkle.ts';
import vectors from './epoch-leaf.vectors.json' with { type: 'json' };

const LEAVES = vectors.leaves.map(({ name, leaf, hash }) => ({
  name,
  json: leaf,
  leaf: epochLeafSchema.parse(leaf),
  hash,
}));
const [ordinary] = LEAVES;

test('there are at least twenty vectors, and no two have one hash', () => {
  expect(LEAVES.length).toBeGreaterThanOrEqual(20);
  expect(new Set(LEAVES.map(({ hash }) => hash)).size).toBe(LEAVES.length);
  expect(vectors.fields).toEqual(EPOCH_LEAF.fields);
});

describe.each(LEAVES)('the leaf "$name"', ({ leaf, json, hash }) => {
  test('has the hash that was published', () => {
    expect(hashEpochLeaf(leaf)).toBe(hash);
    expect(toLeafJson(leaf)).toEqual(json);
  });

  test('and the same by viem, as a contract computes it', () => {
    const types = EPOCH_LEAF.fields.map(([name, type]) => ({ name, type }));
    const values = EPOCH_LEAF.fields.map(([name]) => leaf[name as keyof typeof leaf]);
    expect(keccak256(keccak256(encodeAbiParameters(types, values as never)))).toBe(hash);
  });
});

test.each(vectors.trees)(
  'of $leaves.length leaves, in any order, the tree has the root and proofs that were published',
  (tree) => {
    const hashes = tree.leaves.map((leaf) => hashEpochLeaf(epochLeafSchema.parse(leaf)));
    const grown = growEpochTree(hashes.toReversed());
    expect(grown.root).toBe(tree.root);
    expect(hashes.map((hash) => grown.prove(hash))).toEqual(tree.proofs);
    for (const hash of hashes) expect(foldProof(hash, grown.prove(hash) ?? [])).toBe(tree.root);
    expect(grown.prove(`0x${'12'.repeat(32)}` as Hex)).toBeNull();
  },
);

test.each([
  ['a number', { earned: 5 }],
  ['a padded number', { earned: '05' }],
  ['129 bits', { spent: String(2n ** 128n) }],
  ['65 bits in a count', { count: String(2n ** 64n) }],
  ['an address with capitals', { wallet: `0x${'AB'.repeat(20)}` }],
  ['a field more', { more: '1' }],
])('a leaf with %s is none', (_, change) => {
  expect(epochLeafSchema.safeParse({ ...ordinary?.json, ...change }).success).toBe(false);
});

test('what may be claimed is what was earned and added, less what is held back and spent, and never below nothing', () => {
  const leaf = epochLeafSchema.parse({ ...ordinary?.json, earned: '100', bonus: '7', withheld: '10', spent: '40' });
  expect(payableOf(leaf)).toBe(57n);
  expect(payableOf({ ...leaf, withheld: 100n })).toBe(0n);
});

test('a leaf follows another where nothing that only grows has fallen; what is held back may', () => {
  const leaf = epochLeafSchema.parse({ ...ordinary?.json, bonus: '1' });
  expect(findFallen(leaf, { ...leaf, withheld: 0n, earned: leaf.earned + 1n })).toBeNull();
  for (const name of ['earned', 'bonus', 'count', 'spent'] as const)
    expect(findFallen(leaf, { ...leaf, [name]: leaf[name] - 1n })).toBe(name);
});
