// The charging table: what the caller pays and what the home earns for one part. Pure.
import { computeCharge, splitCharge } from '../../schema/prices.ts';
import type { Counts, Price } from '../../schema/prices.ts';
import type { Outcome } from '../../schema/settlement.ts';

export interface PartFacts {
  readonly outcome: Outcome;
  /** As decided by the router. */
  readonly counts: Counts;
  readonly price: Price;
  /** False for a part that goes on where another broke off: the caller has paid the prompt already. */
  readonly chargePrompt: boolean;
  /** Tokens of the prompt that are the answer so far: another home's work, which the caller pays as output and never as prompt too. */
  readonly resumedTokens?: number | undefined;
  /** Of 10,000; the usual where left out. */
  readonly feeBps?: number | undefined;
}

/** Outcomes in which work was delivered. An interrupted part's charge holds if its job goes on: the caller's account sees to that. */
const DELIVERED: ReadonlySet<Outcome> = new Set([
  'complete',
  'cancelled',
  'cut-off',
  'interrupted-by-node',
  'interrupted-by-network',
]);

/**
 * Units that the caller pays, and that the home's work is worth.
 * Delivered work (complete, cut, cancelled, or broken off where another home can go on) is charged, and worth that less the fee; the
 * second prefill of a resumed job is worth something but not charged. A failure that nobody could resume is free for the caller; what
 * was delivered is worth something only where the fault was not the home's own. Without a token, failures are worth nothing. What is worth
 * more than its charge brings in is paid as far as the home's own fees go (decide-earn.ts).
 */
export function decideCharge(part: PartFacts): { readonly charge: number; readonly earn: number } {
  const { outcome, counts, price } = part;
  const earn = splitCharge(computeCharge(price, counts), part.feeBps).earn;
  if (DELIVERED.has(outcome)) {
    const asked = countAsked({ promptTokens: counts.promptTokens, resumedTokens: part.resumedTokens });
    const charged = { ...counts, promptTokens: part.chargePrompt ? asked : 0 };
    return { charge: computeCharge(price, charged), earn };
  }
  return { charge: 0, earn: outcome === 'failed-by-network' && counts.outputTokens > 0 ? earn : 0 };
}

/** Prompt tokens that the caller sent: the answer so far, which a home that goes on has read too, is not among them. */
export function countAsked(part: {
  readonly promptTokens: number;
  readonly resumedTokens?: number | undefined;
}): number {
  return Math.max(0, part.promptTokens - (part.resumedTokens ?? 0));
}
