// What this home did since the agent started: counts for the owner's status, never the base of a payment.
import type { JobOutcome } from './job.ts';

interface TotalsNow {
  readonly jobs: number;
  readonly refused: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

export class Totals {
  #jobs = 0;
  #refused = 0;
  #promptTokens = 0;
  #outputTokens = 0;

  countJob(outcome: JobOutcome): void {
    this.#jobs += 1;
    this.#promptTokens += outcome.promptTokens;
    this.#outputTokens += outcome.outputTokens;
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
    };
  }
}
