// Calldata of what is asked and sent about challenges, and what is read of the answers. Pure but for the curve's hash.
import type { Hex } from '../../schema/bytes.ts';
import { EPOCH_LEAF } from '../../schema/epoch-leaf.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import { AbiWords, makeCall, makeSelector, makeTopic, makeWord } from '../../schema/read-abi.ts';

const LEAF = `(${EPOCH_LEAF.fields.map(([, type]) => type).join(',')})`;

/** What a challenge says that a root leaves out. */
export interface OpenChallenge {
  readonly id: Hex;
  readonly epoch: number;
  readonly node: Hex;
  readonly count: bigint;
  /** Units. */
  readonly total: bigint;
  /** s since 1970. */
  readonly deadline: number;
}

/** Topics of `eth_getLogs`: the challenges of one epoch. */
export function topicsOf(epoch: number): (Hex | null)[] {
  return [makeTopic('Challenged(bytes32,uint32,address,address,uint64)'), null, `0x${makeWord(epoch)}`];
}

export function encodeChallengeOf(id: Hex): Hex {
  return makeCall('challenges(bytes32)', id);
}

/** Null for one that was answered, or enforced. Throws RangeError for what is no answer to it. */
export function readChallenge(id: Hex, answer: Hex): OpenChallenge | null {
  const words = new AbiWords(answer);
  if (words.big(0) === 0n) return null;
  return {
    id,
    epoch: words.number(1),
    node: words.address(3),
    count: words.big(2),
    total: words.big(5),
    deadline: words.number(4),
  };
}

/** `answer` with a leaf of the challenged root, and its way there. */
export function encodeAnswer(id: Hex, leaf: EpochLeaf, proof: readonly Hex[]): Hex {
  const fields = EPOCH_LEAF.fields.map(([name]) => makeWord(leaf[name as keyof EpochLeaf]));
  // The proof stands behind the head: the id, the leaf's fields, and where the proof begins.
  const head = [id.slice(2), ...fields, makeWord(32 * (fields.length + 2))];
  const tail = [makeWord(proof.length), ...proof.map((hash) => hash.slice(2))];
  return `${makeSelector(`answer(bytes32,${LEAF},bytes32[])`)}${[...head, ...tail].join('')}`;
}
