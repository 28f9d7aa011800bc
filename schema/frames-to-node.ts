// Payloads of the JSON frames that a hub sends to a node. The node parses every one of them.
import * as z from 'zod';
import { jobRequestSchema } from './job-request.ts';
import { handoverSchema, MOST_HANDOVERS } from './handover.ts';
import { acceptanceSchema, jobTicketSchema } from './receipt.ts';
import { signedReceiptSchema } from './frames-to-hub.ts';
import { MAX_LEAVES, MAX_PROOF } from './merkle.ts';
import { sealedSchema, sealSchema } from './seal.ts';
import { word } from './typed-data.ts';

/** First frame of a connection: what the node must sign. */
export const challengeSchema = z.object({
  nonce: word.bytes32,
  protocol: z.number().int(),
  serverTimeAt: z.number().int(),
});

/** The node is connected. `token` lets the next connection skip the edge's look-up until `tokenUntilAt`. */
export const welcomeSchema = z.object({
  node: z.string(),
  area: z.string(),
  hub: z.string(),
  router: word.address,
  domain: z.object({ chainId: z.number().int(), verifyingContract: word.address }),
  /** How the router's keys before this one handed over to it: what they have signed is this router's. Left out where there were none. */
  handovers: z.array(handoverSchema).max(MOST_HANDOVERS).nullish(),
  token: z.string(),
  tokenUntilAt: z.number().int(),
  /** The highest of this node's own receipts that the router has: its chain goes on from there, also where its state folder is older, or lost. */
  lastReceipt: signedReceiptSchema.nullish(),
});

/** One part of a job. The seal that its ticket is under follows in a `tickets` frame (schema/seal.ts) before the node may rely on it. */
export const jobSchema = z.object({
  ticket: jobTicketSchema,
  request: jobRequestSchema,
  chunk: z.object({
    id: z.string(),
    created: z.number().int(),
    model: z.string(),
    /** Which of a call's answers it is. */
    index: z.number().int().min(0).max(127).optional(),
    /** Calls are told in the older form. */
    isFunctionCall: z.boolean().optional(),
  }),
  /** False when the caller waits for the whole answer: the node may send large frames. */
  stream: z.boolean(),
  creditBytes: z.number().int().min(1),
  resume: z
    .object({ text: z.string(), tokenIds: z.array(z.number().int()).optional(), count: z.number().int() })
    .optional(),
  /** The caller has been sent something of this answer already, be it thinking only: it is not told the role again. */
  isBegun: z.boolean().optional(),
});
export type JobFrame = z.output<typeof jobSchema>;
export type JobFrameJson = z.input<typeof jobSchema>;

/** Stop this job now; the node answers with `end`. */
export const cancelSchema = z.object({ reason: z.enum(['caller', 'watchdog', 'unknown-job', 'fault']) });

/**
 * What became of receipts: each may leave the outbox. Acceptances stand under one seal of the node's chain, whose `total` is what it has earned in
 * all; `acceptance` is null where a receipt was refused for good, and the seal where all of them were.
 */
export const acceptedSchema = z.object({
  seal: sealSchema.nullable(),
  signature: word.signature.nullable(),
  answers: z
    .array(
      z.object({
        ticketHash: word.bytes32,
        acceptance: acceptanceSchema.nullable(),
        proof: z.array(word.bytes32).max(MAX_PROOF),
        reason: z.string().nullable(),
      }),
    )
    .min(1)
    .max(MAX_LEAVES),
});

/**
 * What arrived of a part for which the router has no receipt, in the router's counts: a node that was killed may sign for it, within 24 h
 * of the ticket's expiry, and offer that as a late receipt. A node that has its own receipt offers that one.
 */
export const unsignedSchema = z.object({
  ticket: jobTicketSchema,
  ticketSignature: word.signature,
  ticketSeal: sealedSchema.nullish(),
  promptTokens: z.number().int().min(0),
  outputTokens: z.number().int().min(1),
  responseHash: word.bytes32,
  finish: z.enum(['cancelled', 'error']),
});

/** Asks a socket that outlived its hub's memory which jobs it runs. */
export const syncSchema = z.object({ protocol: z.number().int() });

/** Finish what runs and take nothing new (`drain`), or dial again (`moved`). */
export const drainSchema = z.object({ reason: z.string() });
export const movedSchema = z.object({ reason: z.string() });

/** A hint, never an order: callers want this model and it is not in this home's memory. Heeded only within the owner's limits. */
export const prefetchSchema = z.object({ model: z.string() });

/** Either side: the last frame could not be used. `retryMs` is given where waiting helps; `isFinal` where it does not. */
export const errorFrameSchema = z.object({
  code: z.string(),
  message: z.string(),
  retryMs: z.number().int().optional(),
  isFinal: z.boolean().optional(),
});
export type ErrorFrame = z.output<typeof errorFrameSchema>;

/** What each JSON frame to a node holds, as a hub writes it. */
export interface JsonToNode {
  readonly challenge: z.input<typeof challengeSchema>;
  readonly welcome: z.input<typeof welcomeSchema>;
  readonly job: JobFrameJson;
  readonly cancel: z.input<typeof cancelSchema>;
  readonly accepted: z.input<typeof acceptedSchema>;
  readonly unsigned: z.input<typeof unsignedSchema>;
  readonly sync: z.input<typeof syncSchema>;
  readonly drain: z.input<typeof drainSchema>;
  readonly moved: z.input<typeof movedSchema>;
  readonly prefetch: z.input<typeof prefetchSchema>;
  readonly error: ErrorFrame;
}
