// Which answers run on a server now, and what they teach of how many it gives at once. The rule is learn-slots.ts.

import { learnFromBusy, learnFromFirst, startSlots, type LearnedSlots } from './learn-slots.ts';
import type { Product } from './probe-server.ts';
import type { VllmLoad } from './read-vllm-metrics.ts';

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

const FULL_LOOKS = 2;

export class SlotLearner {
  readonly #now: () => number;
  readonly #onChange: () => void;
  readonly #running = new Set<Running>();
  #product: Product = 'unknown';
  #learned: LearnedSlots = startSlots('unknown');
  #aloneMs: number | null = null;
  #load: VllmLoad | null = null;
  #fullLooks = 0;

  /** `onChange` is called when the limit changed. */
  constructor(doors: { readonly now?: (() => number) | undefined; readonly onChange: () => void }) {
    this.#now = doors.now ?? performance.now.bind(performance);
    this.#onChange = doors.onChange;
  }

  /** Answers at once, as far as is known. */
  get limit(): number {
    return this.#learned.limit;
  }

  /** Which product it is, and what it says of its load; another product is learned anew. */
  noteProduct(product: Product, load?: VllmLoad): void {
    if (product !== this.#product) this.#learned = startSlots(product, load?.cacheTokens);
    this.#product = product;
    if (load && load !== this.#load) this.#hearLoad(load);
  }

  /** Answers that wait for room at two looks in a row are no chance: it gives no more at once than those that it works on. */
  #hearLoad(load: VllmLoad): void {
    const { running, waiting } = load;
    this.#load = load;
    this.#fullLooks = (running ?? 0) > 0 && (waiting ?? 0) > 0 ? this.#fullLooks + 1 : 0;
    if (this.#fullLooks < FULL_LOOKS) return;
    this.#fullLooks = 0;
    this.#learned = learnFromBusy(this.#learned, { others: running ?? 1, now: this.#now() });
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
