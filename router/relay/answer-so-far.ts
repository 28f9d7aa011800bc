// What a job's caller has been given by homes that broke off, so that another one can go on with it. Bounded by what is kept of each part; memory only.
import type { AnswerText } from '../../schema/chunks.ts';
import type { AnswerCall } from '../../schema/joined-calls.ts';
import type { TokenLogprob } from '../../schema/logprobs.ts';
import type { OutputCounts } from '../../schema/records.ts';
import type { ResumeClass } from '../../schema/settlement.ts';
import type { ResumePoint } from '../../schema/offer.ts';
import { leastTokens, weighText } from '../billing/weigh-characters.ts';

/** What one home delivered before it broke off. */
export interface PartDelivered extends AnswerText, OutputCounts {
  readonly hasText: boolean;
  readonly hasThinking: boolean;
  /** Of its text; null where its home does not tell them. */
  readonly tokenIds: readonly number[] | null;
  /** What it said is not kept. */
  readonly isTooLong: boolean;
}

export class AnswerSoFar {
  #text = '';
  #thinking = '';
  #calls: readonly AnswerCall[] = [];
  #logprobs: readonly TokenLogprob[] = [];
  #hasText = false;
  #hasThinking = false;
  #isTooLong = false;
  #tokens = 0;
  #thinkingTokens = 0;
  /** Of the text. */
  #textTokens = 0;
  /** Null once a part came whose ids its home did not tell. */
  #tokenIds: number[] | null = [];

  /** Output tokens by the homes' frames, thinking included. */
  get tokens(): number {
    return this.#tokens;
  }

  get thinkingTokens(): number {
    return this.#thinkingTokens;
  }

  /** True once the caller was sent something, be it thinking only. */
  get isBegun(): boolean {
    return this.#hasText || this.#hasThinking || this.#tokens > 0;
  }

  get hasText(): boolean {
    return this.#hasText;
  }

  /** What was said, for an answer that is given in one piece. */
  get said(): AnswerText {
    const said = { text: this.#text, thinking: this.#thinking, calls: this.#calls };
    return this.#logprobs.length > 0 ? { ...said, logprobs: this.#logprobs } : said;
  }

  /** True when nobody can go on with it: too much was sent to be kept, it rests on thoughts that no other home has, or a call has begun, which no text continues. */
  get isOutOfReach(): boolean {
    return this.#isTooLong || this.#calls.length > 0 || (this.#hasText && this.#isThoughtOver);
  }

  /** Whether the text rests on thoughts. */
  #isThoughtOver = false;

  /** The home is lost that has only thought so far: another one thinks for itself, and its text rests on its own thoughts. */
  forgetThinking(): void {
    if (!this.#hasText) this.#isThoughtOver = false;
  }

  /** Takes what a home has delivered that broke off, or of an answer in one piece the last one. */
  add(part: PartDelivered): void {
    const { text, thinking, calls, hasText, hasThinking, tokenIds, isTooLong, outputTokens, thinkingTokens } = part;
    this.#text += text;
    this.#thinking += thinking;
    this.#calls = [...this.#calls, ...calls];
    if (part.logprobs) this.#logprobs = [...this.#logprobs, ...part.logprobs];
    this.#hasText ||= hasText;
    this.#hasThinking ||= hasThinking;
    this.#isThoughtOver ||= hasThinking;
    // What was thought is not needed to go on.
    if (isTooLong && hasText) this.#isTooLong = true;
    this.#tokens += outputTokens;
    this.#thinkingTokens += thinkingTokens;
    this.#textTokens += outputTokens - thinkingTokens;
    if (!hasText) return;
    if (tokenIds && this.#tokenIds) this.#tokenIds.push(...tokenIds);
    else this.#tokenIds = null;
  }

  /** Where another home goes on; `digest` is of the weights that began the answer. Only while it is not out of reach. */
  toResumePoint(digest: string, least: ResumeClass): ResumePoint {
    const tokenIds = this.#tokenIds?.length === this.#textTokens ? [...this.#tokenIds] : null;
    // A home may have counted none of what it wrote: the next one reads it all the same.
    const count = Math.max(this.#textTokens, leastTokens(weighText(this.#text)));
    return { text: this.#text, tokenIds, count, digest, least };
  }
}
