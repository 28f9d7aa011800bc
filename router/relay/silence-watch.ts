// Notices that something awaited again and again has stopped coming: one timer for a whole job, since a timer for each chunk would cost more than the chunk.

const TICK_MS = 1000;

export class SilenceWatch {
  readonly #onSilent: () => void;
  #ticker: ReturnType<typeof setInterval> | null = null;
  #deadlineAt = Infinity;

  /** `onSilent` is called up to a second after the deadline, and again each second until something is heard. */
  constructor(onSilent: () => void) {
    this.#onSilent = onSilent;
  }

  /** Something is waited for now, at most `waitMs`. */
  await(waitMs: number): void {
    this.#deadlineAt = Date.now() + waitMs;
    this.#ticker ??= setInterval(() => {
      if (Date.now() > this.#deadlineAt) this.#onSilent();
    }, TICK_MS);
  }

  /** It came, or is not waited for any more. */
  hear(): void {
    this.#deadlineAt = Infinity;
  }

  /** Nothing will be waited for again. */
  stop(): void {
    this.hear();
    if (this.#ticker) clearInterval(this.#ticker);
    this.#ticker = null;
  }
}
