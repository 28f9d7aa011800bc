// A usage receipt from a ticket and what was done under it. Pure: no files, no clock.
import type { Hex } from '../../schema/bytes.ts';
import { UNKNOWN_ENERGY } from '../../schema/energy.ts';
import type { EnergyClaim } from '../../schema/energy.ts';
import type { Work } from '../../schema/frames-to-hub.ts';
import { computeCharge } from '../../schema/prices.ts';
import { ENERGY_METHOD, FINISH } from '../../schema/receipt.ts';
import type { Finish, JobTicket, UsageReceipt } from '../../schema/receipt.ts';

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
  /** What it took; absent where nobody knows. */
  readonly energy?: EnergyClaim;
}

/** Where a receipt stands in the node's chain. */
export interface ChainPlace {
  readonly seq: bigint;
  readonly prevReceipt: Hex;
}

const UINT32_MAX = 0xffff_ffff;

/** What the receipt will say of the work. Counts are held to the ticket's limits, so no honest receipt can be refused for crossing them. */
export function buildWork(ticket: JobTicket, done: WorkDone): Work {
  const promptTokens = Math.min(done.promptTokens, ticket.maxPromptTokens);
  const outputTokens = Math.min(done.outputTokens, ticket.maxOutputTokens);
  const price = { priceIn: Number(ticket.priceIn), priceOut: Number(ticket.priceOut) };
  // A node earns what its model read, also where the caller pays no second time for the prompt.
  const worth = computeCharge(price, { promptTokens, outputTokens });
  const { energy = UNKNOWN_ENERGY } = done;
  return {
    responseHash: done.responseHash,
    promptTokens,
    outputTokens,
    finish: FINISH[done.finish],
    ttftMs: clampMs(done.ttftMs),
    durationMs: clampMs(done.durationMs),
    amount: BigInt(worth),
    energyMicroWh: BigInt(energy.microWh),
    energyLowMicroWh: BigInt(energy.lowMicroWh),
    energyHighMicroWh: BigInt(energy.highMicroWh),
    energyMethod: ENERGY_METHOD[energy.method],
  };
}

/** The receipt of work at its place in the chain. */
export function buildReceipt(
  { ticketHash, node }: { ticketHash: Hex; node: Hex },
  work: Work,
  place: ChainPlace,
): UsageReceipt {
  return { ticketHash, node, ...place, ...work };
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
