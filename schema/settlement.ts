// What a hub decides at the end of a part and hands, once and durably, to the node's account and then to the caller's account.
import * as z from 'zod';
import { JOB_KINDS } from './job-kinds.ts';
import type { Relation } from './credit.ts';
import { MOST_FEE_BPS } from './fee-schedule.ts';
import { decisionSchema } from './placement.ts';
import { acceptanceSchema, jobTicketSchema, usageReceiptSchema } from './receipt.ts';
import { sealedSchema } from './seal.ts';
import { word } from './typed-data.ts';

/** How a part ended, in the words of the charging table (billing/decide-charge.ts). */
export const OUTCOMES = [
  'complete',
  'cancelled',
  /** Broke off after tokens by nobody's fault, where the caller's own wish or the job's time lets nobody go on: what was read is charged. */
  'cut-off',
  /** Broke off after tokens while the job could go on elsewhere: charged if it did, free if it could not. */
  'interrupted-by-node',
  'interrupted-by-network',
  'failed-before-token',
  'failed-by-node',
  'failed-by-network',
  'refused',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** How faithfully an answer went on: the same tokens, the same weights with other sampling, or other weights of the same model. */
export const RESUME_CLASSES = ['exact', 'same-model', 'same-family'] as const;
export type ResumeClass = (typeof RESUME_CLASSES)[number];

/** How caller and home can belong together (schema/credit.ts). */
export const RELATIONS = ['account', 'wallet', 'pool', 'address'] as const satisfies readonly Relation[];

const units = z.number().int().min(0);

/** One part's settlement: counts as the router decided them, and the signed messages that prove them. */
export const settlementSchema = z.object({
  jobId: z.string(),
  part: z.number().int().min(0),
  accountId: z.string(),
  keyId: z.string(),
  nodeId: z.string(),
  /** The owner's account, which is credited. */
  ownerAccountId: z.string(),
  hub: z.string(),
  model: z.string(),
  /** Where its home stands. */
  country: z.string(),
  /** What kind of work it was; absent in what was settled before version 0.2. */
  kind: z.enum(JOB_KINDS).optional(),
  outcome: z.enum(OUTCOMES),
  /** True for the last part of a job: the hold closes with it. */
  isFinal: z.boolean(),
  promptTokens: z.number().int().min(0),
  outputTokens: z.number().int().min(0),
  /** Earlier parts of this job that delivered something and are settled for themselves; told with the final part. */
  interrupted: z.number().int().min(0).optional(),
  /** For a part that continued an answer: tokens of the answer before it, by the router's count, as far as they are paid as output. Earlier parts together are never charged more. */
  resumedTokens: z.number().int().min(0).optional(),
  /** How this part went on where another broke off; absent for a part that began the answer. */
  resumed: z.enum(RESUME_CLASSES).optional(),
  /** Why this home, and what was expected of it. */
  decision: decisionSchema.optional(),
  /** What the caller pays, in units. */
  charge: z.number().int().min(0),
  /** What the home earns, in units; more than charge less fee only where the fees that its own work brought in pay for it. */
  earn: z.number().int().min(0),
  /** The network's share of the charge, of 10,000, by the epoch of its ticket; absent where it is the usual one (prices.ts). */
  feeBps: z.number().int().min(0).max(MOST_FEE_BPS).optional(),
  /** The node's counts where they differ from the router's beyond the tolerance. */
  difference: z.object({ promptTokens: z.number().int(), outputTokens: z.number().int() }).nullable(),
  /** The router's own hash of a complete answer: a receipt over other bytes is not paid, however late it comes. */
  responseHash: word.bytes32.nullable().optional(),
  /**
   * The router's own hash of what arrived of a part that was cut short and came without a receipt: what a home that lost its count may sign for.
   * One that knows what it sent may have sent more: its receipt has another hash and is paid as far as it arrived.
   */
  relayedHash: word.bytes32.optional(),
  /** W at the wall above rest that its home can draw at most, by the class of its card; absent where nobody knows the card. */
  mostW: z.number().int().min(0).optional(),
  /** Of a part that was lost with its hub's memory: what it can have delivered, by what the hub wrote down and the home's speed. */
  lostAtMost: z.object({ promptTokens: z.number().int().min(0), outputTokens: z.number().int().min(0) }).optional(),
  /** Caller and home belong together: only bought credit pays the owner, and no fees of other work do. */
  related: z.enum(RELATIONS).optional(),
  /** The charge by the kind of credit that paid it, as the caller's account drew it; absent before there were kinds, and where nothing was charged. */
  paidFrom: z.object({ granted: units, earned: units, bought: units }).optional(),
  attempts: z.number().int().min(1),
  ttftMs: z.number().int().min(0).nullable(),
  durationMs: z.number().int().min(0),
  endedAt: z.number().int(),
  ticket: jobTicketSchema,
  ticketSignature: word.signature,
  receipt: usageReceiptSchema.nullable(),
  receiptSignature: word.signature.nullable(),
  acceptance: acceptanceSchema.nullable(),
  acceptanceSignature: word.signature.nullable(),
  /** Where a message stands under a seal its signature is the seal's; absent where it was signed for itself. */
  ticketSeal: sealedSchema.nullish(),
  receiptSeal: sealedSchema.nullish(),
  acceptanceSeal: sealedSchema.nullish(),
});
export type SettlementJson = z.input<typeof settlementSchema>;

/**
 * Settlements as a hub hands them to one account. Numbers rise for each account, with gaps, and outlive the hub's memory; one that was not
 * acknowledged comes again with the same number and content, unless its hub crashed meanwhile: then its parts come under a later number.
 */
export interface SettlementBatch {
  readonly hub: string;
  readonly number: number;
  readonly settlements: readonly SettlementJson[];
}

/** Whether the caller pays for what was delivered: it does when the answer was finished or the caller left, else nothing. */
export type Fate = 'charged' | 'free';

/** What one part adds to its job's bill; promptTokens is 0 where its ticket does not charge the prompt. */
export interface PartBill {
  readonly part: number;
  readonly isFinal: boolean;
  /** Its hub forgot it and saw no token of it itself: it says nothing of how the job ended, whatever it takes itself for. */
  readonly isLost: boolean;
  readonly fate: Fate;
  /** Units per million tokens. */
  readonly priceIn: number;
  readonly priceOut: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Of a final part: how many earlier parts delivered something, and how many tokens of the answer it went on from at most. */
  readonly interrupted: number;
  readonly resumedTokens: number | null;
}
