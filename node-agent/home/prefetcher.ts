// Hints that callers want a model which is not in memory here: heeded when the home is idle and its owner lets models be loaded.
import type { Log } from '../log.ts';
import type { ModelShelf } from './model-shelf.ts';

interface PrefetcherDoors {
  readonly shelf: ModelShelf;
  /** False while the home is paused, busy, or its owner loads models himself. */
  readonly mayLoad: () => boolean;
  readonly log: Log;
  /** ms of a monotonic clock. */
  readonly now: () => number;
}

/** Follows one hint in this time at most: a network that changes its mind must not keep a home's disk busy. */
const GAP_MS = 60_000;

export class Prefetcher {
  readonly #doors: PrefetcherDoors;
  #lastAt = Number.NEGATIVE_INFINITY;
  #isLoading = false;

  constructor(doors: PrefetcherDoors) {
    this.#doors = doors;
  }

  /** Loads the model, or does nothing: a hint is no order. Resolves when it is done; never rejects. */
  async hint(name: string): Promise<void> {
    const { shelf, mayLoad, log, now } = this.#doors;
    const served = shelf.find(name);
    if (!served.ok || served.value.loadMs === 0 || this.#isLoading || !mayLoad() || now() - this.#lastAt < GAP_MS)
      return;
    this.#lastAt = now();
    this.#isLoading = true;
    try {
      log.info('loading a model that callers ask for', { model: name, aboutMs: served.value.loadMs });
      await shelf.load(served.value.backend, name);
      await shelf.refresh();
    } finally {
      this.#isLoading = false;
    }
  }
}
