// The three signed messages of a job: ticket (router), receipt (node), acceptance (router). EIP-712, fixed field order.
// Fields are never removed, reordered or reinterpreted: vectors in receipt.vectors.json pin every hash.
import * as z from 'zod';
import { toHex } from './bytes.ts';
import type { Hex } from './bytes.ts';
import { RecentDigests } from './recent-digests.ts';
import type { Result } from './result.ts';
import { BoundedMap } from './bounded-map.ts';
import { growTree } from './merkle.ts';
import { isUnderSeal, SEAL, SEAL_KIND } from './seal.ts';
import type { Seal, Sealed } from './seal.ts';
import { hashDomain, hashStruct, hashType, hashTypedMessage, recoverSigner, signDigest, word } from './typed-data.ts';
import type { Domain, StructType, WordValue } from './typed-data.ts';

/** How a part ended, as the receipt's `finish`. */
export const FINISH = { stop: 0, length: 1, cancelled: 2, preempted: 3, error: 4 } as const;
export type Finish = keyof typeof FINISH;

/** How energy was known, as the receipt's `energyMethod`; unknown energy is never a zero that looks measured. */
export const ENERGY_METHOD = { unknown: 0, counter: 1, sampled: 2, estimated: 3, wall: 4 } as const;
export type EnergyMethod = keyof typeof ENERGY_METHOD;

/** What the router made of a receipt, as the acceptance's `status`. */
export const ACCEPTANCE_STATUS = { accepted: 0, lowered: 1, unpaid: 2 } as const;

const ticketShape = {
  jobId: word.bytes32,
  part: word.uint16,
  node: word.address,
  epoch: word.uint32,
  modelId: word.bytes32,
  requestHash: word.bytes32,
  salt: word.bytes32,
  chargePrompt: word.bool,
  allowance: word.bytes32,
  maxPromptTokens: word.uint32,
  maxOutputTokens: word.uint32,
  seed: word.uint64,
  priceIn: word.uint64,
  priceOut: word.uint64,
  auditCommit: word.bytes32,
  issuedAtMs: word.uint64,
  expiresAtMs: word.uint64,
} as const;

const receiptShape = {
  ticketHash: word.bytes32,
  node: word.address,
  seq: word.uint64,
  prevReceipt: word.bytes32,
  responseHash: word.bytes32,
  promptTokens: word.uint32,
  outputTokens: word.uint32,
  finish: word.uint8,
  ttftMs: word.uint32,
  durationMs: word.uint32,
  amount: word.uint128,
  energyMicroWh: word.uint64,
  energyLowMicroWh: word.uint64,
  energyHighMicroWh: word.uint64,
  energyMethod: word.uint8,
} as const;

const acceptanceShape = {
  receiptHash: word.bytes32,
  node: word.address,
  promptTokens: word.uint32,
  outputTokens: word.uint32,
  amount: word.uint128,
  status: word.uint8,
  epoch: word.uint32,
  count: word.uint64,
  cumulativeAmount: word.uint128,
} as const;

export const jobTicketSchema = z.strictObject(ticketShape);
export const usageReceiptSchema = z.strictObject(receiptShape);
export const acceptanceSchema = z.strictObject(acceptanceShape);

export type JobTicket = z.output<typeof jobTicketSchema>;
export type UsageReceipt = z.output<typeof usageReceiptSchema>;
export type Acceptance = z.output<typeof acceptanceSchema>;

/** The same messages as JSON: 64-bit numbers and wider as decimal texts. */
export type JobTicketJson = z.input<typeof jobTicketSchema>;
export type UsageReceiptJson = z.input<typeof usageReceiptSchema>;
export type AcceptanceJson = z.input<typeof acceptanceSchema>;

export const JOB_TICKET: StructType = {
  name: 'JobTicket',
  fields: [
    ['jobId', 'bytes32'],
    ['part', 'uint16'],
    ['node', 'address'],
    ['epoch', 'uint32'],
    ['modelId', 'bytes32'],
    ['requestHash', 'bytes32'],
    ['salt', 'bytes32'],
    ['chargePrompt', 'bool'],
    ['allowance', 'bytes32'],
    ['maxPromptTokens', 'uint32'],
    ['maxOutputTokens', 'uint32'],
    ['seed', 'uint64'],
    ['priceIn', 'uint64'],
    ['priceOut', 'uint64'],
    ['auditCommit', 'bytes32'],
    ['issuedAtMs', 'uint64'],
    ['expiresAtMs', 'uint64'],
  ],
};

export const USAGE_RECEIPT: StructType = {
  name: 'UsageReceipt',
  fields: [
    ['ticketHash', 'bytes32'],
    ['node', 'address'],
    ['seq', 'uint64'],
    ['prevReceipt', 'bytes32'],
    ['responseHash', 'bytes32'],
    ['promptTokens', 'uint32'],
    ['outputTokens', 'uint32'],
    ['finish', 'uint8'],
    ['ttftMs', 'uint32'],
    ['durationMs', 'uint32'],
    ['amount', 'uint128'],
    ['energyMicroWh', 'uint64'],
    ['energyLowMicroWh', 'uint64'],
    ['energyHighMicroWh', 'uint64'],
    ['energyMethod', 'uint8'],
  ],
};

export const ACCEPTANCE: StructType = {
  name: 'Acceptance',
  fields: [
    ['receiptHash', 'bytes32'],
    ['node', 'address'],
    ['promptTokens', 'uint32'],
    ['outputTokens', 'uint32'],
    ['amount', 'uint128'],
    ['status', 'uint8'],
    ['epoch', 'uint32'],
    ['count', 'uint64'],
    ['cumulativeAmount', 'uint128'],
  ],
};

/** A node's answer to a connection's challenge. `origin` is the router's that it dialled, so that no other router can hand the signature on. */
export const NODE_HELLO: StructType = {
  name: 'NodeHelloAt',
  fields: [
    ['nonce', 'bytes32'],
    ['node', 'address'],
    ['protocol', 'uint32'],
    ['origin', 'string'],
  ],
};
/** Proof at enrolment that the agent holds its session key; `code` is the keccak of the one-time code, `wallet` zero where none is named. */
export const NODE_ENROL: StructType = {
  name: 'NodeEnrolAt',
  fields: [
    ['code', 'bytes32'],
    ['node', 'address'],
    ['wallet', 'address'],
    ['origin', 'string'],
  ],
};
/** What agents of version 1 signed: known, so that they are told to update; it proves nothing any more. */
export const NODE_HELLO_1: StructType = {
  name: 'NodeHello',
  fields: [
    ['nonce', 'bytes32'],
    ['node', 'address'],
    ['protocol', 'uint32'],
  ],
};
export const NODE_ENROL_1: StructType = {
  name: 'NodeEnrol',
  fields: [
    ['code', 'bytes32'],
    ['node', 'address'],
  ],
};

const TYPE_HASHES = new Map(
  [JOB_TICKET, USAGE_RECEIPT, ACCEPTANCE, SEAL, NODE_HELLO, NODE_ENROL, NODE_HELLO_1, NODE_ENROL_1].map((struct) => [
    struct,
    hashType(struct),
  ]),
);

/** Hashes, signs and checks messages of one domain. Make one per process: the domain separator is computed once. */
export interface MessageSigner {
  readonly hash: (struct: StructType, message: object) => Hex;
  readonly sign: (struct: StructType, message: object, privateKey: Uint8Array) => Hex;
  /** The signer's address, or `bad-signature` for any non-canonical or foreign signature. */
  readonly recover: (struct: StructType, message: object, signature: Hex) => Result<Hex, 'bad-signature'>;
  /** True when `recover` gives the address. */
  readonly isSignedBy: (struct: StructType, message: object, signed: { signature: Hex; address: Hex }) => boolean;
  /** Signs one seal over the digests of messages (`hash`), 1 to MAX_LEAVES; gives each its proof, in their order. */
  readonly seal: (facts: Omit<Seal, 'count' | 'root'>, digests: readonly Hex[], privateKey: Uint8Array) => MadeSeal;
  /** True when the address has signed the seal; checked once, whatever comes under it. */
  readonly isSealSignedBy: (seal: Seal, signature: Hex, address: Hex) => boolean;
  /** True when the address has signed the message itself or, where one is given, the seal that it is under. A seal is checked once. */
  readonly isProvenBy: (
    struct: StructType,
    message: object,
    proof: MessageProof & { readonly address: Hex },
  ) => boolean;
}

export interface MadeSeal {
  readonly seal: Seal;
  readonly signature: Hex;
  readonly proofs: readonly (readonly Hex[])[];
}

/** What proves a message: a signature over it, or over the seal that it is under. */
export interface MessageProof {
  readonly signature: Hex;
  readonly sealed: Sealed | null;
}

/** The kind of seal that covers a message. */
const SEAL_KINDS = new Map<StructType, number>([
  [JOB_TICKET, SEAL_KIND.tickets],
  [USAGE_RECEIPT, SEAL_KIND.receipts],
  [ACCEPTANCE, SEAL_KIND.acceptances],
]);
/** Seals that are known to be signed: each comes with many messages. */
const SEALS_MAX = 256;

/** Messages must have passed their strict parser; a missing or oversized field throws RangeError. */
export function makeMessageSigner(domain: Domain): MessageSigner {
  const separator = hashDomain(domain);
  /** Who signed a seal, by its digest and signature. */
  const seals = new BoundedMap<string, Hex>(SEALS_MAX);
  const recent = new RecentDigests();
  const digestOf = (struct: StructType, message: object): Uint8Array => {
    const known = recent.get(struct, message);
    if (known) return known;
    const typeHash = TYPE_HASHES.get(struct) ?? hashType(struct);
    const structHash = hashStruct(struct, typeHash, message as Readonly<Record<string, WordValue>>);
    const digest = hashTypedMessage(separator, structHash);
    recent.set(struct, message, digest);
    return digest;
  };
  const recover: MessageSigner['recover'] = (struct, message, signature) =>
    recoverSigner(digestOf(struct, message), signature);
  const isSignedBy: MessageSigner['isSignedBy'] = (struct, message, { signature, address }) => {
    const signer = recover(struct, message, signature);
    return signer.ok && signer.value === address;
  };
  const isSealSignedBy: MessageSigner['isSealSignedBy'] = (seal, signature, address) => {
    const name = `${toHex(digestOf(SEAL, seal))}${signature}`;
    if (seals.get(name) === address) return true;
    if (!isSignedBy(SEAL, seal, { signature, address })) return false;
    seals.set(name, address);
    return true;
  };
  return {
    hash: (struct, message) => toHex(digestOf(struct, message)),
    sign: (struct, message, privateKey) => signDigest(digestOf(struct, message), privateKey),
    recover,
    isSignedBy,
    isSealSignedBy,
    seal: (facts, digests, privateKey) => {
      const { root, proofs } = growTree(digests);
      const seal = { ...facts, count: digests.length, root };
      return { seal, signature: signDigest(digestOf(SEAL, seal), privateKey), proofs };
    },
    isProvenBy: (struct, message, { signature, sealed, address }) => {
      if (!sealed) return isSignedBy(struct, message, { signature, address });
      const { seal } = sealed;
      if (seal.kind !== SEAL_KINDS.get(struct)) return false;
      // Tickets stand in their hub's chain; every other message in its node's.
      if (struct !== JOB_TICKET && seal.node !== (message as { node?: unknown }).node) return false;
      return isUnderSeal(toHex(digestOf(struct, message)), sealed) && isSealSignedBy(seal, signature, address);
    },
  };
}

/** What a receipt says only once it has its place in the chain. */
type UnplacedField = 'ticketHash' | 'node' | 'seq' | 'prevReceipt';

/** A message as JSON: bigints become decimal texts. The strict parsers read it back to the same value. */
export function toMessageJson(message: JobTicket): JobTicketJson;
export function toMessageJson(message: UsageReceipt): UsageReceiptJson;
export function toMessageJson(message: Acceptance): AcceptanceJson;
export function toMessageJson(message: Omit<UsageReceipt, UnplacedField>): Omit<UsageReceiptJson, UnplacedField>;
export function toMessageJson(message: object): object {
  const json: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(message))
    json[name] = typeof value === 'bigint' ? value.toString() : value;
  return json;
}

/** The message that `toMessageJson` made this of. Its form is not checked: for what this side has made or parsed before. */
export function fromMessageJson(struct: typeof JOB_TICKET, json: JobTicketJson): JobTicket;
export function fromMessageJson(struct: typeof USAGE_RECEIPT, json: UsageReceiptJson): UsageReceipt;
export function fromMessageJson({ fields }: StructType, json: object): object {
  const message: Record<string, unknown> = {};
  for (const [name, type] of fields) {
    const value: unknown = (json as Readonly<Record<string, unknown>>)[name];
    message[name] = typeof value === 'string' && WIDE.has(type) ? BigInt(value) : value;
  }
  return message;
}

const WIDE: ReadonlySet<string> = new Set(['uint64', 'uint128']);
