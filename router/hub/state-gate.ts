// States of one home on their way to placement and presence: a few at once, then at most so many a second, of which the newest counts.
import { Bucket } from '../../schema/bucket.ts';
import { STATES } from './door-limits.ts';
import type { KeptState } from './read-state.ts';

export class StateGate {
  readonly #bucket = new Bucket();
  #held: KeptState | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** Applies the state now, or the newest of those that came meanwhile when it may. */
  offer(state: KeptState, apply: (state: KeptState) => void): void {
    const now = Date.now();
    if (this.#timer === null && this.#bucket.take(1, STATES, now)) return apply(state);
    this.#held = state;
    this.#timer ??= setTimeout(() => this.#release(apply), this.#bucket.waitMs(1, STATES, now));
  }

  /** The home is gone: what is held is of no use. */
  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#held = null;
  }

  #release(apply: (state: KeptState) => void): void {
    const state = this.#held;
    this.#timer = null;
    this.#held = null;
    this.#bucket.take(1, STATES, Date.now());
    if (state) apply(state);
  }
}
