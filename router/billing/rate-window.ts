// How many requests and tokens one key has begun within the last minute: in memory, so that a restart forgets a minute. The minute slides in sixty
// steps: never more than a limit begins within any minute, and it is known to the step when the next may.

/** One window is a minute, or what a test says. */
const STEPS = 60;

export interface RateLimits {
  readonly requests: number | null;
  readonly tokens: number | null;
}

/** What one call adds. */
export interface RateUse {
  readonly requests: number;
  readonly tokens: number;
}

export interface RateRefusal {
  readonly of: 'requests' | 'tokens';
  readonly limit: number;
  readonly left: number;
  /** What was asked for. */
  readonly asked: number;
  /** In so many ms it fits; null for a call that is larger than the limit. */
  readonly retryMs: number | null;
}

/** Of one limit: how much is left, and in how many ms nothing of it is used any more. */
export interface RateLeft {
  readonly limit: number;
  readonly left: number;
  readonly resetMs: number;
}

export class RateWindow {
  readonly #stepMs: number;
  /** By step, in their order. */
  readonly #steps = new Map<number, { requests: number; tokens: number }>();
  readonly #sum = { requests: 0, tokens: 0 };
  #last = 0;

  constructor(windowMs: number) {
    this.#stepMs = windowMs / STEPS;
  }

  /** True where nothing of the last minute is known. */
  isEmpty(now: number): boolean {
    this.#forget(now);
    return this.#steps.size === 0;
  }

  /** The limit that a call would break; null where it breaks none. */
  judge(use: RateUse, limits: RateLimits, now: number): RateRefusal | null {
    this.#forget(now);
    for (const name of ['requests', 'tokens'] as const) {
      const limit = limits[name];
      if (limit === null || use[name] === 0 || this.#sum[name] + use[name] <= limit) continue;
      const left = Math.max(0, limit - this.#sum[name]);
      return { of: name, limit, left, asked: use[name], retryMs: this.#waitFor(name, limit - use[name], now) };
    }
    return null;
  }

  /** Counts a call; gives the step that it stands in. */
  take(use: RateUse, now: number): number {
    this.#forget(now);
    // Where the clock steps back the last step goes on.
    this.#last = Math.max(this.#last, Math.floor(now / this.#stepMs));
    this.#add(this.#last, use);
    return this.#last;
  }

  /** What a call turned out to be beside what was counted; nothing where its step is over. */
  correct(step: number, change: RateUse): void {
    if (this.#steps.has(step)) this.#add(step, change);
  }

  /** How much of a limit is left. */
  tell(of: 'requests' | 'tokens', limit: number, now: number): RateLeft {
    this.#forget(now);
    const resetMs = this.#sum[of] > 0 ? (this.#waitFor(of, 0, now) ?? 0) : 0;
    return { limit, left: Math.max(0, limit - this.#sum[of]), resetMs };
  }

  #add(step: number, { requests, tokens }: RateUse): void {
    const known = this.#steps.get(step) ?? { requests: 0, tokens: 0 };
    this.#steps.set(step, { requests: known.requests + requests, tokens: known.tokens + tokens });
    this.#sum.requests += requests;
    this.#sum.tokens += tokens;
  }

  /** A step counts until it is a whole minute ago for all of it. */
  #forget(now: number): void {
    for (const [step, { requests, tokens }] of this.#steps) {
      if (this.#endOf(step) > now) break;
      this.#steps.delete(step);
      this.#sum.requests -= requests;
      this.#sum.tokens -= tokens;
    }
  }

  #endOf(step: number): number {
    return (step + 1 + STEPS) * this.#stepMs;
  }

  /** In how many ms no more than `most` is counted; null for never. */
  #waitFor(of: 'requests' | 'tokens', most: number, now: number): number | null {
    if (most < 0) return null;
    let sum = this.#sum[of];
    for (const [step, use] of this.#steps) {
      sum -= use[of];
      if (sum <= most) return Math.max(1, Math.ceil(this.#endOf(step) - now));
    }
    return 0;
  }
}
