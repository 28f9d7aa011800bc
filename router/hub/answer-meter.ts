// What a part's home has said so far: each frame is held against the form of its kind of job, and what it says is counted as it passes, at any length.
// A home's own count is believed as far as its characters can bear it, and ends nothing before that.
import { ANSWERS } from '../../schema/answers.ts';
import type { JobOffer } from '../../schema/offer.ts';
import type { DataPiece } from '../../schema/records.ts';
import type { ContentCount } from '../billing/count-part.ts';
import { ExactMeter } from '../billing/exact-meter.ts';
import { findTokenizer } from '../billing/tokenizers.ts';
import { leastTokens, makeWeight, mostTokens } from '../billing/weigh-characters.ts';
import type { Weight } from '../billing/weigh-characters.ts';
import { checkCalls, encodeCallForm } from './check-calls.ts';
import type { CallFormBytes } from './check-calls.ts';
import { checkEvents, encodeForm } from './check-events.ts';
import type { FormBytes } from './check-events.ts';
import { checkLikelyEvents, encodeSlot } from './check-likely-events.ts';
import type { SlotBytes } from './check-likely-events.ts';

/** 'broken': not of the form. 'over': the answer had as many tokens as it may have without this frame, by its home's count or surely by ours. */
export type Taken =
  | { readonly kind: 'relay'; readonly piece: DataPiece; readonly isSeen: boolean }
  | { readonly kind: 'over' }
  | { readonly kind: 'broken' };

/** Measures what a part's home sends, frame by frame. */
export interface Meter {
  /** Tokens by the home's count, of what was relayed; and of these, thinking. */
  readonly frameTokens: number;
  readonly frameThinkingTokens: number;
  /** Of the home's count what its characters can bear: what the edge has been told; and of these, thinking. */
  readonly toldTokens: number;
  readonly toldThinkingTokens: number;
  readonly hasText: boolean;
  readonly hasThinking: boolean;
  readonly hasCalls: boolean;
  /** What has come may be the whole answer: a home that ends before has broken off. */
  readonly isWhole: boolean;
  /** Takes a frame; `events` must not change afterwards. */
  take(piece: DataPiece): Taken;
  /** Tokens of all that was relayed, by our own count. */
  measure(): ContentCount;
}

/** Tokenizers differ, and a model may write what its own would write shorter: an answer is only cut where it is surely longer than was asked. */
const MARGIN = 1.25;
const MARGIN_TOKENS = 32;
/** U+FFFD stands for a token that was no whole character, and comes to this many by itself. */
const BROKEN_TOKENS = 3;
/** An exact count is looked at after so many more bytes at the soonest. */
const LOOK_BYTES = 512;

const OVER = { kind: 'over' } as const;
const BROKEN = { kind: 'broken' } as const;

type ExactCounts = Pick<ContentCount, 'exact' | 'exactThinking'>;

/** A frame's events, and where in them their characters begin and end. */
interface Said {
  readonly events: Uint8Array;
  readonly texts: readonly number[];
  readonly isThinking: boolean;
}

interface Checked {
  readonly texts: readonly number[] | null;
  readonly calls: number;
}

export class AnswerMeter implements Meter {
  /** A text may end anywhere. */
  readonly isWhole = true;
  readonly #offer: JobOffer;
  readonly #form: FormBytes;
  readonly #callForm: CallFormBytes | null;
  /** Where its text events may tell how likely their tokens were, and of how many others; null where nobody asked. */
  readonly #likely: { readonly slot: SlotBytes; readonly most: number } | null;
  #text = makeWeight();
  #thinking = makeWeight();
  readonly #exact: ExactMeter | null;
  #mayTellRole: boolean;
  /** Calls of tools that have begun. */
  #calls = 0;
  #frameTokens = 0;
  #frameThinkingTokens = 0;
  #toldTokens = 0;
  #toldThinkingTokens = 0;
  #lookAtBytes = 0;
  /** What had been counted before the frame that was too much. */
  #atEnd: ExactCounts | null = null;

  constructor(offer: JobOffer) {
    this.#offer = offer;
    const form = ANSWERS[offer.request.kind].form(offer.chunk);
    this.#form = encodeForm(form);
    this.#callForm = encodeCallForm(form);
    const most = 'topLogprobs' in offer.request ? offer.request.topLogprobs : undefined;
    this.#likely = most === undefined ? null : { slot: encodeSlot(form), most };
    const counter = findTokenizer(offer.tokenizer);
    this.#exact = counter && new ExactMeter(counter, offer.resume?.text ?? '');
    this.#mayTellRole = !offer.isBegun && !offer.resume;
  }

  /** Tokens by the home's count, of what was relayed. */
  get frameTokens(): number {
    return this.#frameTokens;
  }

  /** Of these, tokens of thinking. */
  get frameThinkingTokens(): number {
    return this.#frameThinkingTokens;
  }

  /** Of the home's count what its characters can bear: what the edge has been told. */
  get toldTokens(): number {
    return this.#toldTokens;
  }

  /** Of these, thinking. */
  get toldThinkingTokens(): number {
    return this.#toldThinkingTokens;
  }

  get hasText(): boolean {
    return this.#text.bytes > 0;
  }

  get hasThinking(): boolean {
    return this.#thinking.bytes > 0;
  }

  /** Calls of tools have begun: no text goes on from them. */
  get hasCalls(): boolean {
    return this.#calls > 0;
  }

  /** Takes a frame; `events` must not change afterwards. The piece that is relayed tells no more tokens than its answer can have. */
  take(piece: DataPiece): Taken {
    const { events, tokens } = piece;
    const isThinking = piece.isThinking === true;
    if (tokens > 0 && this.#toldTokens >= this.#offer.request.maxTokens) return OVER;
    const before = isThinking ? this.#thinking : this.#text;
    // A copy: what is refused was never said.
    const weight = { ...before };
    const { texts, calls } = this.#check(piece, weight);
    if (!texts) return BROKEN;
    if (this.#isOver(weight, isThinking ? this.#text : this.#thinking, { events, texts, isThinking })) return OVER;
    this.#mayTellRole = false;
    this.#calls = calls;
    if (isThinking) this.#thinking = weight;
    else this.#text = weight;
    this.#frameTokens += tokens;
    if (isThinking) this.#frameThinkingTokens += tokens;
    const told = this.#tell();
    if (isThinking) this.#toldThinkingTokens += told;
    const relayed = told === tokens ? piece : { ...piece, tokens: told, tokenIds: null };
    return { kind: 'relay', piece: relayed, isSeen: weight.seen > before.seen };
  }

  /** Where the frame's characters stand, null where it is not of the form; and how many calls have begun with it. */
  #check({ events, isThinking = false, isCalls = false }: DataPiece, weight: Weight): Checked {
    const how = { mayTellRole: this.#mayTellRole, weight };
    if (!isCalls) return { texts: this.#checkTexts(events, how, isThinking), calls: this.#calls };
    const form = isThinking ? null : this.#callForm;
    const checked = form && checkCalls(events, { form, begun: this.#calls, ...how });
    return { texts: checked?.texts ?? null, calls: checked?.begun ?? this.#calls };
  }

  #checkTexts(events: Uint8Array, how: { mayTellRole: boolean; weight: Weight }, isThinking: boolean): number[] | null {
    const form = this.#form;
    if (this.#likely && !isThinking) return checkLikelyEvents(events, { form, ...this.#likely, ...how });
    return checkEvents(events, { form, ...how }, isThinking);
  }

  /** Tokens of all that was relayed, by our own count. */
  measure(): ContentCount {
    const { minBytesPerToken } = this.#offer;
    return {
      ...(this.#atEnd ?? this.#countExactly()),
      most: this.#most(),
      mostThinking: mostTokens(this.#thinking, minBytesPerToken),
    };
  }

  #countExactly(): ExactCounts {
    return { exact: this.#exact?.count() ?? null, exactThinking: this.#exact?.countThinking() ?? null };
  }

  #most(): number {
    const { minBytesPerToken } = this.#offer;
    return mostTokens(this.#text, minBytesPerToken) + mostTokens(this.#thinking, minBytesPerToken);
  }

  /** What the edge may be told more of the home's count. */
  #tell(): number {
    const most = this.#exact ? this.#exact.most : this.#most();
    const told = Math.min(this.#frameTokens, most, this.#offer.request.maxTokens);
    const more = Math.max(0, told - this.#toldTokens);
    this.#toldTokens += more;
    return more;
  }

  /** `a` and `b`: text and thinking with the frame that has come, whose characters are counted here where that is done exactly. */
  #isOver(a: Weight, b: Weight, said: Said): boolean {
    const { maxTokens } = this.#offer.request;
    const limit = maxTokens * MARGIN + MARGIN_TOKENS + BROKEN_TOKENS * Math.min(maxTokens, a.broken + b.broken);
    if (!this.#exact) return leastTokens(a) + leastTokens(b) > limit;
    const bytes = a.bytes + b.bytes;
    const isLooked = bytes >= this.#lookAtBytes && this.#exact.most + lengthOf(said) > limit;
    const before = isLooked ? this.#countExactly() : null;
    addTo(this.#exact, said);
    if (!before || this.#exact.most <= limit) return false;
    const count = this.#exact.count();
    this.#lookAtBytes = bytes + Math.max(LOOK_BYTES, limit - count);
    if (count <= limit) return false;
    // The frame is relayed to nobody: nobody pays for it.
    this.#atEnd = before;
    return true;
  }
}

function lengthOf({ texts }: Said): number {
  let bytes = 0;
  for (let i = 0; i < texts.length; i += 2) bytes += (texts[i + 1] ?? 0) - (texts[i] ?? 0);
  return bytes;
}

function addTo(exact: ExactMeter, { events, texts, isThinking }: Said): void {
  for (let i = 0; i < texts.length; i += 2) exact.add(events.subarray(texts[i], texts[i + 1]), isThinking);
}
