// What a start has begun and must end, in reverse order, whether it ends well, by a fault or by Ctrl-C.

/** Collects ends. Adding to one that is already ending ends the newcomer at once. */
export class Started {
  readonly #ends: (() => Promise<void> | void)[] = [];
  #ending: Promise<void> | null = null;

  /** Takes note of something to end later. */
  add(end: () => Promise<void> | void): void {
    if (this.#ending === null) this.#ends.push(end);
    else this.#ending = this.#ending.then(async () => endOne(end));
  }

  /** True once `end` was called. */
  get isEnding(): boolean {
    return this.#ending !== null;
  }

  /** Ends everything, last begun first; a part that fails to end does not keep the others from it. */
  async end(): Promise<void> {
    this.#ending ??= this.#endAll();
    return this.#ending;
  }

  async #endAll(): Promise<void> {
    for (const end of this.#ends.toReversed()) await endOne(end);
  }
}

async function endOne(end: () => Promise<void> | void): Promise<void> {
  try {
    await end();
  } catch {
    return;
  }
}
