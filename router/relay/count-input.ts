// What the rules of counting and charging are asked about a part, and what they answer: types without a platform behind them.
import type { UsageReceipt } from '../../schema/receipt.ts';
import type { Outcome, SettlementJson } from '../../schema/settlement.ts';
import type { JobOffer } from '../../schema/offer.ts';

/** What was measured of a part, for the rules of counting and charging. */
export interface CountInput {
  readonly offer: JobOffer;
  readonly outcome: Outcome;
  readonly frameTokens: number;
  readonly lateTokens: number;
  /** All relayed events, or null when they were too many to keep. */
  readonly events: Uint8Array | null;
  readonly relayedBytes: number;
  readonly receipt: UsageReceipt | null;
}

export interface DecidedCounts {
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly difference: SettlementJson['difference'];
  readonly charge: number;
  readonly earn: number;
  /** Of a part that went on: tokens of the answer until there. It must stand in the settlement. */
  readonly resumedTokens?: number;
}
