// The end of an answer as it grows. What may become a stop string waits here, and a whole one ends the answer before it. Where another home may
// have to continue the answer from its text alone, an unfinished word and half a character wait as well, so that wherever it is cut the cut is clean.
import type { TokenLogprob } from '../../schema/logprobs.ts';
import type { Delta } from '../backends/backend.ts';
import { findHold, findStop } from '../backends/decode-text.ts';
import { findCleanCut, findWholeCharacters } from './find-clean-cut.ts';
import type { Flushable, FlushClock } from './flush-clock.ts';

interface HeldTextDoors {
  readonly stops: readonly string[];
  /** The longest that a word waits for its end, ms: what tokens may wait for each other anyway, so that no reader sees a delay. 0: not at all. */
  readonly windowMs: number;
  readonly clock: FlushClock;
  readonly push: (delta: Delta) => void | Promise<void>;
  /** Sends what was pushed now: it has waited its time. */
  readonly flush: () => void;
  /** A stop string stands in the answer, which ends before it. Servers end there themselves; one that does not is stopped. */
  readonly onStop: () => void;
}

export class HeldText implements Flushable {
  dueAt = 0;
  readonly #doors: HeldTextDoors;
  #pieces: Delta[] = [];
  #isFirst = true;
  #isOver = false;

  constructor(doors: HeldTextDoors) {
    this.#doors = doors;
  }

  /** Takes the next piece and passes on what may be cut off behind it. A promise means: give nothing more until it resolves. */
  push(delta: Delta): void | Promise<void> {
    if (this.#isOver) return;
    if (delta.thinking || delta.call) return this.#passBeside(delta);
    this.#pieces.push(delta);
    const text = this.#text();
    const stopAt = findStop(text, this.#doors.stops);
    if (stopAt >= 0) return this.#stopAt(stopAt);
    // Callers wait for the first token, so its frame leaves at once, in mid-word too. Only what they must never see is held back.
    const cut = this.#isFirst || this.#doors.windowMs === 0 ? findWholeCharacters(text) : findCleanCut(text);
    const wait = this.#pass(Math.min(cut, findHold(text, this.#doors.stops)));
    if (this.#pieces.length > 0) this.#waitForMore();
    return wait;
  }

  /** The word has waited long enough. A half character and the beginning of a stop string wait on. */
  flush(): void {
    if (this.#isOver || this.#pieces.length === 0) return;
    const text = this.#text();
    const limit = Math.min(findWholeCharacters(text), findHold(text, this.#doors.stops));
    if (limit === 0) return;
    void this.#pass(limit);
    this.#doors.flush();
  }

  /** The answer is complete: everything is passed on. */
  end(): void | Promise<void> {
    if (this.#isOver) return;
    const wait = this.#pass(Number.POSITIVE_INFINITY);
    this.drop();
    return wait;
  }

  /** The answer was cut: another home will write what waits here. */
  drop(): void {
    this.#isOver = true;
    this.#pieces = [];
    this.#doors.clock.forget(this);
  }

  /** Nobody goes on from thinking or calls, and no stop string is looked for in them. The word before has ended. */
  #passBeside(delta: Delta): void | Promise<void> {
    const text = this.#text();
    if (text !== '') void this.#pass(Math.min(findWholeCharacters(text), findHold(text, this.#doors.stops)));
    return this.#doors.push(delta);
  }

  #stopAt(at: number): void | Promise<void> {
    const wait = this.#pass(at);
    this.drop();
    this.#doors.onStop();
    return wait;
  }

  #waitForMore(): void {
    const { clock, windowMs } = this.#doors;
    if (windowMs === 0) return;
    const now = performance.now();
    if (this.dueAt < now) this.dueAt = now + windowMs;
    clock.request(this);
  }

  #text(): string {
    return this.#pieces.length === 1 ? (this.#pieces[0]?.text ?? '') : this.#pieces.map((piece) => piece.text).join('');
  }

  /**
   * Passes on the text before `limit`. A token that `limit` cuts in two counts with its second half: nobody pays for what was not delivered.
   * A piece of many tokens counts by its share of text.
   */
  #pass(limit: number): void | Promise<void> {
    let text = '';
    let tokens = 0;
    const ids: number[] = [];
    const logprobs: TokenLogprob[] = [];
    const hasIds = this.#pieces.every((piece) => piece.tokenIds !== undefined);
    while (this.#pieces[0] && text.length + this.#pieces[0].text.length <= limit) {
      const [piece] = this.#pieces.splice(0, 1);
      if (!piece) break;
      text += piece.text;
      tokens += piece.tokens;
      ids.push(...(piece.tokenIds ?? []));
      if (piece.logprobs) logprobs.push(...piece.logprobs);
    }
    const [rest] = this.#pieces;
    if (rest && limit > text.length) {
      const head = rest.text.slice(0, limit - text.length);
      const headTokens = countShare(rest, head.length);
      this.#pieces[0] = { ...rest, text: rest.text.slice(head.length), tokens: rest.tokens - headTokens };
      text += head;
      tokens += headTokens;
    }
    if (text === '' && tokens === 0) return;
    this.#isFirst &&= text === '';
    this.dueAt = 0;
    return this.#doors.push({
      text,
      tokens,
      ...(hasIds && { tokenIds: ids }),
      ...(logprobs.length > 0 && { logprobs }),
    });
  }
}

/** Tokens of a piece's beginning. A single token, and those that have ids, count with their end. */
function countShare({ text, tokens, tokenIds }: Delta, length: number): number {
  return tokens < 2 || tokenIds !== undefined ? 0 : Math.round((tokens * length) / text.length);
}
