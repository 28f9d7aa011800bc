// What an account's object takes from outside, and what it tells of itself: types only.
import type { CreditSums } from '../../schema/credit.ts';
import type { LeaseTerms } from './account-holds.ts';
import type { Totals } from './account-state.ts';
import type { PostWebhook } from './alert-post.ts';
import type { Lot } from './credit-lots.ts';
import type { CrowdLimits } from './decide-crowd.ts';
import type { Ledger } from './ledger.ts';
import type { SendTransfer } from './transfers.ts';

export interface AccountUsage {
  /** Units owned, held ones included. */
  readonly balance: number;
  /** Units set aside for jobs that run. */
  readonly held: number;
  readonly totals: Totals;
  /** The balance by kind, units. */
  readonly kinds: CreditSums;
  /** What of it ends, what ends first ahead. */
  readonly ending: readonly Lot[];
}

export interface AccountDoors {
  readonly terms: LeaseTerms;
  readonly ledger: Pick<Ledger, 'apply' | 'applyFlush'>;
  /** How long what was booked waits for what comes after it, so that both are one flush, ms. */
  readonly bookMs: number;
  /** Jobs at once. */
  readonly crowd: CrowdLimits;
  /** Hands credit to the object of another account. */
  readonly sendTransfer: SendTransfer;
  /** The minute of limits by the minute, ms; a minute where it is left out. */
  readonly rateWindowMs?: number;
  /** How alerts are sent, and after how many ms again for the first time; left out, they wait. */
  readonly webhooks?: { readonly post: PostWebhook; readonly retryMs: number };
}
