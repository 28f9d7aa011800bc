// Whether this home has anything to share yet. A home joins its network only then: a code works once, and must not be spent on an address with a
// typing error in it.

export class FirstOffer {
  #hasOffer = false;
  #waiters: (() => void)[] = [];

  /** After each look at the backends. */
  note(hasModels: boolean): void {
    this.#hasOffer ||= hasModels;
    if (this.#hasOffer) for (const go of this.#waiters.splice(0)) go();
  }

  /** True from the first look that found something, whatever becomes of it. */
  get isThere(): boolean {
    return this.#hasOffer;
  }

  /** Resolves when it is there, or when `signal` aborts. */
  wait(signal: AbortSignal): Promise<void> {
    if (this.#hasOffer || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}
