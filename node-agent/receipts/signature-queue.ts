// Checks signatures one in each turn of the event loop: a check costs about a millisecond, and streams must flow in between.

export class SignatureQueue {
  #urgent: (() => void)[] = [];
  #patient: (() => void)[] = [];
  #isRunning = false;

  /** Runs `work` in a later turn, before everything that can wait. */
  run<T>(work: () => T): Promise<T> {
    return this.#enqueue(this.#urgent, work);
  }

  /** Runs `work` when nothing urgent waits. */
  runLater<T>(work: () => T): Promise<T> {
    return this.#enqueue(this.#patient, work);
  }

  #enqueue<T>(queue: (() => void)[], work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      queue.push(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
      if (!this.#isRunning) this.#next();
    });
  }

  #next(): void {
    this.#isRunning = true;
    setImmediate(() => {
      const work = this.#urgent.shift() ?? this.#patient.shift();
      work?.();
      if (this.#urgent.length + this.#patient.length > 0) this.#next();
      else this.#isRunning = false;
    });
  }
}
