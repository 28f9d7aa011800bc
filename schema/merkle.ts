// Merkle trees of 32-byte leaves: a node is keccak-256 of its two children, the smaller first (OpenZeppelin's order, so that a contract can check a
// proof); an odd one goes up as it is. Pure.
import { toHex, writeHex } from './bytes.ts';
import type { Hex } from './bytes.ts';
import { keccak256 } from './chosen-curve.ts';

/** Leaves of one tree at most, so that no proof has more than MAX_PROOF hashes. */
export const MAX_LEAVES = 256;
export const MAX_PROOF = 8;

export interface MerkleTree {
  readonly root: Hex;
  /** The hashes beside each leaf's way to the root, in the leaves' order; empty for a leaf that is alone. */
  readonly proofs: readonly (readonly Hex[])[];
}

/** Throws RangeError for no leaf, or more than MAX_LEAVES. */
export function growTree(leaves: readonly Hex[]): MerkleTree {
  if (leaves.length === 0 || leaves.length > MAX_LEAVES) throw new RangeError(`a tree has 1 to ${MAX_LEAVES} leaves`);
  const proofs: Hex[][] = leaves.map(() => []);
  let level: { readonly hash: Hex; readonly leaves: readonly number[] }[] = leaves.map((hash, i) => ({
    hash,
    leaves: [i],
  }));
  while (level.length > 1) {
    const above: typeof level = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i], level[i + 1]];
      if (!left) continue;
      if (!right) {
        above.push(left);
        continue;
      }
      for (const leaf of left.leaves) proofs[leaf]?.push(right.hash);
      for (const leaf of right.leaves) proofs[leaf]?.push(left.hash);
      above.push({ hash: hashPair(left.hash, right.hash), leaves: [...left.leaves, ...right.leaves] });
    }
    level = above;
  }
  return { root: level[0]?.hash ?? '0x', proofs };
}

/** By both hashes, the smaller first: leaves of one tree share most of their ways to its root. */
export type KnownPairs = Map<string, Hex>;

/** Pairs that were hashed lately: as many as messages of a few dozen trees have, at about 300 bytes each. */
const MOST_PAIRS = 2048;
const recentPairs: KnownPairs = new Map();
/** Proofs that were folded last: what is packed or signed is mostly looked at once more at once. */
const MOST_FOLDS = 4;
const recentFolds: { readonly leaf: Hex; readonly proof: readonly Hex[]; readonly root: Hex }[] = [];

/** The root that a leaf and its proof lead to. `known`: a map of the caller's own for all messages of a seal, instead of what all share. */
export function foldProof(leaf: Hex, proof: readonly Hex[], known: KnownPairs = recentPairs): Hex {
  if (proof.length === 0) return leaf;
  const folded = recentFolds.find((one) => one.leaf === leaf && isSameProof(one.proof, proof));
  if (folded) return folded.root;
  if (recentPairs.size > MOST_PAIRS) recentPairs.clear();
  const root = proof.reduce((a, b) => {
    const name = a < b ? a + b : b + a;
    const hash = known.get(name) ?? hashPair(a, b);
    known.set(name, hash);
    return hash;
  }, leaf);
  if (recentFolds.length === MOST_FOLDS) recentFolds.shift();
  recentFolds.push({ leaf, proof: [...proof], root });
  return root;
}

function isSameProof(one: readonly Hex[], other: readonly Hex[]): boolean {
  return one.length === other.length && one.every((hash, i) => hash === other[i]);
}

/** Two hashes beside each other, written over the last two. */
const pair = new Uint8Array(64);

/** The parent of two hashes, whichever comes first. */
export function hashPair(a: Hex, b: Hex): Hex {
  const isSorted = a < b;
  writeHex(pair, 0, isSorted ? a : b);
  writeHex(pair, 32, isSorted ? b : a);
  return toHex(keccak256(pair));
}
