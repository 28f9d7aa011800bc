// A usage receipt from a ticket and what was done under it. Pure: no files, no clock.
import type { Hex } from '../../schema/bytes.ts';
import { computeCharge } from '../../schema/prices.ts';
import { ENERGY_METHOD, FINISH, toMessageJson, USAGE_RECEIPT } from '../../schema/receipt.ts';
import type { Finish, JobTicket, MessageSigner, UsageReceipt, UsageReceiptJson } from '../../schema/receipt.ts';

/** What one part of a job came to, as the node counted it. */
export interface WorkDone {
  /** Every token that the model had to read: the prompt, and the answer so far where this part continues one. */
  readonly promptTokens: number;
  /** Tokens whose events left for the hub. */
  readonly outputTokens: number;
  readonly finish: Finish;
  readonly ttftMs: number;
  readonly durationMs: number;
  /** sha256(salt ‖ every event byte sent). */
  readonly responseHash: Hex;
}

/** Where a receipt stands in the node's chain. */
interface ChainPlace {
  readonly seq: bigint;
  readonly prevReceipt: Hex;
}

export interface IssuedReceipt {
  readonly receipt: UsageReceipt;
  readonly receiptJson: UsageReceiptJson;
  readonly signature: Hex;
  readonly receiptHash: Hex;
}

const UINT32_MAX = 0xffff_ffff;

/** The receipt's fields. Counts are held to the ticket's limits, so no honest receipt can be refused for crossing them. */
export function buildReceipt(ticket: JobTicket, ticketHash: Hex, work: WorkDone, place: ChainPlace): UsageReceipt {
  const promptTokens = Math.min(work.promptTokens, ticket.maxPromptTokens);
  const outputTokens = Math.min(work.outputTokens, ticket.maxOutputTokens);
  const price = { priceIn: Number(ticket.priceIn), priceOut: Number(ticket.priceOut) };
  // A node earns what its model read, also where the caller pays no second time for the prompt.
  const worth = computeCharge(price, { promptTokens, outputTokens });
  return {
    ticketHash,
    node: ticket.node,
    seq: place.seq,
    prevReceipt: place.prevReceipt,
    responseHash: work.responseHash,
    promptTokens,
    outputTokens,
    finish: FINISH[work.finish],
    ttftMs: clampMs(work.ttftMs),
    durationMs: clampMs(work.durationMs),
    amount: BigInt(worth),
    energyMicroWh: 0n,
    energyLowMicroWh: 0n,
    energyHighMicroWh: 0n,
    energyMethod: ENERGY_METHOD.unknown,
  };
}

/** Builds and signs a receipt. `privateKey` is the session key's 32 bytes. */
export function signReceipt(
  signer: MessageSigner,
  privateKey: Uint8Array,
  draft: { readonly ticket: JobTicket; readonly ticketHash: Hex; readonly work: WorkDone; readonly place: ChainPlace },
): IssuedReceipt {
  const receipt = buildReceipt(draft.ticket, draft.ticketHash, draft.work, draft.place);
  return {
    receipt,
    receiptJson: toMessageJson(receipt),
    signature: signer.sign(USAGE_RECEIPT, receipt, privateKey),
    receiptHash: signer.hash(USAGE_RECEIPT, receipt),
  };
}

/**
 * Prompt tokens when the backend did not say: a quarter of the text's UTF-8 bytes, rounded up, of the prompt and of the answer so far.
 * The router's own count decides.
 */
export function estimatePromptTokens(texts: readonly string[], answerSoFar: string): number {
  let bytes = new TextEncoder().encode(answerSoFar).length;
  for (const text of texts) bytes += new TextEncoder().encode(text).length;
  return Math.ceil(bytes / 4);
}

function clampMs(ms: number): number {
  return Math.min(UINT32_MAX, Math.max(0, Math.round(ms)));
}
