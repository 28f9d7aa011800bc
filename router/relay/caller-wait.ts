// How long a caller has waited of what it allows: for the first of an answer, and then anew for each next piece of it.

export class CallerWait {
  readonly #limitMs: number;
  #sinceAt: number | null;

  /** The wait begins at once. */
  constructor(limitMs: number, now: number) {
    this.#limitMs = limitMs;
    this.#sinceAt = now;
  }

  /** The caller wants more: it waits from now on, where it has not waited already. */
  begin(): void {
    this.#sinceAt ??= Date.now();
  }

  /** The caller has something to read, however slowly it does. */
  end(): void {
    this.#sinceAt = null;
  }

  /** What is left of the limit, ms: homes that were lost on the way have used some of it. */
  get leftMs(): number {
    const now = Date.now();
    return Math.max(0, this.#limitMs - (now - (this.#sinceAt ?? now)));
  }
}
