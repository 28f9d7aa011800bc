// The Merkle tree of an epoch's leaves, as OpenZeppelin's StandardMerkleTree grows it: leaves in the order of their hashes, a pair the smaller first. So
// its root can be recomputed with that library, and a contract follows its proofs. Pure.
import type { Hex } from './bytes.ts';
import { hashPair } from './merkle.ts';
import { ZERO_WORD } from './typed-data.ts';

export interface EpochTree {
  /** The zero word for no leaves. */
  readonly root: Hex;
  /** The hashes beside a leaf's way to the root; null for a hash that is no leaf. */
  readonly prove: (leaf: Hex) => Hex[] | null;
}

/** `leaves`: hashes of `hashEpochLeaf`, in any order. */
export function growEpochTree(leaves: readonly Hex[]): EpochTree {
  // Lower-case texts of one length stand in the order of their numbers. The first is the last of the array, a node's children are at 2i + 1 and 2i + 2.
  const sorted = leaves.toSorted((a, b) => (a < b ? -1 : 1));
  const top = Math.max(0, sorted.length - 1);
  const nodes: Hex[] = [...Array.from({ length: top }, () => ZERO_WORD), ...sorted.toReversed()];
  for (let i = top - 1; i >= 0; i--) nodes[i] = hashPair(nodes[2 * i + 1] ?? ZERO_WORD, nodes[2 * i + 2] ?? ZERO_WORD);
  return {
    root: nodes[0] ?? ZERO_WORD,
    prove: (leaf) => {
      const proof: Hex[] = [];
      let at = nodes.indexOf(leaf, top);
      if (at < 0) return null;
      for (; at > 0; at = (at - 1) >> 1) proof.push(nodes[at % 2 === 1 ? at + 1 : at - 1] ?? ZERO_WORD);
      return proof;
    },
  };
}
