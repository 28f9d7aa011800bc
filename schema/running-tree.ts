// A Merkle tree that grows by one leaf at a time and is known by the roots of its whole subtrees alone, a Merkle mountain range: to add a leaf, or to tell
// the root, takes as many hashes as the count of leaves has bits. Every proof is one that `foldProof`, and OpenZeppelin's MerkleProof, follow. Pure.
import type { Hex } from './bytes.ts';
import { hashPair } from './merkle.ts';
import { ZERO_WORD } from './typed-data.ts';

export interface RunningTree {
  readonly leaves: number;
  /** Roots of its whole subtrees, the largest, which holds the first leaves, first: one for each bit of `leaves`. */
  readonly peaks: readonly Hex[];
}

export const EMPTY_TREE: RunningTree = { leaves: 0, peaks: [] };

export function addLeaf({ leaves, peaks }: RunningTree, leaf: Hex): RunningTree {
  const grown = [...peaks];
  let hash = leaf;
  for (let left = leaves; left % 2 === 1; left = (left - 1) / 2) hash = hashPair(grown.pop() ?? hash, hash);
  return { leaves: leaves + 1, peaks: [...grown, hash] };
}

/** The zero word for a tree without leaves. */
export function rootOf({ peaks }: RunningTree): Hex {
  return bag(peaks) ?? ZERO_WORD;
}

/** The hashes beside the way of a leaf to the root of all of them, in their order. Throws RangeError where there is no such leaf. */
export function proveLeaf(leaves: readonly Hex[], index: number): Hex[] {
  if (!(index >= 0 && index < leaves.length)) throw new RangeError('there is no such leaf');
  let from = 0;
  const peaks: Hex[] = [];
  let own: { readonly place: number; readonly proof: readonly Hex[] } | null = null;
  for (let size = 2 ** Math.floor(Math.log2(leaves.length)); size >= 1; size /= 2) {
    if (leaves.length - from < size) continue;
    const { root, proof } = climb(leaves.slice(from, from + size), index - from);
    if (index >= from && index < from + size) own = { place: peaks.length, proof };
    peaks.push(root);
    from += size;
  }
  if (!own) throw new RangeError('there is no such leaf');
  const behind = bag(peaks.slice(own.place + 1));
  return [...own.proof, ...(behind ? [behind] : []), ...peaks.slice(0, own.place).toReversed()];
}

/** The smallest first: each is hashed with what all behind it come to. */
function bag(peaks: readonly Hex[]): Hex | null {
  return peaks.reduceRight<Hex | null>((behind, peak) => (behind ? hashPair(peak, behind) : peak), null);
}

/** Of a whole subtree. `index` may be outside: then the proof says nothing. */
function climb(leaves: readonly Hex[], index: number): { readonly root: Hex; readonly proof: Hex[] } {
  const proof: Hex[] = [];
  let level = leaves;
  for (let at = index; level.length > 1; at = Math.floor(at / 2)) {
    const beside = level[at % 2 === 0 ? at + 1 : at - 1];
    if (beside) proof.push(beside);
    level = level.flatMap((hash, i) => (i % 2 === 0 ? [hashPair(hash, level[i + 1] ?? hash)] : []));
  }
  return { root: level[0] ?? ZERO_WORD, proof };
}
