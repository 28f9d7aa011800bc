// The charging table (DESIGN section 6): what the caller pays and what the home earns for one part. Pure.
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
  /** True when this part broke off and another home went on: what was delivered counts, whoever was at fault. */
  readonly isResumed?: boolean;
}

/**
 * Units that the caller pays and the home earns.
 * Delivered work (complete, cut, cancelled, or resumed by another home) is charged, and earned less the fee; the second
 * prefill of a resumed job is earned but not charged, so the fees pay it. A failure that nobody could resume is free for the
 * caller; the home earns its delivered part only where the fault was not its own. Without a token, failures earn nothing.
 */
export function decideCharge(part: PartFacts): { readonly charge: number; readonly earn: number } {
  const { outcome, counts, price } = part;
  const earn = splitCharge(computeCharge(price, counts)).earn;
  if (outcome === 'complete' || outcome === 'cancelled' || isResumedDelivery(part)) {
    const charged = { ...counts, promptTokens: part.chargePrompt ? counts.promptTokens : 0 };
    return { charge: computeCharge(price, charged), earn };
  }
  return { charge: 0, earn: outcome === 'failed-by-network' && counts.outputTokens > 0 ? earn : 0 };
}

function isResumedDelivery({ outcome, counts, isResumed }: PartFacts): boolean {
  const brokeOff = outcome === 'failed-by-node' || outcome === 'failed-by-network';
  return brokeOff && isResumed === true && counts.outputTokens > 0;
}
