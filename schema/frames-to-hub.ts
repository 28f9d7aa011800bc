// Payloads of the JSON frames that a node sends to its hub. The hub parses every one of them: a node is a stranger's machine.
import * as z from 'zod';
import { MAX_MODELS, MAX_SLOTS } from './frames.ts';
import { jobTicketSchema, usageReceiptSchema } from './receipt.ts';
import { sealedSchema } from './seal.ts';
import { word } from './typed-data.ts';

const shortText = z.string().max(200);

/** What is read aloud to owners and callers, and compared: no controls, no halves of characters. */
const PLAIN = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/u;

/** Answer to the challenge: the signature is over NodeHelloAt{nonce, node, protocol, origin}. */
export const helloSchema = z.object({
  protocol: z.number().int(),
  address: word.address,
  signature: word.signature,
  /** The router's origin that the node dialled. Absent from agents of version 1, which are told to update. */
  origin: z.string().max(300).optional(),
  agent: shortText,
  platform: shortText,
  /** Drawn at each start of the agent: tells one that dials anew from a second one with the same key. */
  instance: z.string().max(64).optional(),
});

/** One model that the node can serve now. */
export const nodeModelSchema = z.object({
  /** The catalogue's id, or the backend's own name (a trailing `*` serves every name with that prefix, in the owner's pool only). */
  name: z.string().min(1).max(200).regex(PLAIN, 'holds a control character'),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  contextTokens: z.number().int().min(1).max(10_000_000),
  quantisation: z.string().max(40).regex(PLAIN, 'holds a control character'),
  resume: z.enum(['exact', 'text', 'none']),
  promptTokensPerS: z.number().min(0).max(1e7),
  decodeTokensPerS: z.number().min(0).max(1e6),
  /** 0 or absent when the model is in memory; else about how long loading it takes, where the owner lets jobs load it. */
  loadMs: z.number().int().min(0).max(3_600_000).optional(),
  /** What it can do beside text (words of `Need`, and those of later versions), and the samplers that its server takes. Absent: nothing. */
  can: z.array(z.string().max(24)).max(24).optional(),
  samplers: z.array(z.string().max(24)).max(48).optional(),
  /** What its owner asks of the catalogue's price, as a share of it; absent: all of it. The catalogue says how low it may be (`priceAtHome`). */
  priceShare: z.number().gt(0).max(1).optional(),
});
export type NodeModel = z.output<typeof nodeModelSchema>;

/** Why a node takes no work, or null. */
export const pauseReasonSchema = z.enum([
  'owner',
  'draining',
  'backend-down',
  'exposure',
  'schedule',
  'exclusive-app',
  'gpu-in-use',
  'temperature',
  'battery',
  'update',
  'disk',
  /** Receipts that the router has not taken yet are too many: it is busy rather than away. */
  'outbox',
  /** Somebody works at the machine. */
  'user-active',
  /** Memory of the machine, or of the card, that others need. */
  'memory',
  /** The line is metered, or the day's traffic is used up. */
  'metered',
  'traffic',
  /** As many jobs today as the owner wants. */
  'job-limit',
  /** More watts, or a faster fan, than the owner wants now. */
  'power-cap',
]);
export type PauseReason = z.output<typeof pauseReasonSchema>;

/** A machine's power as its agent knows it. Watts of the whole machine at the wall, as far as `method` sees it; null is unknown and never 0. */
export const powerFactsSchema = z.object({
  /** The graphics card's name as its driver tells it, or the chip's. */
  card: z.string().max(80).regex(PLAIN, 'holds a control character').nullable(),
  /** What the machine draws at rest, and the most that its card may draw, W. */
  idleW: z.number().min(0).max(5000).nullable(),
  mostW: z.number().min(0).max(5000).nullable(),
  /** How energy is known here: a word of ENERGY_METHOD. */
  method: z.enum(['unknown', 'counter', 'sampled', 'estimated', 'wall']),
  /** The machine is awake for others' work only. */
  isAwakeForWork: z.boolean(),
});
export type PowerFacts = z.output<typeof powerFactsSchema>;

/** What the node offers now; sent after `welcome` and whenever it changes. A hub takes what it can of one that says too much (`hub/read-state.ts`). */
export const stateSchema = z.object({
  models: z.array(nodeModelSchema).max(MAX_MODELS),
  slots: z.number().int().min(0).max(MAX_SLOTS),
  paused: pauseReasonSchema.nullable(),
  /** What computes here, and what it draws, where the agent knows: a first word for the energy of answers, which receipts then tell. Absent: nothing is known. */
  power: powerFactsSchema.nullish(),
});
export type NodeState = z.output<typeof stateSchema>;

/** The job runs; nothing has been generated yet. */
export const headSchema = z.object({ promptTokens: z.number().int().min(0).nullable() });

/** A signed receipt as it travels; `sealed` where the signature is that of the seal that it is under. */
export const signedReceiptSchema = z.object({
  receipt: usageReceiptSchema,
  signature: word.signature,
  sealed: sealedSchema.nullish(),
});
export type SignedReceipt = z.output<typeof signedReceiptSchema>;

/** What a part came to, as its receipt will say: the receipt's place in the chain and its seal follow in a `receipts` frame. */
export const workSchema = usageReceiptSchema.omit({ ticketHash: true, node: true, seq: true, prevReceipt: true });
export type Work = z.output<typeof workSchema>;
export type WorkJson = z.input<typeof workSchema>;

/**
 * The part ended: by the model, at the limit, by a cancel, or because the owner came back. Its finish stands in the work; `finish` says what
 * receipts have no word for: the engine's own filter ended the answer, or it ends with calls of tools, both of which the receipt calls a stop.
 */
export const endSchema = z.object({ work: workSchema, finish: z.enum(['content_filter', 'tool_calls']).optional() });
export type NodeEnd = z.output<typeof endSchema>;

/** The node will not run this job; nothing was generated and nothing is owed. */
export const refuseSchema = z.object({
  code: z.enum(['busy', 'cold', 'unfit', 'paused', 'bad-ticket', 'bad-request']),
  message: shortText,
  param: shortText.optional(),
});
export type Refusal = z.output<typeof refuseSchema>;

/**
 * The backend failed, and whose doing it was: `context` (the prompt is longer than the model's context) and `bad-request` (the server refuses the
 * request and says why) are the request's; `unreachable` (the server is away) is the home's; `busy`; `internal` is a failure on this request.
 * The work is what was delivered until then; null where no receipt follows.
 */
export const faultSchema = z.object({
  code: z.string().max(40),
  message: shortText,
  /** For `context`, where the server told or the agent counted them. */
  promptTokens: z.number().int().min(0).optional(),
  contextTokens: z.number().int().min(0).optional(),
  /** For `busy`, where the server said when it wants to be asked again. */
  retryMs: z.number().int().min(0).optional(),
  work: workSchema.nullable(),
});

/** Answer to `sync`: jobs that run on this socket, by their number. */
export const runningSchema = z.object({
  jobs: z.array(z.object({ job: z.number().int(), ticketHash: word.bytes32 })).max(512),
});

/** A receipt from the outbox whose acceptance never came. The ticket proves the work was given. */
export const lateReceiptSchema = z.object({
  ticket: jobTicketSchema,
  ticketSignature: word.signature,
  ticketSeal: sealedSchema.nullish(),
  receipt: usageReceiptSchema,
  signature: word.signature,
  receiptSeal: sealedSchema.nullish(),
});
export type LateReceipt = z.output<typeof lateReceiptSchema>;
