import { expect, test } from 'vitest';
import { toHex } from './bytes.ts';
import type { Hex } from './bytes.ts';
import { foldProof, hashPair } from './merkle.ts';
import { addLeaf, EMPTY_TREE, proveLeaf, rootOf } from './running-tree.ts';
import { hashText, ZERO_WORD } from './typed-data.ts';

const LEAVES = Array.from({ length: 34 }, (_, i) => toHex(hashText(`leaf ${i}`)));
const [a, b, c, d, e] = LEAVES as [Hex, Hex, Hex, Hex, Hex];

test('a tree without leaves has the zero word for a root, one of one leaf that leaf', () => {
  expect(rootOf(EMPTY_TREE)).toBe(ZERO_WORD);
  expect(rootOf(addLeaf(EMPTY_TREE, a))).toBe(a);
});

test('five leaves are a whole tree of four beside the fifth', () => {
  const root = hashPair(hashPair(hashPair(a, b), hashPair(c, d)), e);
  expect(rootOf([a, b, c, d, e].reduce(addLeaf, EMPTY_TREE))).toBe(root);
});

test('it keeps one root for each bit of its count, and every leaf is proven at every size', () => {
  let tree = EMPTY_TREE;
  for (const [i, leaf] of LEAVES.entries()) {
    tree = addLeaf(tree, leaf);
    expect(tree.peaks.length).toBe((i + 1).toString(2).split('1').length - 1);
    const all = LEAVES.slice(0, i + 1);
    for (const [place, one] of all.entries()) expect(foldProof(one, proveLeaf(all, place))).toBe(rootOf(tree));
  }
});

test('there is no proof of a leaf that is not there', () => {
  for (const index of [-1, 3, Number.NaN]) expect(() => proveLeaf([a, b, c], index)).toThrow(RangeError);
});
