// What stands in the receipts' log, a record a line. Types and their parsers only.
import * as z from 'zod';
import { evidenceSchema } from '../../schema/evidence.ts';
import type { Evidence } from '../../schema/evidence.ts';
import { acceptanceSchema, jobTicketSchema, usageReceiptSchema } from '../../schema/receipt.ts';
import { sealedSchema, sealSchema } from '../../schema/seal.ts';
import { word } from '../../schema/typed-data.ts';

const domainSchema = z.object({ chainId: z.number().int(), verifyingContract: word.address });

/** Where the chains of receipts and of their seals end: number and digest of the last of each. */
const headSchema = z.object({
  kind: z.literal('head'),
  seq: word.uint64,
  receiptHash: word.bytes32,
  seal: word.uint64,
  sealHash: word.bytes32,
});
export type LogHead = Omit<z.output<typeof headSchema>, 'kind'>;

/** A receipt with everything that proves it: its ticket and its own signature, and the seals that these are of. */
const receiptSchema = z.object({
  kind: z.literal('receipt'),
  router: word.address,
  domain: domainSchema,
  receiptHash: word.bytes32,
  /** Digest of the receipt's seal; null where it was signed for itself, as by agents before version 3. */
  sealHash: word.bytes32.nullable(),
  ticket: jobTicketSchema,
  ticketSignature: word.signature,
  ticketSeal: sealedSchema.nullable(),
  receipt: usageReceiptSchema,
  signature: word.signature,
  receiptSeal: sealedSchema.nullable(),
});
export type LogReceipt = Omit<z.output<typeof receiptSchema>, 'kind'>;

/** Receipts that have their answer; `issuedAt`: of their tickets, ms since epoch, in the same order. */
const answeredSchema = z.object({
  kind: z.literal('answered'),
  tickets: z.array(word.bytes32),
  issuedAt: z.array(z.number()).optional(),
});

/** Tickets for which no second receipt is signed, as a rewritten log keeps them. */
const seenSchema = z.object({ kind: z.literal('seen'), horizonAt: z.number(), packed: z.string() });

/** The router's newest acceptance, whose total is everything that was earned, and the seal that it is under. */
const earnedSchema = z.object({
  kind: z.literal('earned'),
  router: word.address,
  domain: domainSchema.nullable(),
  acceptance: acceptanceSchema,
  signature: word.signature,
  sealed: sealedSchema.nullable(),
});
export type SignedAcceptance = Omit<z.output<typeof earnedSchema>, 'kind'>;

/** The last acceptance of an epoch that is over. */
const endedSchema = earnedSchema.extend({ kind: z.literal('ended') });

const signedSealSchema = z.object({ seal: sealSchema, signature: word.signature });

/** Two messages that one router signed and that cannot both be honest. */
const equivocationSchema = z.object({ kind: z.literal('equivocation'), evidence: evidenceSchema });

/** The same as agents wrote it that knew of seals only. */
const oldEvidenceSchema = z.object({
  kind: z.literal('evidence'),
  router: word.address,
  domain: domainSchema,
  one: signedSealSchema,
  other: signedSealSchema,
});

export const logRecordSchema = z.discriminatedUnion('kind', [
  headSchema,
  receiptSchema,
  answeredSchema,
  seenSchema,
  earnedSchema,
  endedSchema,
  equivocationSchema,
  oldEvidenceSchema,
]);
export type LogRecord = z.output<typeof logRecordSchema>;

/** The record as JSON: big numbers become decimal texts, at any depth. */
export function encodeRecord(record: LogRecord): string {
  return JSON.stringify(record, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}

/** Evidence of agents that knew of seals only, as it is kept now. */
export function readOldEvidence({ router, domain, one, other }: z.output<typeof oldEvidenceSchema>): Evidence {
  return { object: 'equivocation', of: 'seals', domain, signer: router, one, other };
}
