// A work that many ask for and that is done for all of them together: one run at a time, runs a while apart, and whoever asks meanwhile shares the next.

export class OneAtATime {
  readonly #work: () => Promise<void>;
  readonly #everyMs: number;
  #startedAt = -Infinity;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  constructor(work: () => Promise<void>, everyMs: number) {
    this.#work = work;
    this.#everyMs = everyMs;
  }

  /** Resolves, or rejects as the work does, when a run that began after this call has ended. */
  run(): Promise<void> {
    this.#next ??= this.#begin();
    return this.#next;
  }

  async #begin(): Promise<void> {
    await this.#running.catch(() => undefined);
    const waitMs = this.#startedAt + this.#everyMs - Date.now();
    if (waitMs > 0) await new Promise((wake) => setTimeout(wake, waitMs));
    this.#startedAt = Date.now();
    this.#running = this.#work();
    this.#next = null;
    await this.#running;
  }
}
