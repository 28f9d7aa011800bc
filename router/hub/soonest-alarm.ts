// The one alarm that the platform gives an object: set for the soonest of all that ask for it.

export class SoonestAlarm {
  readonly #storage: DurableObjectStorage;
  #at = Infinity;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** ms since epoch; infinity for none. */
  get at(): number {
    return this.#at;
  }

  /** The alarm that an earlier life of the object asked for stands. */
  async recall(): Promise<void> {
    this.#at = (await this.#storage.getAlarm()) ?? Infinity;
  }

  /** It rings: none is set any more. */
  noteRung(): void {
    this.#at = Infinity;
  }

  /** Wakes the object at `at`, ms since epoch, or sooner; never for infinity. */
  async wakeBy(at: number): Promise<void> {
    if (at >= this.#at) return;
    this.#at = at;
    await this.#storage.setAlarm(at);
  }
}
