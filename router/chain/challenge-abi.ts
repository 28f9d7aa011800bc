// What is asked of Payouts and told to it about challenges, and what is read of its answers. Pure.
import { AbiWords, makeCall, makeSelector, makeTopic, makeWord } from '../../schema/abi-words.ts';
import type { Hex } from '../../schema/bytes.ts';
import { encodeLeaf, encodeProof, LEAF_TYPE } from '../../schema/claim-abi.ts';
import type { LeafProof } from '../../schema/claim-abi.ts';
import { ZERO_ADDRESS } from '../../schema/typed-data.ts';

/** What a challenge says that a root leaves out. */
export interface OpenChallenge {
  readonly id: Hex;
  readonly epoch: number;
  readonly node: Hex;
  readonly count: bigint;
  /** Units. */
  readonly total: bigint;
}

const CHALLENGED = makeTopic('Challenged(bytes32,uint32,address,address,uint64)');
const ANSWER = `answer(bytes32,${LEAF_TYPE},bytes32[])`;
const WORD_BYTES = 32;

/** Topics of `eth_getLogs`: the challenges of one epoch. */
export function topicsOf(epoch: number): (Hex | null)[] {
  return [CHALLENGED, null, `0x${makeWord(epoch)}`];
}

export function encodeChallengeOf(id: Hex): Hex {
  return makeCall('challenges(bytes32)', id);
}

/** Null for one that was answered, or enforced. Throws RangeError for what is no answer to it. */
export function readChallenge(id: Hex, answer: Hex): OpenChallenge | null {
  const words = new AbiWords(answer, 6);
  if (words.address(0) === ZERO_ADDRESS) return null;
  return { id, epoch: words.number(1), count: words.big(2), node: words.address(3), total: words.big(5) };
}

/** With a leaf of the challenged root, and its way there. */
export function encodeAnswer(id: Hex, { leaf, proof }: LeafProof): Hex {
  const fields = encodeLeaf(leaf);
  // The proof stands behind the head: the id, the leaf's fields, and where the proof begins.
  const proofAt = 2 * WORD_BYTES + fields.length / 2;
  return `${makeSelector(ANSWER)}${makeWord(id)}${fields}${makeWord(proofAt)}${encodeProof(proof)}`;
}
