// What a job's caller has been sent so far, kept while the job runs so that another home can go on with it. Bounded; memory only.
import { concatBytes } from '../../schema/bytes.ts';
import { ANSWERS } from '../../schema/answers.ts';
import type { JobKind } from '../../schema/job-kinds.ts';
import type { ResumeClass } from '../../schema/settlement.ts';
import type { ResumePoint } from '../../schema/offer.ts';
import type { DataPiece } from '../../schema/records.ts';
import { leastTokens, weighText } from '../billing/weigh-characters.ts';

/** An answer longer than this is not continued: edges hold many jobs. */
export const MAX_KEPT_BYTES = 256 * 1024;

export class AnswerSoFar {
  readonly #kind: JobKind;
  #pieces: Uint8Array[] = [];
  /** Of the text, and tokens since it was begun: thinking is no part of what another home goes on from, and is not kept. */
  #textBytes = 0;
  #textTokens = 0;
  #hasThinking = false;
  #isBegun = false;
  #tokens = 0;
  #thinkingTokens = 0;
  /** Null once a piece came whose ids its home did not tell. */
  #tokenIds: number[] | null = [];

  constructor(kind: JobKind) {
    this.#kind = kind;
  }

  /** Output tokens by the homes' frames, thinking included. */
  get tokens(): number {
    return this.#tokens;
  }

  get thinkingTokens(): number {
    return this.#thinkingTokens;
  }

  /** True once the caller was sent something, be it thinking only. */
  get isBegun(): boolean {
    return this.#isBegun;
  }

  get hasText(): boolean {
    return this.#textBytes > 0;
  }

  /** True when nobody can go on with it: too much was sent to be kept, or it rests on thoughts that no other home has. */
  get isOutOfReach(): boolean {
    return this.#isTooLong || (this.hasText && this.#hasThinking);
  }

  get #isTooLong(): boolean {
    return this.#textBytes > MAX_KEPT_BYTES;
  }

  /** The home is lost that has only thought so far: another one thinks for itself, and its text rests on its own thoughts. */
  forgetThinking(): void {
    if (!this.hasText) this.#hasThinking = false;
  }

  /** Takes what is about to be sent. The bytes are copied: the record they came in is not held. */
  add({ events, tokens, tokenIds, isThinking }: DataPiece): void {
    this.#isBegun = true;
    this.#tokens += tokens;
    if (isThinking) {
      this.#hasThinking = true;
      this.#thinkingTokens += tokens;
      return;
    }
    this.#textBytes += events.length;
    this.#textTokens += tokens;
    if (this.#isTooLong) {
      this.#pieces = [];
      this.#tokenIds = null;
      return;
    }
    this.#pieces.push(events.slice());
    if (tokenIds && this.#tokenIds) this.#tokenIds.push(...tokenIds);
    else this.#tokenIds = null;
  }

  /** Where another home goes on; `digest` is of the weights that began the answer. Only while it is not out of reach. */
  toResumePoint(digest: string, least: ResumeClass): ResumePoint {
    const { text } = ANSWERS[this.#kind].readEvents(new TextDecoder().decode(concatBytes(this.#pieces)));
    const tokenIds = this.#tokenIds?.length === this.#textTokens ? [...this.#tokenIds] : null;
    // A home may have counted none of what it wrote: the next one reads it all the same.
    return { text, tokenIds, count: Math.max(this.#textTokens, leastTokens(weighText(text))), digest, least };
  }
}
