// The answer of one run as it grows: tokens go in, whole characters clear of any stop string come out. Holds what waits.

import type { Delta } from './backend.ts';
import { countOpenBytes, findHold, findStop, type TokenBytes } from './decode-text.ts';

/** Tokens that make up whole characters together. */
interface Piece {
  readonly ids: readonly number[];
  readonly text: string;
}

/** What callers already have of the tokens that this home makes again: how many, and their text. */
export interface Told {
  readonly tokens: number;
  readonly text: string;
}

const NOTHING_TOLD: Told = { tokens: 0, text: '' };

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export class AnswerText {
  readonly #bytesOf: TokenBytes;
  readonly #stops: readonly string[];
  #openIds: number[] = [];
  #openBytes: Uint8Array = new Uint8Array(0);
  #held: Piece[] = [];
  #told: Told;

  /** `told` is what callers already have of the next tokens: it does not come out again. */
  constructor(bytesOf: TokenBytes, stops: readonly string[], told: Told = NOTHING_TOLD) {
    this.#bytesOf = bytesOf;
    this.#stops = stops;
    this.#told = told;
  }

  /** Takes the next token. `delta` is what may be shown now, `stopped` says that a stop string was met and nothing follows. */
  push(id: number): { delta: Delta | null; stopped: boolean } {
    this.#openIds.push(id);
    this.#openBytes = joinBytes(this.#openBytes, this.#bytesOf(id) ?? new Uint8Array(0));
    if (countOpenBytes(this.#openBytes) > 0) return { delta: null, stopped: false };
    this.#closePiece();
    const text = this.#held.map((piece) => piece.text).join('');
    const stopAt = findStop(text, this.#stops);
    if (stopAt >= 0) return { delta: this.#cut(stopAt), stopped: true };
    return { delta: this.#release(findHold(text, this.#stops)), stopped: false };
  }

  /** The end: what was held is shown; a character that never became whole appears as U+FFFD. */
  flush(): Delta | null {
    if (this.#openIds.length > 0) this.#closePiece();
    return this.#release(Infinity);
  }

  #closePiece(): void {
    this.#held.push({ ids: this.#openIds, text: decoder.decode(this.#openBytes) });
    this.#openIds = [];
    this.#openBytes = new Uint8Array(0);
  }

  /** Gives the pieces that end at or before `limit` (UTF-16 units of the held text). */
  #release(limit: number): Delta | null {
    const ids: number[] = [];
    let text = '';
    while (this.#held[0] !== undefined && text.length + this.#held[0].text.length <= limit) {
      text += this.#held[0].text;
      ids.push(...this.#held[0].ids);
      this.#held.shift();
    }
    return this.#give(ids, text);
  }

  /** Gives the held text up to `stopAt`; a token that the stop string cuts in two counts as shown. */
  #cut(stopAt: number): Delta | null {
    const ids: number[] = [];
    let text = '';
    for (const piece of this.#held) {
      if (text.length >= stopAt) break;
      ids.push(...piece.ids);
      text += piece.text;
    }
    this.#held = [];
    return this.#give(ids, text.slice(0, stopAt));
  }

  /** Leaves out what callers already have. Throws when the tokens made again are not theirs: whatever followed would be wrong. */
  #give(ids: number[], text: string): Delta | null {
    if (ids.length === 0) return null;
    const { tokens, text: told } = this.#told;
    const isSame = text.length < told.length ? told.startsWith(text) : text.startsWith(told);
    if (!isSame) throw new Error('this home does not make the answer that was begun elsewhere');
    const freshIds = ids.slice(tokens);
    const freshText = text.slice(told.length);
    this.#told = { tokens: Math.max(0, tokens - ids.length), text: told.slice(text.length) };
    if (freshIds.length === 0 && freshText === '') return null;
    return { text: freshText, tokens: freshIds.length, tokenIds: freshIds };
  }
}

/** Cuts ids into pieces of whole characters; ids at the end that make no whole one are left out. */
export function splitPieces(ids: readonly number[], bytesOf: TokenBytes): Piece[] {
  const pieces: Piece[] = [];
  let openIds: number[] = [];
  let openBytes: Uint8Array = new Uint8Array(0);
  for (const id of ids) {
    openIds.push(id);
    openBytes = joinBytes(openBytes, bytesOf(id) ?? new Uint8Array(0));
    if (countOpenBytes(openBytes) > 0) continue;
    pieces.push({ ids: openIds, text: decoder.decode(openBytes) });
    openIds = [];
    openBytes = new Uint8Array(0);
  }
  return pieces;
}

function joinBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
