// What stands in the receipts' log, a record a line. Types and their parsers only.
import * as z from 'zod';
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

/** Receipts that have their answer. */
const answeredSchema = z.object({ kind: z.literal('answered'), tickets: z.array(word.bytes32) });

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

const signedSealSchema = z.object({ seal: sealSchema, signature: word.signature });
export type SignedSeal = z.output<typeof signedSealSchema>;

/** Two seals that one router signed and that cannot both be honest. */
const evidenceSchema = z.object({
  kind: z.literal('evidence'),
  router: word.address,
  domain: domainSchema,
  one: signedSealSchema,
  other: signedSealSchema,
});
export type Evidence = Omit<z.output<typeof evidenceSchema>, 'kind'>;

export const logRecordSchema = z.discriminatedUnion('kind', [
  headSchema,
  receiptSchema,
  answeredSchema,
  earnedSchema,
  evidenceSchema,
]);
export type LogRecord = z.output<typeof logRecordSchema>;

/** The record as JSON: big numbers become decimal texts, at any depth. */
export function encodeRecord(record: LogRecord): string {
  return JSON.stringify(record, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}
