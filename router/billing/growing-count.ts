// The exact number of tokens of a text that comes piece by piece, at any length: what lies before a seam is counted once and forgotten, so that
// together it takes no longer than one count at the end, and never holds up the thread for more than a piece.
import type { Encode } from './count-tokens.ts';
import { findFirstSeam, findLastSeam } from './find-seam.ts';

/** Counted at once, in UTF-16 units: about 2.5 ms. */
const PIECE_CHARS = 4096;
/** A row of characters without a seam is counted whole up to this length; no writing has one. */
const MAX_RUN_CHARS = 16_384;

const encoder = new TextEncoder();

export class GrowingCount {
  readonly #encode: Encode;
  readonly #longestBytes: number;
  #counted = 0;
  #pending = '';
  /** Bytes of a row that is too long to be counted: it comes to at least one token for each of the vocabulary's longest. */
  #runBytes = 0;

  /** `longestBytes`: of the vocabulary's longest token. */
  constructor(encode: Encode, longestBytes: number) {
    this.#encode = encode;
    this.#longestBytes = longestBytes;
  }

  /** Goes on. No surrogate pair may be cut in two. */
  add(text: string): void {
    this.#pending += text;
    while (this.#pending.length >= PIECE_CHARS && this.#settle());
  }

  /** Tokens of all that was added, or of a row too long to count a number that it is not below. */
  count(): number {
    const run = this.#countRun();
    return this.#counted + run + (this.#pending === '' ? 0 : this.#encode(this.#pending).length);
  }

  /** At most so many, at once: a token is a byte or more. */
  get most(): number {
    return this.#counted + this.#countRun() + encoder.encode(this.#pending).length;
  }

  /** Counts a piece of what waits; false where it has to wait for more. */
  #settle(): boolean {
    if (this.#runBytes > 0) return this.#goOnWithRun();
    const seam = findLastSeam(this.#pending.slice(0, PIECE_CHARS)) || findFirstSeam(this.#pending);
    if (seam > 0 && seam <= MAX_RUN_CHARS) {
      this.#counted += this.#encode(this.#pending.slice(0, seam)).length;
      this.#pending = this.#pending.slice(seam);
      return true;
    }
    if (this.#pending.length <= MAX_RUN_CHARS) return false;
    return this.#goOnWithRun();
  }

  /** The row ends at the first seam; false where it has not ended. */
  #goOnWithRun(): boolean {
    const seam = findFirstSeam(this.#pending);
    this.#take(seam > 0 ? seam : this.#pending.length);
    if (seam === 0) return false;
    this.#counted += this.#countRun();
    this.#runBytes = 0;
    return true;
  }

  #take(chars: number): void {
    this.#runBytes += encoder.encode(this.#pending.slice(0, chars)).length;
    this.#pending = this.#pending.slice(chars);
  }

  #countRun(): number {
    return Math.ceil(this.#runBytes / this.#longestBytes);
  }
}
