// Calldata of what is asked and sent about challenges, and what is read of the answers. Pure but for the curve's hash.
import { toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { keccak256 } from '../../schema/chosen-curve.ts';
import { EPOCH_LEAF } from '../../schema/epoch-leaf.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';

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

/** The pending root's epoch and how many challenges of it are open; null for no pending root. */
export interface PendingRoot {
  readonly epoch: number;
  readonly open: number;
}

/** Topics of `eth_getLogs`: the challenges of one epoch. */
export function topicsOf(epoch: number): (Hex | null)[] {
  return [toHex(hashText('Challenged(bytes32,uint32,address,address,uint64)')), null, `0x${numberWord(epoch)}`];
}

export function encodeState(): Hex {
  return selectorOf('state()');
}

/** Throws RangeError for what is no answer to it. */
export function readPending(answer: Hex): PendingRoot | null {
  const words = readWords(answer, 13);
  if (toNumber(words[0]) === 0n) return null;
  return { epoch: Number(toNumber(words[2])), open: Number(toNumber(words[3])) };
}

export function encodeChallengeOf(id: Hex): Hex {
  return `${selectorOf('challenges(bytes32)')}${id.slice(2)}`;
}

/** Null for one that was answered, or enforced. Throws RangeError for what is no answer to it. */
export function readChallenge(id: Hex, answer: Hex): OpenChallenge | null {
  const [challenger, epoch, count, node = '', deadline, total] = readWords(answer, 6);
  if (toNumber(challenger) === 0n) return null;
  return {
    id,
    epoch: Number(toNumber(epoch)),
    node: `0x${node.slice(24)}`,
    count: toNumber(count),
    total: toNumber(total),
    deadline: Number(toNumber(deadline)),
  };
}

/** `answer` with a leaf of the challenged root, and its way there. */
export function encodeAnswer(id: Hex, leaf: EpochLeaf, proof: readonly Hex[]): Hex {
  const fields = EPOCH_LEAF.fields.map(([name]) => numberWord(leaf[name as keyof EpochLeaf]));
  // The proof stands behind the head: the id, the leaf's fields, and where the proof begins.
  const head = [id.slice(2), ...fields, numberWord(32 * (fields.length + 2))];
  const tail = [numberWord(proof.length), ...proof.map((hash) => hash.slice(2))];
  return `${selectorOf(`answer(bytes32,${LEAF},bytes32[])`)}${[...head, ...tail].join('')}`;
}

function readWords(answer: Hex, count: number): string[] {
  const text = answer.slice(2).toLowerCase();
  if (text.length !== 64 * count || !/^[0-9a-f]*$/.test(text)) throw new RangeError(`not an answer of ${count} words`);
  return Array.from({ length: count }, (_, i) => text.slice(64 * i, 64 * (i + 1)));
}

function toNumber(word: string | undefined): bigint {
  return BigInt(`0x${word ?? '0'}`);
}

function numberWord(value: number | bigint | Hex): string {
  return BigInt(value).toString(16).padStart(64, '0');
}

function selectorOf(signature: string): Hex {
  return toHex(hashText(signature).subarray(0, 4));
}

function hashText(text: string): Uint8Array {
  return keccak256(new TextEncoder().encode(text));
}
