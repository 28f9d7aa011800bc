// What a job is while it runs and once it has ended, as the rest of the agent hears of it. Types only.
import type { Finish as FinishWord } from '../../schema/receipt.ts';

export interface JobOutcome {
  readonly finish: FinishWord | 'bad-ticket';
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** True when a receipt was stored and the socket was gone. */
  readonly isReceiptUnsent: boolean;
  /** True when work was done and its receipt could not be stored yet. */
  readonly isReceiptLost: boolean;
  /** Why the model server failed it, for the owner; null where it did not. */
  readonly failure: string | null;
}

/** A running job without a word of what is in it. */
export interface JobProgress {
  readonly job: string;
  readonly model: string;
  /** Tokens that have left. */
  readonly outputTokens: number;
  /** Until the first of them; null before. */
  readonly ttftMs: number | null;
  /** Since it began. */
  readonly ranMs: number;
}
