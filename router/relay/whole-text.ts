// The text of an answer as its events come: each is read and dropped, since its wrapping is some twenty times its text.
import type { AnswerFormat } from '../../schema/answers.ts';
import type { AnswerText } from '../../schema/chunks.ts';
import { JoinedCalls } from '../../schema/joined-calls.ts';
import { countLogprobChars } from '../../schema/logprobs.ts';
import type { TokenLogprob } from '../../schema/logprobs.ts';
import { LAST_WORD, readLastWord } from '../../schema/records.ts';
import type { PartTold } from '../../schema/records.ts';

/** Pieces are joined when they come to this: a text made of a million of them takes ten times its length. */
const BLOCK_CHARS = 16 * 1024;

export class WholeText {
  readonly #readEvents: AnswerFormat['readEvents'];
  readonly #decoder = new TextDecoder();
  readonly #text = new Pieces();
  readonly #thinking = new Pieces();
  readonly #calls = new JoinedCalls();
  readonly #logprobs: TokenLogprob[] = [];
  #logprobChars = 0;
  /** The beginning of an event whose end has not come. */
  #rest = '';
  #told: PartTold | null = null;

  constructor({ readEvents }: Pick<AnswerFormat, 'readEvents'>) {
    this.#readEvents = readEvents;
  }

  /** UTF-16 units that are kept. */
  get chars(): number {
    return this.#text.chars + this.#thinking.chars + this.#calls.chars + this.#logprobChars + this.#rest.length;
  }

  /** Its hub's last word has come. */
  get isOver(): boolean {
    return this.#told !== null;
  }

  add(events: Uint8Array): void {
    const piece = this.#decoder.decode(events, { stream: true });
    // Looked for where it may be new: what is without an end is not searched anew with each piece.
    const joint = this.#rest.endsWith('\n') ? '\n' : '';
    const end = (joint + piece).lastIndexOf('\n\n');
    if (end < 0) {
      this.#rest += piece;
      return;
    }
    const cut = end + 2 - joint.length;
    this.#read(this.#rest + piece.slice(0, cut));
    this.#rest = piece.slice(cut);
  }

  /** All of it, and the hub's last word where it came; nothing can be added afterwards. */
  end(): AnswerText & { readonly told: PartTold | null } {
    this.#read(this.#rest + this.#decoder.decode());
    this.#rest = '';
    const said = { text: this.#text.join(), thinking: this.#thinking.join(), calls: this.#calls.join() };
    return { ...said, ...(this.#logprobs.length > 0 && { logprobs: this.#logprobs }), told: this.#told };
  }

  #read(events: string): void {
    const at = events.lastIndexOf(LAST_WORD);
    if (at >= 0) this.#told = readLastWord(events.slice(at));
    this.#add(at < 0 ? events : events.slice(0, at));
  }

  #add(events: string): void {
    const { text, thinking, calls, logprobs } = this.#readEvents(events);
    this.#text.add(text);
    this.#thinking.add(thinking);
    this.#calls.add(calls);
    if (!logprobs) return;
    for (const one of logprobs) this.#logprobs.push(one);
    this.#logprobChars += countLogprobChars(logprobs);
  }
}

class Pieces {
  readonly #blocks: string[] = [];
  #small: string[] = [];
  #smallChars = 0;
  chars = 0;

  add(piece: string): void {
    if (piece === '') return;
    this.#small.push(piece);
    this.#smallChars += piece.length;
    this.chars += piece.length;
    if (this.#smallChars < BLOCK_CHARS) return;
    this.#blocks.push(this.#small.join(''));
    this.#small = [];
    this.#smallChars = 0;
  }

  join(): string {
    return this.#blocks.join('') + this.#small.join('');
  }
}
