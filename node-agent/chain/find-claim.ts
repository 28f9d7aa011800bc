// Which leaf of a home the chain pays now, out of all that is known of it: one whose proof leads to a root that is final. Pure.
import type { Hex } from '../../schema/bytes.ts';
import { hashEpochLeaf, payableOf } from '../../schema/epoch-leaf.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import type { EpochFile } from '../../schema/epoch-file.ts';
import { growEpochTree } from '../../schema/epoch-tree.ts';
import { foldProof } from '../../schema/merkle.ts';
import { ZERO_ADDRESS, ZERO_WORD } from '../../schema/typed-data.ts';

export interface ProvenLeaf {
  readonly leaf: EpochLeaf;
  readonly proof: readonly Hex[];
}

/** As Payouts has them; zero words before there are any. */
export interface FinalRoots {
  readonly last: Hex;
  readonly beforeLast: Hex;
}

export interface Claim extends ProvenLeaf {
  /** What is paid by it, units. */
  readonly units: bigint;
  /** Where it is paid. */
  readonly wallet: Hex;
}

export type NoClaim =
  /** No root is final yet. */
  | 'no-root'
  /** None of the leaves that are known leads to a final root. */
  | 'no-proof'
  | 'no-wallet'
  | 'nothing';

/** What the chain has of a home. */
export interface PaidHome {
  readonly node: Hex;
  /** Units that were paid of it. */
  readonly claimed: bigint;
  /** The wallet that was bound on the chain; the zero address for none. */
  readonly bound: Hex;
}

/** The one that pays most; leaves that lead to no final root are left out, whoever says that they do. */
export function findClaim(
  { node, claimed, bound }: PaidHome,
  leaves: readonly ProvenLeaf[],
  roots: FinalRoots,
): Claim | NoClaim {
  const final = [roots.last, roots.beforeLast].filter((root) => root !== ZERO_WORD);
  if (final.length === 0) return 'no-root';
  const proven = leaves
    .filter(({ leaf, proof }) => leaf.node === node && final.includes(foldProof(hashEpochLeaf(leaf), proof)))
    .toSorted((a, b) => (payableOf(a.leaf) > payableOf(b.leaf) ? -1 : 1));
  const [best] = proven;
  if (!best) return 'no-proof';
  const units = payableOf(best.leaf) - claimed;
  if (units <= 0n) return 'nothing';
  const wallet = bound === ZERO_ADDRESS ? best.leaf.wallet : bound;
  return wallet === ZERO_ADDRESS ? 'no-wallet' : { ...best, units, wallet };
}

/** A home's leaf in a whole file, with its proof made anew; null where it has none. */
export function findInFile(file: EpochFile, node: Hex): ProvenLeaf | null {
  const leaf = file.leaves.find((one) => one.node === node);
  if (!leaf) return null;
  const proof = growEpochTree(file.leaves.map(hashEpochLeaf)).prove(hashEpochLeaf(leaf));
  return proof && { leaf, proof };
}
