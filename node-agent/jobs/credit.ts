// Flow control of one job: event bytes that the hub still allows (token ids are not counted). Arithmetic only; who waits is decided elsewhere.

export class Credit {
  #available: number;

  constructor(bytes: number) {
    this.#available = bytes;
  }

  /** Event bytes that may leave now. */
  get available(): number {
    return this.#available;
  }

  /** The hub allows more. */
  grant(bytes: number): void {
    this.#available = Math.min(this.#available + bytes, Number.MAX_SAFE_INTEGER);
  }

  /** Takes bytes for a frame; false, and nothing taken, when they are not allowed yet. */
  take(bytes: number): boolean {
    if (bytes > this.#available) return false;
    this.#available -= bytes;
    return true;
  }
}
