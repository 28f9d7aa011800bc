// Counts the model server's tokens in a stream of bytes, however the network splits them, and keeps the end to look at.
import { WORD } from '../test/model-server.ts';

const MARK = Buffer.from(WORD);
const EMPTY: Buffer = Buffer.alloc(0);

export class TokenCounter {
  readonly #expected: number;
  #rest: Buffer = EMPTY;
  #end: Buffer[] = [];
  tokens = 0;

  /** `expected` tokens; what comes with the last of them and after it is kept as the end. */
  constructor(expected: number) {
    this.#expected = expected;
  }

  /** Takes the next bytes; gives back how many tokens they completed. */
  push(chunk: Buffer): number {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let found = 0;
    let from = 0;
    for (let at = bytes.indexOf(MARK); at !== -1; at = bytes.indexOf(MARK, from)) {
      found += 1;
      from = at + MARK.length;
    }
    this.#rest = bytes.subarray(Math.max(from, bytes.length - MARK.length + 1));
    this.tokens += found;
    if (this.tokens >= this.#expected) this.#end.push(chunk);
    return found;
  }

  /** Text from the last expected token on. */
  end(): string {
    return Buffer.concat(this.#end).toString('utf8');
  }
}
