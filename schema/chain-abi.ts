// What the payout contract is asked and told, in one place: its functions as Solidity writes them, their calldata and answers, and the root of an epoch as the
// root key signs it. Whoever changes the contract changes this file and no other. Pure.
import { keccak256 } from './chosen-curve.ts';
import { toHex } from './bytes.ts';
import type { Hex } from './bytes.ts';
import { endOfEpoch } from './epoch.ts';
import { hashDomain, hashStruct, hashType, hashTypedMessage, recoverSigner, signDigest } from './typed-data.ts';
import type { Domain, StructType } from './typed-data.ts';

/** What is signed of an epoch, once. */
export interface EpochRoot {
  readonly epoch: number;
  readonly root: Hex;
  /** SHA-256 of the published file of leaves. */
  readonly fileHash: Hex;
  /** Units that all leaves may have been paid since the first epoch. */
  readonly total: bigint;
  /** The chain takes it until then, s since 1970. It follows from the epoch: see `planDeadline`. */
  readonly deadline: number;
}

export const EPOCH_ROOT: StructType = {
  name: 'EpochRoot',
  fields: [
    ['epoch', 'uint64'],
    ['root', 'bytes32'],
    ['fileHash', 'bytes32'],
    ['total', 'uint256'],
    ['deadline', 'uint64'],
  ],
};

/** What the chain has of an epoch. */
export interface ChainRoot {
  readonly root: Hex;
  readonly isFinal: boolean;
  readonly isVoid: boolean;
}

const POST = 'post(uint64,bytes32,bytes32,uint256,uint64,bytes)';
const ROOT_OF = 'rootOf(uint64)';
const LATEST = 'latest()';

/** So many epochs long a signed root may be posted, a day at least. */
const EPOCHS_LONG = 30;
const DAY_SECONDS = 86_400;

/**
 * Of the epoch alone and of no clock: whoever signs the same file again, after a restart or on another machine, signs the same message to the byte. Two
 * messages of one epoch would be evidence against the root key.
 */
export function planDeadline(epoch: number, seconds: number): number {
  return endOfEpoch(epoch, seconds) / 1000 + Math.max(EPOCHS_LONG * seconds, DAY_SECONDS);
}

function digestOf(domain: Domain, root: EpochRoot): Uint8Array {
  return hashTypedMessage(hashDomain(domain), hashStruct(EPOCH_ROOT, hashType(EPOCH_ROOT), { ...root }));
}

export function signEpochRoot(domain: Domain, root: EpochRoot, rootKey: Uint8Array): Hex {
  return signDigest(digestOf(domain, root), rootKey);
}

/** Who signed a root; null for what is no signature. */
export function findRootSigner(domain: Domain, root: EpochRoot, signature: Hex): Hex | null {
  const signer = recoverSigner(digestOf(domain, root), signature);
  return signer.ok ? signer.value : null;
}

export function encodePost({ epoch, root, fileHash, total, deadline }: EpochRoot, signature: Hex): Hex {
  const text = signature.slice(2);
  const padded = text.padEnd(64 * Math.ceil(text.length / 64), '0');
  const head = [numberWord(epoch), root.slice(2), fileHash.slice(2), numberWord(total), numberWord(deadline)];
  // The signature stands behind the six words of the head, its length before it.
  return `${selectorOf(POST)}${head.join('')}${numberWord(6 * 32)}${numberWord(text.length / 2)}${padded}`;
}

export function encodeRootOf(epoch: number): Hex {
  return `${selectorOf(ROOT_OF)}${numberWord(epoch)}`;
}

export function encodeLatest(): Hex {
  return selectorOf(LATEST);
}

/** Null where the epoch has no root. Throws RangeError for what is no such answer. */
export function readRootOf(answer: Hex): ChainRoot | null {
  const [root = '', postedAt = '', isFinal = '', isVoid = ''] = readWords(answer, 4);
  if (BigInt(`0x${root}`) === 0n && BigInt(`0x${postedAt}`) === 0n) return null;
  return { root: `0x${root}`, isFinal: BigInt(`0x${isFinal}`) !== 0n, isVoid: BigInt(`0x${isVoid}`) !== 0n };
}

/** The last epoch that was posted, 0 before the first. Throws RangeError for what is no such answer. */
export function readLatest(answer: Hex): number {
  const [word = ''] = readWords(answer, 1);
  const latest = Number(BigInt(`0x${word}`));
  if (!Number.isSafeInteger(latest)) throw new RangeError('no epoch is as late as that');
  return latest;
}

function readWords(answer: Hex, count: number): string[] {
  const text = answer.slice(2).toLowerCase();
  if (text.length !== 64 * count || !/^[0-9a-f]*$/.test(text)) throw new RangeError(`not an answer of ${count} words`);
  return Array.from({ length: count }, (_, i) => text.slice(64 * i, 64 * (i + 1)));
}

function numberWord(value: number | bigint): string {
  const number = BigInt(value);
  if (number < 0n || number >> 256n > 0n) throw new RangeError('not a number of 256 bits');
  return number.toString(16).padStart(64, '0');
}

function selectorOf(signature: string): Hex {
  return toHex(keccak256(new TextEncoder().encode(signature)).subarray(0, 4));
}
