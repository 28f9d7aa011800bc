// What Payouts is asked and told of claims, by plain JSON-RPC: calldata of a batch of claims, and the answers to the few questions before it. Pure.
import type { Hex } from './bytes.ts';
import { EPOCH_LEAF } from './epoch-leaf.ts';
import type { EpochLeaf } from './epoch-leaf.ts';
import { makeCall } from './read-abi.ts';

export interface LeafProof {
  readonly leaf: EpochLeaf;
  readonly proof: readonly Hex[];
}

const WORD = 32;
const TUPLE = `(${EPOCH_LEAF.fields.map(([, type]) => type).join(',')})`;
const CLAIM_MANY = `claimMany(${TUPLE}[],bytes32[][])`;

/** Calldata of `claimMany`. */
export function encodeClaimMany(claims: readonly LeafProof[]): Hex {
  const leaves = claims.map(({ leaf }) => encodeLeaf(leaf)).join('');
  const proofs = claims.map(({ proof }) => encodeNumber(proof.length) + proof.map((hash) => hash.slice(2)).join(''));
  const leavesAt = 2 * WORD;
  const proofsAt = leavesAt + WORD + leaves.length / 2;
  let at = claims.length * WORD;
  const offsets = proofs.map((text) => {
    const offset = encodeNumber(at);
    at += text.length / 2;
    return offset;
  });
  const count = encodeNumber(claims.length);
  const head = encodeNumber(leavesAt) + encodeNumber(proofsAt);
  return `${makeCall(CLAIM_MANY)}${head}${count}${leaves}${count}${offsets.join('')}${proofs.join('')}`;
}

function encodeLeaf(leaf: EpochLeaf): string {
  return EPOCH_LEAF.fields
    .map(([name]) => {
      const value = leaf[name as keyof EpochLeaf];
      return typeof value === 'bigint' ? encodeNumber(value) : value.slice(2).toLowerCase().padStart(64, '0');
    })
    .join('');
}

/** A question about one address, as Solidity writes its function. */
export function encodeAddressCall(signature: string, address: Hex): Hex {
  return `${makeCall(signature)}${address.slice(2).toLowerCase().padStart(64, '0')}`;
}

/** Throws RangeError for what is no one word. */
export function readNumberWord(answer: Hex): bigint {
  const [word = ''] = readWords(answer, 1);
  return BigInt(`0x${word}`);
}

export interface FinalRoot {
  readonly root: Hex;
  readonly epoch: number;
}

/** Words of what `state()` answers, and where the last final root is among them. */
const STATE_WORDS = 13;
const [ROOT_AT, EPOCH_AT] = [6, 8];

/** The last final root of `state()`; a zero word before the first. Throws RangeError for what is no such answer. */
export function readLastFinal(answer: Hex): FinalRoot {
  const words = readWords(answer, STATE_WORDS);
  return { root: `0x${words[ROOT_AT] ?? ''}`, epoch: Number(BigInt(`0x${words[EPOCH_AT] ?? '0'}`)) };
}

function readWords(answer: Hex, count: number): string[] {
  const text = answer.slice(2).toLowerCase();
  if (text.length !== 2 * WORD * count || !/^[0-9a-f]*$/.test(text))
    throw new RangeError(`not an answer of ${count} words`);
  return Array.from({ length: count }, (_, i) => text.slice(2 * WORD * i, 2 * WORD * (i + 1)));
}

function encodeNumber(value: number | bigint): string {
  return value.toString(16).padStart(2 * WORD, '0');
}
