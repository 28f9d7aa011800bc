// One signature for many messages: a seal is signed over the Merkle root of their EIP-712 digests, and each message has its proof beside it, so that it
// still verifies alone and offline. A seal of one message has an empty proof, and its root is the message's own digest.
import * as z from 'zod';
import { BoundedMap } from './bounded-map.ts';
import { concatBytes, fromHex, toHex } from './bytes.ts';
import type { Hex } from './bytes.ts';
import { foldProof, MAX_LEAVES, MAX_PROOF } from './merkle.ts';
import type { KnownPairs } from './merkle.ts';
import { err, ok } from './result.ts';
import type { Result } from './result.ts';
import { hashText, word } from './typed-data.ts';
import type { StructType } from './typed-data.ts';

/** Whose messages it covers, as the seal's `kind`. */
export const SEAL_KIND = { tickets: 1, receipts: 2, acceptances: 3 } as const;

/**
 * What either end may do before the seal that proves it has been checked: so many jobs at once, each for so long since it came, and worth so much in
 * all, units; what was never proven counts on. Past these limits a home's data waits for the seal.
 */
export const UNSEALED = { jobs: 8, ageMs: 1000, units: 100_000 } as const;

const sealShape = {
  kind: word.uint8,
  /** Whose chain of seals it is: the node's, or for tickets the address that stands for their hub (`chainOfHub`). */
  node: word.address,
  /** From 1 in each chain, never given twice: two seals under one number are evidence against who signed them. Numbers may be left out. */
  number: word.uint64,
  /** The digest of the seal before it in its chain; the zero word for the first, and where that one is not known any more. */
  previous: word.bytes32,
  /** Messages under it. */
  count: word.uint32,
  root: word.bytes32,
  /** Units: of tickets and receipts what those under this seal come to at most; of acceptances the node's total until now. */
  total: word.uint128,
  atMs: word.uint64,
} as const;

export const sealSchema = z.strictObject(sealShape);
export type Seal = z.output<typeof sealSchema>;
export type SealJson = z.input<typeof sealSchema>;

export const SEAL: StructType = {
  name: 'Seal',
  fields: [
    ['kind', 'uint8'],
    ['node', 'address'],
    ['number', 'uint64'],
    ['previous', 'bytes32'],
    ['count', 'uint32'],
    ['root', 'bytes32'],
    ['total', 'uint128'],
    ['atMs', 'uint64'],
  ],
};

/** The address that stands for a hub's chain of ticket seals: hubs share the router's key, and each numbers for itself. */
export function chainOfHub(hub: string): Hex {
  const known = chains.get(hub);
  if (known) return known;
  const chain = toHex(hashText(`irori hub ${hub}`).subarray(12));
  chains.set(hub, chain);
  return chain;
}

/** Every ticket's seal names one. */
const chains = new BoundedMap<string, Hex>(256);

/** True when one signer cannot honestly have signed both: one number of one chain, and not the same seal. */
export function contradicts(one: Seal, other: Seal): boolean {
  const isSamePlace = one.kind === other.kind && one.node === other.node && one.number === other.number;
  return isSamePlace && Object.keys(sealShape).some((name) => one[name as keyof Seal] !== other[name as keyof Seal]);
}

/** A message's place under a seal; the signature beside it is then the seal's. */
export const sealedSchema = z.strictObject({ seal: sealSchema, proof: z.array(word.bytes32).max(MAX_PROOF) });
export type Sealed = z.output<typeof sealedSchema>;
export type SealedJson = z.input<typeof sealedSchema>;

/** Messages of one seal share what it says, also as JSON: whoever hands many of them on sends it once. */
const seals = new WeakMap<Seal, SealJson>();
const parsed = new WeakMap<SealJson, Seal>();

export function toSealedJson({ seal, proof }: Sealed): SealedJson {
  const json = seals.get(seal) ?? toSealJson(seal);
  seals.set(seal, json);
  return { seal: json, proof: [...proof] };
}

/** What `toSealedJson` made this of. Its form is not checked: for what this side has made or parsed before. */
export function fromSealedJson({ seal: json, proof }: SealedJson): Sealed {
  const { number, total, atMs } = json;
  const seal =
    parsed.get(json) ?? ({ ...json, number: BigInt(number), total: BigInt(total), atMs: BigInt(atMs) } as Seal);
  parsed.set(json, seal);
  return { seal, proof: proof as Hex[] };
}

function toSealJson({ kind, node, number, previous, count, root, total, atMs }: Seal): SealJson {
  // In the order of their fields, as they are packed.
  const wide = { number: String(number), total: String(total), atMs: String(atMs) };
  return { kind, node, number: wide.number, previous, count, root, total: wide.total, atMs: wide.atMs };
}

/** True when the message of this digest is under the seal; says nothing of the seal's signature. `known`: as of `foldProof`. */
export function isUnderSeal(digest: Hex, { seal, proof }: Sealed, known?: KnownPairs): boolean {
  if (seal.count < 1 || seal.count > MAX_LEAVES || (seal.count === 1) !== (proof.length === 0)) return false;
  return foldProof(digest, proof, known) === seal.root;
}

/** What one socket message says of a seal: the jobs of that socket whose messages are under it, each with its proof. */
export interface SealFrame {
  readonly seal: Seal;
  /** 65 bytes, over the seal. */
  readonly signature: Hex;
  readonly jobs: readonly { readonly job: number; readonly proof: readonly Hex[] }[];
}

const HASH_BYTES = 32;
const SIGNATURE_BYTES = 65;
/** Kind, node, number, previous, count, root, total, time. */
const SEAL_BYTES = 1 + 20 + 8 + HASH_BYTES + 4 + HASH_BYTES + 16 + 8;
const HEAD_BYTES = SEAL_BYTES + SIGNATURE_BYTES;
const JOB_BYTES = 5;

/**
 * The payload of a `tickets` or `receipts` frame: the seal's fields in their order, big-endian, its signature, and for each job its number (u32),
 * the hashes of its proof (u8) and those hashes.
 */
export function encodeSealFrame({ seal, signature, jobs }: SealFrame): Uint8Array {
  const parts = [
    Uint8Array.of(seal.kind),
    fromHex(seal.node),
    number(seal.number, 8),
    fromHex(seal.previous),
    number(BigInt(seal.count), 4),
    fromHex(seal.root),
    number(seal.total, 16),
    number(seal.atMs, 8),
    fromHex(signature),
  ];
  for (const { job, proof } of jobs)
    parts.push(number(BigInt(job), 4), Uint8Array.of(proof.length), ...proof.map(fromHex));
  return concatBytes(parts);
}

/** Errors: cut short, a proof longer than any, more jobs than a seal covers, or a seal of a form that nobody signs. */
export function readSealFrame(payload: Uint8Array): Result<SealFrame, string> {
  if (payload.length < HEAD_BYTES) return err('a seal is cut short');
  let at = 0;
  const take = (bytes: number): Hex => toHex(payload.subarray(at, (at += bytes)));
  const big = (bytes: number): bigint => BigInt(take(bytes));
  const seal: Seal = {
    kind: Number(big(1)),
    node: take(20),
    number: big(8),
    previous: take(HASH_BYTES),
    count: Number(big(4)),
    root: take(HASH_BYTES),
    total: big(16),
    atMs: big(8),
  };
  const signature = take(SIGNATURE_BYTES);
  const jobs: { job: number; proof: Hex[] }[] = [];
  while (at < payload.length) {
    if (jobs.length === MAX_LEAVES) return err(`a seal covers at most ${MAX_LEAVES} messages`);
    if (payload.length - at < JOB_BYTES) return err('a proof is cut short');
    const job = Number(big(4));
    const hashes = Number(big(1));
    if (hashes > MAX_PROOF) return err(`a proof has at most ${MAX_PROOF} hashes`);
    if (payload.length - at < hashes * HASH_BYTES) return err('a proof is cut short');
    jobs.push({ job, proof: Array.from({ length: hashes }, () => take(HASH_BYTES)) });
  }
  return ok({ seal, signature, jobs });
}

/** Receipts of jobs that ended on one socket, in the order of their numbers, which follow one another: the seal covers them and no others. */
export interface ReceiptsFrame {
  readonly seal: Seal;
  readonly signature: Hex;
  /** The number of the first, and the hash of the receipt before it. */
  readonly seq: bigint;
  readonly prevReceipt: Hex;
  readonly jobs: readonly number[];
}

/** The payload of a `receipts` frame: seq (u64), prevReceipt, then as `encodeSealFrame`, without proofs, since who has all leaves has the tree. */
export function encodeReceiptsFrame({ seq, prevReceipt, jobs, ...sealed }: ReceiptsFrame): Uint8Array {
  const frame = { ...sealed, jobs: jobs.map((job) => ({ job, proof: [] })) };
  return concatBytes([number(seq, 8), fromHex(prevReceipt), encodeSealFrame(frame)]);
}

/** Errors: those of `readSealFrame`, and a list of jobs that is not as long as the seal says. */
export function readReceiptsFrame(payload: Uint8Array): Result<ReceiptsFrame, string> {
  const read = readSealFrame(payload.subarray(8 + HASH_BYTES));
  if (!read.ok) return read;
  const { seal, signature, jobs } = read.value;
  if (jobs.length !== seal.count) return err('a seal of receipts lists the jobs that it covers');
  const seq = BigInt(toHex(payload.subarray(0, 8)));
  return ok({
    seal,
    signature,
    seq,
    prevReceipt: toHex(payload.subarray(8, 8 + HASH_BYTES)),
    jobs: jobs.map(({ job }) => job),
  });
}

function number(value: bigint, bytes: number): Uint8Array {
  return fromHex(`0x${value.toString(16).padStart(2 * bytes, '0')}`);
}
