// Calls and answers of contracts as Solidity encodes them, for whoever speaks to a chain by plain JSON-RPC: words of 32 bytes, and what stands behind them
// where its length is not known beforehand. Pure.
import { keccak256 } from './chosen-curve.ts';
import { toHex } from './bytes.ts';
import type { Hex } from './bytes.ts';

const WORD_DIGITS = 64;
/** More calls than fit into a block: who proposes with so many that nobody can read them would blind all voters, for all other proposals too. */
const MOST_ITEMS = 10_000;

/** Of a function, as Solidity writes it: what its calls begin with. */
export function makeSelector(signature: string): Hex {
  return toHex(keccak256(new TextEncoder().encode(signature)).subarray(0, 4));
}

/** Of an event: what its logs are found by. */
export function makeTopic(signature: string): Hex {
  return toHex(keccak256(new TextEncoder().encode(signature)));
}

/** A call whose arguments are single words. Throws RangeError for a number of more than 256 bits. */
export function makeCall(signature: string, ...args: readonly (number | bigint | Hex)[]): Hex {
  return `${makeSelector(signature)}${args.map(makeWord).join('')}`;
}

/** A number, or hex digits that are one: without `0x`. */
export function makeWord(value: number | bigint | Hex): string {
  const digits = typeof value === 'string' ? value.slice(2).toLowerCase() : value.toString(16);
  if (digits.length > WORD_DIGITS || !/^[0-9a-f]+$/.test(digits)) throw new RangeError('not a number of 256 bits');
  return digits.padStart(WORD_DIGITS, '0');
}

/** What is read, word by word. Every method throws RangeError where there is no such thing. */
export class AbiWords {
  readonly #digits: string;

  /** `data`: hex digits behind `0x`, without a selector; `count`: how many words it must have, where that is known. */
  constructor(data: string, count?: number) {
    this.#digits = data.replace(/^0x/, '').toLowerCase();
    if (!/^[0-9a-f]*$/.test(this.#digits)) throw new RangeError('not hex');
    if (count !== undefined && this.#digits.length !== count * WORD_DIGITS)
      throw new RangeError(`not an answer of ${count} words`);
  }

  word(place: number): string {
    const word = this.#digits.slice(place * WORD_DIGITS, (place + 1) * WORD_DIGITS);
    if (word.length !== WORD_DIGITS) throw new RangeError(`there is no word ${place}`);
    return word;
  }

  big(place: number): bigint {
    return BigInt(`0x${this.word(place)}`);
  }

  number(place: number): number {
    const number = Number(this.big(place));
    if (!Number.isSafeInteger(number)) throw new RangeError(`word ${place} is no number of this world`);
    return number;
  }

  address(place: number): Hex {
    const word = this.word(place);
    if (!word.startsWith('0'.repeat(24))) throw new RangeError(`word ${place} is no address`);
    return `0x${word.slice(24)}`;
  }

  /** What begins where the word at `place` says, counted from the first word: a list, a text or bytes, without its length. */
  #behind(place: number): { readonly length: number; readonly rest: AbiWords } {
    const start = this.number(place) * 2;
    const rest = new AbiWords(this.#digits.slice(start));
    return { length: rest.number(0), rest: new AbiWords(this.#digits.slice(start + WORD_DIGITS)) };
  }

  bytes(place: number): Hex {
    const { length, rest } = this.#behind(place);
    if (rest.#digits.length < 2 * length) throw new RangeError(`the bytes at ${place} are cut off`);
    return `0x${rest.#digits.slice(0, 2 * length)}`;
  }

  text(place: number): string {
    const bytes = this.bytes(place).slice(2);
    return new TextDecoder().decode(Uint8Array.from(bytes.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)));
  }

  /** `read` gets the list's own words and a place in them. */
  list<T>(place: number, read: (words: AbiWords, place: number) => T): T[] {
    const { length, rest } = this.#behind(place);
    if (length > MOST_ITEMS) throw new RangeError(`the list at ${place} is too long`);
    return Array.from({ length }, (_, i) => read(rest, i));
  }
}
