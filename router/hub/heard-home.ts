// When the home of a part was last heard, and what of: the watchdogs' only memory. White space keeps nobody waiting, and frames that say nothing even less.
import type { JobOffer } from '../../schema/offer.ts';
import type { Timings } from '../../schema/timings.ts';
import { judgeSilence } from './judge-silence.ts';

export class HeardHome {
  readonly startedAt: number;
  /** The last that the caller has something of; or the head, or a cancel. */
  #lastAt: number;
  /** Its last `alive`; null while it has sent none. */
  #aliveAt: number | null = null;
  /** Its last `alive` that told of something its model server had sent. */
  #movedAt: number | null = null;
  #firstAt: number | null = null;
  /** The last that can be seen of the answer. */
  #seenAt: number | null = null;

  constructor(now: number) {
    this.startedAt = now;
    this.#lastAt = now;
  }

  /** True once something of the answer has come. */
  get hasOutput(): boolean {
    return this.#firstAt !== null;
  }

  get isAliveTold(): boolean {
    return this.#aliveAt !== null;
  }

  /** From the offer to the first of the answer, ms; null before it. */
  get ttftMs(): number | null {
    return this.#firstAt === null ? null : this.#firstAt - this.startedAt;
  }

  /** Its silence counts from now: it has said `head`, was cancelled, or all that it said has been read only now. */
  restart(now: number): void {
    this.#lastAt = now;
  }

  noteAlive(now: number, moves: boolean): void {
    this.#aliveAt = now;
    if (moves) this.#movedAt = now;
  }

  /**
   * Some of the answer; true when it is the first that can be seen. A model may well write lines of white space for as long as one token may take
   * (`tokenMs`): a home that goes on dripping them is taken for silent.
   */
  noteOutput(isSeen: boolean, now: number, { tokenMs }: Pick<Timings, 'tokenMs'>): boolean {
    const isFirstSeen = isSeen && this.#seenAt === null;
    this.#firstAt ??= now;
    if (isSeen) this.#seenAt = now;
    if (now - (this.#seenAt ?? this.startedAt) <= tokenMs) this.#lastAt = now;
    return isFirstSeen;
  }

  silenceMs(now: number): number {
    return now - this.#lastAt;
  }

  /** See `judgeSilence`; `expectedMs`: its first token as it was forecast. */
  judge(
    offer: JobOffer,
    { timings, expectedMs }: { timings: Timings; expectedMs: number },
    now: number,
  ): ReturnType<typeof judgeSilence> {
    const heard = {
      startedAt: this.startedAt,
      lastAt: this.#lastAt,
      aliveAt: this.#aliveAt,
      movedAt: this.#movedAt,
      hasToken: this.#seenAt !== null,
    };
    return judgeSilence(heard, { offer, timings, expectedMs }, now);
  }
}
