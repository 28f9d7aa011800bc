// The calls of an answer, put together from what its events told of them, as any client does it.

/** A call as a whole answer tells it. */
export interface AnswerCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** What one event tells of a call: id and name where it begins. */
export interface CallText {
  readonly index: number;
  readonly id: string | null;
  readonly name: string | null;
  /** A piece of the arguments. */
  readonly arguments: string;
}

interface OpenCall {
  readonly id: string;
  readonly name: string;
  readonly pieces: string[];
}

export class JoinedCalls {
  readonly #calls: OpenCall[] = [];
  #chars = 0;

  /** UTF-16 units that are kept. */
  get chars(): number {
    return this.#chars;
  }

  /** A piece of a call that never began, be it that its beginning was lost, adds nothing. */
  add(texts: readonly CallText[]): void {
    for (const { index, id, name, arguments: given } of texts) {
      if (name !== null && index === this.#calls.length) this.#calls.push({ id: id ?? '', name, pieces: [] });
      const call = this.#calls[index];
      if (!call) continue;
      call.pieces.push(given);
      this.#chars += given.length + (name?.length ?? 0) + (id?.length ?? 0);
    }
  }

  join(): AnswerCall[] {
    return this.#calls.map(({ id, name, pieces }) => ({ id, name, arguments: pieces.join('') }));
  }
}
