// The calls of one answer as a server's pieces of them come: which call each belongs to, under numbers that count from 0 and ids that clients can send back.
// Servers number them from anywhere, give all of them one number, repeat names under other ids, or leave ids out. Of one answer.

import { parseJson } from '../../schema/json.ts';

/** A piece of a call as a server wrote it; null where it said nothing. */
export interface RawCall {
  readonly index: number | null;
  readonly id: string | null;
  readonly name: string | null;
  /** A piece of the arguments' JSON text. */
  readonly text: string;
}

/** A piece as it is handed on: name and id once, where the call begins. */
export interface CallPiece {
  /** From 0, in the order in which calls began. */
  readonly index: number;
  readonly begun?: { readonly id: string; readonly name: string };
  readonly text: string;
}

interface Call {
  readonly rawIndex: number | null;
  readonly rawId: string | null;
  readonly name: string;
  /** False for one past the limit: nothing of it is handed on. */
  readonly isTaken: boolean;
  /** Of its arguments, so far. */
  text: string;
}

/** What callers may send back as it is. */
const PLAIN_ID = /^[\w.:-]{1,64}$/;
const NAME = /^[\w.:/-]{1,128}$/;
/** More calls than any answer was seen to make. */
export const MOST_CALLS = 256;

export class CallReading {
  readonly #makeId: () => string;
  readonly #most: number;
  readonly #calls: Call[] = [];

  /** `makeId`: a fresh id, for a call to which its server gives none. `most`: calls that are handed on; what follows is left out, whole. */
  constructor(makeId: () => string, most = MOST_CALLS) {
    this.#makeId = makeId;
    this.#most = Math.min(most, MOST_CALLS);
  }

  get count(): number {
    return Math.min(this.#calls.length, this.#most);
  }

  /** Null for a piece that says nothing, or belongs to nothing. */
  take(raw: RawCall): CallPiece | null {
    const at = this.#find(raw);
    if (at >= 0) return this.#goOn(at, raw.text);
    if (raw.name === null || !NAME.test(raw.name) || this.#calls.length >= MOST_CALLS) return null;
    const isTaken = this.#calls.length < this.#most;
    this.#calls.push({ rawIndex: raw.index, rawId: raw.id, name: raw.name, isTaken, text: raw.text });
    if (!isTaken) return null;
    const id = raw.id !== null && PLAIN_ID.test(raw.id) ? raw.id : this.#makeId();
    return { index: this.#calls.length - 1, begun: { id, name: raw.name }, text: raw.text };
  }

  /** The answer is complete: calls without arguments get empty ones, which clients can parse. */
  takeRest(): CallPiece[] {
    return this.#calls.flatMap(({ isTaken, text }, index) => (isTaken && text === '' ? [{ index, text: '{}' }] : []));
  }

  #goOn(index: number, text: string): CallPiece | null {
    const call = this.#calls[index];
    if (!call || text === '') return null;
    call.text += text;
    return call.isTaken ? { index, text } : null;
  }

  /** Which call a piece goes on with; -1 where it begins one. */
  #find({ index, id, name }: RawCall): number {
    const last = this.#calls.length - 1;
    if (last < 0) return -1;
    const same = id === null ? -1 : this.#calls.findLastIndex(({ rawId }) => rawId === id);
    if (same >= 0) return same;
    const at = index === null ? last : this.#calls.findLastIndex(({ rawIndex }) => rawIndex === index);
    const call = this.#calls[at];
    // A name begins a call, but for servers that say it with each piece: vLLM up to 0.8, with another id each time.
    const isRepeated = index !== null && call?.name === name && parseJson(call.text) === undefined;
    return name === null || isRepeated ? at : -1;
  }
}
