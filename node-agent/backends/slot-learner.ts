// Which answers run on a server now, and what they teach of how many it gives at once. The rule is learn-slots.ts.

import { learnFromBusy, learnFromFirst, startSlots, type LearnedSlots } from './learn-slots.ts';
import type { Product } from './probe-server.ts';

/** One answer, from its request to its end. */
export interface Seat {
  /** A piece of it came; only the first counts. */
  hear(): void;
  /** It is over. `isBusy`: the server would not take it. */
  leave(isBusy: boolean): void;
}

interface Running {
  readonly askedAt: number;
  readonly isAlone: boolean;
  /** An answer that ran beside it has ended since: that may have been what it waited for. */
  hasSeenAnEnd: boolean;
  isFlowing: boolean;
}

export class SlotLearner {
  readonly #now: () => number;
  readonly #onChange: () => void;
  readonly #running = new Set<Running>();
  #product: Product = 'unknown';
  #learned: LearnedSlots = startSlots('unknown');
  #aloneMs: number | null = null;

  /** `onChange` is called when the limit changed. */
  constructor(doors: { readonly now?: (() => number) | undefined; readonly onChange: () => void }) {
    this.#now = doors.now ?? performance.now.bind(performance);
    this.#onChange = doors.onChange;
  }

  /** Answers at once, as far as is known. */
  get limit(): number {
    return this.#learned.limit;
  }

  /** Which product it is; another one is learned anew. */
  noteProduct(product: Product): void {
    if (product === this.#product) return;
    this.#product = product;
    this.#learned = startSlots(product);
  }

  /** An answer is asked for. */
  sit(): Seat {
    const isAlone = this.#running.size === 0;
    const running: Running = { askedAt: this.#now(), isAlone, hasSeenAnEnd: false, isFlowing: false };
    this.#running.add(running);
    return { hear: () => this.#hear(running), leave: (isBusy) => this.#leave(running, isBusy) };
  }

  #hear(running: Running): void {
    if (running.isFlowing) return;
    running.isFlowing = true;
    const now = this.#now();
    const waitedMs = now - running.askedAt;
    if (running.isAlone) this.#aloneMs = waitedMs;
    const flowing = [...this.#running].filter(({ isFlowing }) => isFlowing).length;
    const { hasSeenAnEnd } = running;
    this.#learn(learnFromFirst(this.#learned, { now, waitedMs, flowing, hasSeenAnEnd, aloneMs: this.#aloneMs }));
  }

  #leave(running: Running, isBusy: boolean): void {
    if (!this.#running.delete(running)) return;
    for (const other of this.#running) other.hasSeenAnEnd ||= running.isFlowing;
    if (isBusy) this.#learn(learnFromBusy(this.#learned, { others: this.#running.size, now: this.#now() }));
  }

  #learn(learned: LearnedSlots): void {
    const isChanged = learned.limit !== this.#learned.limit;
    this.#learned = learned;
    if (isChanged) this.#onChange();
  }
}
