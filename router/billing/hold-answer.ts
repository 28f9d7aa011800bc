// What is asked of an account before a job is placed, and what it answers: types only.
import type { CrowdLimits } from './decide-crowd.ts';
import type { SpendLimit, SpendRefusal } from './judge-spend.ts';
import type { RateLeft, RateRefusal } from './rate-window.ts';

export interface HoldRequest {
  readonly jobId: string;
  readonly keyId: string;
  /** Which state of the key's rights its edge goes by; left out where nobody looks. */
  readonly rightsAt?: number;
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
  /** Of a call that came with an Idempotency-Key, with its first job. */
  readonly repeat?: RepeatAsked;
  /** Tokens that it is expected to come to, prompt and output, for a key that is limited by the minute. */
  readonly tokens?: number;
  /** The answer is to tell what is left. */
  readonly tells?: true;
}

/** What is left when a job is held, or refused. Limits that a key does not have are not told. Units. */
export interface HoldLeft {
  /** What the account has for further jobs. */
  readonly available: number;
  readonly spend: readonly {
    readonly of: SpendLimit;
    readonly limit: number;
    readonly left: number;
    /** Ms since epoch; null for never. */
    readonly resetAt: number | null;
  }[];
  readonly requests?: RateLeft;
  readonly tokens?: RateLeft;
}

/** A call under an Idempotency-Key. */
export interface RepeatAsked {
  /** Hash of the endpoint and the key, hex. */
  readonly key: string;
  /** Hash of what was sent, hex. */
  readonly body: string;
  /** All jobs of the call. */
  readonly jobs: readonly string[];
  /** Jobs that the key stood for and that are known to have failed and cost nothing: others may run in their place. */
  readonly over?: readonly string[];
}

/** Why a call does not run under its Idempotency-Key. */
export type RepeatRefusal =
  /** It has run, or runs, as these jobs. */
  | { readonly reason: 'repeat'; readonly state: 'running' | 'over'; readonly jobs: readonly string[] }
  /** The key was used for something else. */
  | { readonly reason: 'repeat-other' }
  /** The account has as many keys as are kept. */
  | { readonly reason: 'repeats-full' };

export type HoldRefusal =
  | {
      readonly reason: 'no-credit' | 'key-revoked' | 'key-changed' | 'account-disabled' | 'pool-left';
      /** Units that could be held now. */
      readonly available: number;
    }
  /** The books stand still while they are copied. */
  | { readonly reason: 'paused' }
  /** So many jobs run already, of the account, of the key, or as a guest. */
  | { readonly reason: 'too-many'; readonly of: keyof CrowdLimits; readonly limit: number }
  | RepeatRefusal
  /** The key may not spend so much. */
  | ({ readonly reason: 'spend-limit' } & SpendRefusal)
  /** The key may not begin so much in a minute. */
  | ({ readonly reason: 'rate-limit' } & RateRefusal);

/** `isGuest`: the job is one that nobody pays for, on other people's homes: those that are paid for go first. */
export type HoldAnswer = ({ readonly ok: true; readonly isGuest?: true } | ({ readonly ok: false } & HoldRefusal)) & {
  readonly leaves?: HoldLeft;
};
