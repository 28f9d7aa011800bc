// What this home did since the agent started: counts for the owner's status, never the base of a payment.
import type { JobOutcome } from './job-outcome.ts';

interface TotalsNow {
  /** That ended, however they did. */
  readonly jobs: number;
  readonly done: number;
  readonly failed: number;
  /** Left by their callers. */
  readonly cancelled: number;
  /** Given to other homes when the owner took the machine back. */
  readonly handedOver: number;
  readonly refused: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Why the model server failed the job that ended last; null once one went well. */
  readonly lastFailure: string | null;
}

const GOOD: ReadonlySet<JobOutcome['finish']> = new Set(['stop', 'length']);

/** What an end counts as. */
const KINDS: Readonly<Record<JobOutcome['finish'], 'done' | 'failed' | 'cancelled' | 'handedOver'>> = {
  stop: 'done',
  length: 'done',
  error: 'failed',
  'bad-ticket': 'failed',
  cancelled: 'cancelled',
  preempted: 'handedOver',
};

export class Totals {
  #jobs = 0;
  readonly #ends = { done: 0, failed: 0, cancelled: 0, handedOver: 0 };
  #refused = 0;
  #promptTokens = 0;
  #outputTokens = 0;
  #lastFailure: string | null = null;

  countJob(outcome: JobOutcome): void {
    this.#jobs += 1;
    this.#ends[KINDS[outcome.finish]] += 1;
    this.#promptTokens += outcome.promptTokens;
    this.#outputTokens += outcome.outputTokens;
    // One that its caller left, or that was refused for its own sake, says nothing of the server.
    if (outcome.failure !== null || GOOD.has(outcome.finish)) this.#lastFailure = outcome.failure;
  }

  countRefusal(): void {
    this.#refused += 1;
  }

  now(): TotalsNow {
    return {
      jobs: this.#jobs,
      ...this.#ends,
      refused: this.#refused,
      promptTokens: this.#promptTokens,
      outputTokens: this.#outputTokens,
      lastFailure: this.#lastFailure,
    };
  }
}
