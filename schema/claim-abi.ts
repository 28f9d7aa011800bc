// Calldata of a batch of claims, as Payouts takes it, and of the leaf and the proof in it, for whoever speaks to the chain by plain JSON-RPC. Pure.
import type { Hex } from './bytes.ts';
import { EPOCH_LEAF } from './epoch-leaf.ts';
import type { EpochLeaf } from './epoch-leaf.ts';
import { makeSelector, makeWord } from './abi-words.ts';

export interface LeafProof {
  readonly leaf: EpochLeaf;
  readonly proof: readonly Hex[];
}

const WORD_BYTES = 32;
/** A leaf, as signatures of functions write it. */
export const LEAF_TYPE = `(${EPOCH_LEAF.fields.map(([, type]) => type).join(',')})`;
const CLAIM_MANY = `claimMany(${LEAF_TYPE}[],bytes32[][])`;

export function encodeClaimMany(claims: readonly LeafProof[]): Hex {
  const leaves = claims.map(({ leaf }) => encodeLeaf(leaf)).join('');
  const proofs = claims.map(({ proof }) => encodeProof(proof));
  // Two offsets, a length and the leaves; a length, an offset for each proof, and the proofs, each with its length.
  const leavesAt = 2 * WORD_BYTES;
  const proofsAt = leavesAt + WORD_BYTES + leaves.length / 2;
  let at = claims.length * WORD_BYTES;
  const offsets = proofs.map((text) => {
    const offset = makeWord(at);
    at += text.length / 2;
    return offset;
  });
  const count = makeWord(claims.length);
  const head = makeWord(leavesAt) + makeWord(proofsAt);
  return `${makeSelector(CLAIM_MANY)}${head}${count}${leaves}${count}${offsets.join('')}${proofs.join('')}`;
}

/** Its words, without `0x`. */
export function encodeLeaf(leaf: EpochLeaf): string {
  return EPOCH_LEAF.fields.map(([name]) => makeWord(leaf[name as keyof EpochLeaf])).join('');
}

/** Its length and its words, without `0x`. */
export function encodeProof(proof: readonly Hex[]): string {
  return makeWord(proof.length) + proof.map(makeWord).join('');
}
