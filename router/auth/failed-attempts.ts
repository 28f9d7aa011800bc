// Wrong keys and secrets by the address that they come from: after some the answer comes late, and after many it is only told to come back later.
// Kept in this isolate's memory: a key is 192 random bits and no number of guesses finds one, so what is to be bounded is the cost of a guess, and
// a store that all edges share would cost more than the guess. Only who fails is held up: a key that is right works from any address at any time.
import { BoundedMap } from '../../schema/bounded-map.ts';

export interface AttemptLimits {
  /** Failures at once that cost nothing, above which each is answered late. */
  readonly free: number;
  /** Failures at once above which they are refused. */
  readonly most: number;
  /** One failure is forgotten after so long, ms. */
  readonly forgetMs: number;
  readonly longestDelayMs: number;
}

const ATTEMPT_LIMITS: AttemptLimits = { free: 40, most: 120, forgetMs: 1000, longestDelayMs: 1000 };
const MOST_ADDRESSES = 10_000;
/** Answers that come late hold their connections: of more than these at once the others come at once. */
const MOST_LATE = 200;

/** What is attempted: each is counted by itself. */
export type Attempt = 'key' | 'admin' | 'enrol' | 'receipt';

interface Level {
  readonly count: number;
  readonly at: number;
}

export class FailedAttempts {
  readonly #limits: AttemptLimits;
  readonly #levels = new BoundedMap<string, Level>(MOST_ADDRESSES);
  #late = 0;

  constructor(limits: AttemptLimits = ATTEMPT_LIMITS) {
    this.#limits = limits;
  }

  /** Seconds after which an address may try again; null where it may now. For attempts that cost something even before they fail. */
  refuse(attempt: Attempt, address: string, now: number): number | null {
    const { most, forgetMs } = this.#limits;
    const over = this.#read(`${attempt} ${address}`, now) - most;
    return over > 0 ? Math.max(1, Math.ceil((over * forgetMs) / 1000)) : null;
  }

  /** One attempt has failed: resolves when it may be answered; with seconds where it is only to be told when to come back. */
  async fail(attempt: Attempt, address: string, now: number): Promise<number | null> {
    const { free, most, longestDelayMs } = this.#limits;
    const name = `${attempt} ${address}`;
    // Not much above the limit, so that it takes no longer to be forgotten than to be reached.
    const count = Math.min(this.#read(name, now) + 1, 1.5 * most);
    this.#levels.set(name, { count, at: now });
    const waitS = this.refuse(attempt, address, now);
    if (waitS !== null || count <= free || this.#late >= MOST_LATE) return waitS;
    await this.#delay((longestDelayMs * (count - free)) / (most - free));
    return null;
  }

  #read(name: string, now: number): number {
    const { count = 0, at = now } = this.#levels.get(name) ?? {};
    return Math.max(0, count - Math.max(0, now - at) / this.#limits.forgetMs);
  }

  async #delay(ms: number): Promise<void> {
    this.#late += 1;
    await new Promise((wake) => setTimeout(wake, ms)).finally(() => (this.#late -= 1));
  }
}
