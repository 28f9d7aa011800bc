// How long a caller has waited of what it allows: for the first of an answer, and then anew for each next piece of it.
import { stretchPatience } from '../../schema/timings.ts';

/** A limit is found to be reached within this time. */
const BEYOND_MS = 3000;

export class CallerWait {
  readonly #leastMs: number;
  readonly #mostMs: number;
  #limitMs: number;
  #sinceAt: number | null;

  /** The wait begins at once. `leastMs` is the limit; that of a first token may grow to `mostMs`. */
  constructor({ leastMs, mostMs }: { leastMs: number; mostMs: number }, now: number) {
    this.#leastMs = leastMs;
    this.#mostMs = mostMs;
    this.#limitMs = leastMs;
    this.#sinceAt = now;
  }

  /** The caller wants more: it waits from now on, where it has not waited already. */
  begin(): void {
    this.#sinceAt ??= Date.now();
  }

  /** The caller has something to read, however slowly it does. */
  end(): void {
    this.#sinceAt = null;
    this.#limitMs = this.#leastMs;
  }

  /** A home has begun that is expected to say its first after `expectedMs`. */
  expect(expectedMs: number): void {
    this.#limitMs = stretchPatience(this.#limitMs, { expectedMs, mostMs: this.#mostMs });
  }

  /** The limit that was reached, ms: the longest there is where a home that gave signs of work was waited for beyond the usual one. */
  get reachedMs(): number {
    return this.leftMs > 0 || this.#waitedMs < this.#limitMs + BEYOND_MS ? this.#limitMs : this.#mostMs;
  }

  get #waitedMs(): number {
    const now = Date.now();
    return now - (this.#sinceAt ?? now);
  }

  /** What is left of the limit, ms: homes that were lost on the way have used some of it. */
  get leftMs(): number {
    return this.#leftOf(this.#limitMs);
  }

  /** The same, and what would be left if the limit grew as far as it may. */
  get left(): { readonly leftMs: number; readonly mostLeftMs: number } {
    return { leftMs: this.leftMs, mostLeftMs: this.#leftOf(Math.max(this.#limitMs, this.#mostMs)) };
  }

  #leftOf(limitMs: number): number {
    return Math.max(0, limitMs - this.#waitedMs);
  }
}
