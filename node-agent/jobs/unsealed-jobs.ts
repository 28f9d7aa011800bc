// What may leave of jobs whose tickets' seals have not been checked yet: a hub sends a job before its seal, and the first tokens must not wait for
// that. What is given away to a router that never proves anything is bounded by number, age and value.
import type { JobTicket } from '../../schema/receipt.ts';
import { UNSEALED } from '../../schema/seal.ts';

export interface UnsealedLimits {
  readonly jobs: number;
  readonly ageMs: number;
  /** Of all that was sent and never proven, since the agent's start. */
  readonly units: number;
}

/** One job's leave to send. */
export interface SendLeave {
  /** True where so many tokens more may leave now. */
  readonly allows: (tokens: number) => boolean;
  /** They left. */
  readonly note: (tokens: number) => void;
  /** Its ticket's seal has been checked: nothing of it counts any more. */
  readonly prove: () => void;
  /** It ended without: what left counts on. */
  readonly forfeit: () => void;
}

interface Unsealed {
  readonly sinceMs: number;
  /** Units per million tokens. */
  readonly priceOut: number;
  /** Millionths of a unit. */
  worth: number;
}

const MILLION = 1_000_000;

export class UnsealedJobs {
  readonly #limits: UnsealedLimits;
  readonly #now: () => number;
  /** In the order of their arrival: the first of them may send. */
  readonly #jobs = new Set<Unsealed>();
  /** Of those that run and of those that were never proven, millionths of a unit. */
  #worth = 0;

  /** `now`: ms that only grow. */
  constructor(now: () => number, limits: UnsealedLimits = UNSEALED) {
    this.#now = now;
    this.#limits = limits;
  }

  begin({ priceOut }: Pick<JobTicket, 'priceOut'>): SendLeave {
    const job: Unsealed = { sinceMs: this.#now(), priceOut: Number(priceOut), worth: 0 };
    this.#jobs.add(job);
    return {
      allows: (tokens) => this.#allows(job, tokens),
      note: (tokens) => {
        if (!this.#jobs.has(job)) return;
        job.worth += tokens * job.priceOut;
        this.#worth += tokens * job.priceOut;
      },
      prove: () => {
        if (this.#jobs.delete(job)) this.#worth -= job.worth;
      },
      forfeit: () => void this.#jobs.delete(job),
    };
  }

  #allows(job: Unsealed, tokens: number): boolean {
    const { jobs, ageMs, units } = this.#limits;
    if (this.#now() - job.sinceMs > ageMs) return false;
    if (this.#worth + tokens * job.priceOut > units * MILLION) return false;
    let place = 0;
    for (const one of this.#jobs) {
      if (one === job) return true;
      if ((place += 1) >= jobs) return false;
    }
    return false;
  }
}
