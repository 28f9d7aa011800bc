// What this home did since the agent started: counts for the owner's status, never the base of a payment.
import type { JobOutcome } from './job-outcome.ts';

interface TotalsNow {
  readonly jobs: number;
  readonly refused: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Why the model server failed the job that ended last; null once one went well. */
  readonly lastFailure: string | null;
}

const GOOD: ReadonlySet<JobOutcome['finish']> = new Set(['stop', 'length']);

export class Totals {
  #jobs = 0;
  #refused = 0;
  #promptTokens = 0;
  #outputTokens = 0;
  #lastFailure: string | null = null;

  countJob(outcome: JobOutcome): void {
    this.#jobs += 1;
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
      refused: this.#refused,
      promptTokens: this.#promptTokens,
      outputTokens: this.#outputTokens,
      lastFailure: this.#lastFailure,
    };
  }
}
