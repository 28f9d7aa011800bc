// A server that continues a text may repeat some of it. This takes off what callers have read already, and holds a beginning back until it is
// clear whether it is a repetition.

/** A beginning that equals this many characters of the text so far is a repetition; fewer may be chance. */
const ECHO_CHARS = 16;

/**
 * The text so far as a server is given it: without the white space at its end. Each template treats such space in its own way, and tokenizers
 * join it to the next word; so the model writes it once more, and `Continuation` takes it off.
 */
export function trimForServer(text: string): string {
  return text.trimEnd();
}

export class Continuation {
  readonly #given: string;
  #space: string;
  #stage: 'echo' | 'space' | 'open';
  #held = '';
  #hasEchoed = false;

  /** `told` is what callers have read; `given` what the server was given of it; `echoes` says that this server was seen to repeat it. */
  constructor(told: string, given: string, echoes: boolean) {
    this.#given = given;
    this.#space = told.slice(trimForServer(told).length);
    this.#stage = given !== '' && (echoes || given.length >= ECHO_CHARS) ? 'echo' : 'space';
  }

  /** True once the server was seen to repeat what it was given. */
  get hasEchoed(): boolean {
    return this.#hasEchoed;
  }

  /** What the server was given of the answer. */
  get given(): string {
    return this.#given;
  }

  /** Takes the server's next text and gives what is new of it; '' while that cannot be told yet. */
  push(text: string): string {
    if (this.#stage === 'open') return text;
    this.#held += text;
    if (this.#stage === 'echo' && !this.#passEcho()) return '';
    return this.#passSpace(false);
  }

  /** The answer ended: a beginning that is still undecided was no repetition. */
  end(): string {
    this.#stage = 'open';
    return this.#passSpace(true);
  }

  #passEcho(): boolean {
    if (this.#held.length < this.#given.length && this.#given.startsWith(this.#held)) return false;
    this.#hasEchoed = this.#held.startsWith(this.#given);
    if (this.#hasEchoed) this.#held = this.#held.slice(this.#given.length);
    this.#stage = 'space';
    return true;
  }

  /** Takes off the white space that was told already, as far as the server writes the same. */
  #passSpace(isEnd: boolean): string {
    if (!isEnd && this.#held.length < this.#space.length && this.#space.startsWith(this.#held)) return '';
    this.#stage = 'open';
    let same = 0;
    while (same < this.#space.length && this.#held[same] === this.#space[same]) same += 1;
    const text = this.#held.slice(same);
    this.#held = '';
    this.#space = '';
    return text;
  }
}
