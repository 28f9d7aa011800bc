// The exact count of an answer as it passes, where the router carries its model's tokenizer. What frames say is kept as JSON writes it and read in
// pieces of some thousand characters: a chunk costs no more than a place in a list.
import { concatBytes } from '../../schema/bytes.ts';
import { findLastSeam } from './find-seam.ts';
import type { GrowingCount } from './growing-count.ts';
import type { TokenCounter } from './tokenizers.ts';

const PIECE_BYTES = 4096;

// A mark of byte order is a character like others.
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

export class ExactMeter {
  readonly #all: GrowingCount;
  readonly #thinking: GrowingCount;
  /** Tokens that stood there before. */
  readonly #before: number;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #isThinking = false;

  /** `before`: the answer that this one goes on with; its end may join with what comes. */
  constructor(counter: TokenCounter, before: string) {
    this.#all = counter.grow();
    this.#thinking = counter.grow();
    this.#all.add(before.slice(findLastSeam(before)));
    this.#before = this.#all.count();
  }

  /** The characters of a JSON string that are whole, as their bytes stand in an event. */
  add(json: Uint8Array, isThinking: boolean): void {
    if (isThinking !== this.#isThinking) this.#read();
    this.#isThinking = isThinking;
    this.#pieces.push(json);
    this.#bytes += json.length;
    if (this.#bytes >= PIECE_BYTES) this.#read();
  }

  /** Tokens that the answer has grown by at most, without counting anew. */
  get most(): number {
    return Math.max(0, this.#all.most + this.#bytes - this.#before);
  }

  /** Tokens that the answer has grown by. */
  count(): number {
    this.#read();
    return Math.max(0, this.#all.count() - this.#before);
  }

  countThinking(): number {
    this.#read();
    return this.#thinking.count();
  }

  #read(): void {
    if (this.#bytes === 0) return;
    const text = JSON.parse(`"${decoder.decode(concatBytes(this.#pieces))}"`) as string;
    this.#pieces = [];
    this.#bytes = 0;
    this.#all.add(text);
    if (this.#isThinking) this.#thinking.add(text);
  }
}
