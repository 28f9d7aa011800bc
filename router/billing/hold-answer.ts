// What is asked of an account before a job is placed, and what it answers: types only.
import type { CrowdLimits } from './decide-crowd.ts';

export interface HoldRequest {
  readonly jobId: string;
  readonly keyId: string;
  /** Units, an integer ≥ 0; 0 for a free model, where the hold still proves that key and account may call. */
  readonly amount: number;
  /** When the hold lapses by itself, ms since epoch. */
  readonly expiresAt: number;
  /** The pool that the job is for; none for a job that names none. */
  readonly poolId?: string | null;
  /** It may run on homes of others: where it costs nothing and the account has no credit, it is a guest's. */
  readonly mayBeGuest?: boolean;
  /** Jobs whose answers have ended: they run no more, whatever they hold until they are settled. */
  readonly ended?: readonly string[];
}

export type HoldRefusal =
  | {
      readonly reason: 'no-credit' | 'key-revoked' | 'account-disabled' | 'pool-left';
      /** Units that could be held now. */
      readonly available: number;
    }
  /** The books stand still while they are copied. */
  | { readonly reason: 'paused' }
  /** So many jobs run already, of the account, of the key, or as a guest. */
  | { readonly reason: 'too-many'; readonly of: keyof CrowdLimits; readonly limit: number };

/** `isGuest`: the job is one that nobody pays for, on other people's homes: those that are paid for go first. */
export type HoldAnswer = { readonly ok: true; readonly isGuest?: true } | ({ readonly ok: false } & HoldRefusal);
