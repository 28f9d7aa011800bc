// What a part's home has said so far of embeddings: pieces of base64 in the one form, held against what was asked as they pass. Nothing of it is counted in
// tokens, every number is finite, and the whole is as many numbers as so many vectors have, or the home has not answered.
import { sixBits } from '../../schema/base64.ts';
import { dimensionsOf, formVectors, mostVectorBytes } from '../../schema/vectors.ts';
import type { VectorsAsked } from '../../schema/vectors.ts';
import type { JobOffer } from '../../schema/offer.ts';
import type { DataPiece } from '../../schema/records.ts';
import type { ContentCount } from '../billing/count-part.ts';
import { makeWeight } from '../billing/weigh-characters.ts';
import type { Meter, Taken } from './answer-meter.ts';
import { checkEvents, encodeForm } from './check-events.ts';
import type { FormBytes } from './check-events.ts';

const BROKEN = { kind: 'broken' } as const;
const NOTHING: ContentCount = { exact: 0, most: 0, exactThinking: 0, mostThinking: 0 };
const PADDING = 0x3d;
const EXPONENT = 0x7f;

export class VectorMeter implements Meter {
  readonly frameTokens = 0;
  readonly frameThinkingTokens = 0;
  readonly toldTokens = 0;
  readonly toldThinkingTokens = 0;
  readonly hasThinking = false;
  readonly hasCalls = false;
  readonly #form: FormBytes;
  readonly #reading: VectorReading;

  constructor({ chunk }: Pick<JobOffer, 'chunk'>, asked: VectorsAsked) {
    this.#form = encodeForm(formVectors(chunk));
    this.#reading = new VectorReading(asked);
  }

  get hasText(): boolean {
    return this.#reading.bytes > 0;
  }

  get isWhole(): boolean {
    return this.#reading.isWhole;
  }

  take(piece: DataPiece): Taken {
    const { events, tokens, isThinking = false, isCalls = false } = piece;
    if (tokens > 0 || isThinking || isCalls) return BROKEN;
    const texts = checkEvents(events, { form: this.#form, mayTellRole: false, weight: makeWeight() }, false);
    if (!texts) return BROKEN;
    for (let i = 0; i < texts.length; i += 2)
      if (!this.#reading.add(events.subarray(texts[i], texts[i + 1]))) return BROKEN;
    return { kind: 'relay', piece, isSeen: true };
  }

  measure(): ContentCount {
    return NOTHING;
  }
}

/** Reads base64 as it comes and looks at each number, without keeping any. */
class VectorReading {
  readonly #asked: VectorsAsked;
  readonly #most: number;
  #chars = 0;
  #padding = 0;
  #bits = 0;
  #held = 0;
  /** Bytes so far. */
  bytes = 0;
  /** The lowest bit of the exponent, of the number that is read. */
  #isLowBitSet = false;

  constructor(asked: VectorsAsked) {
    this.#asked = asked;
    this.#most = mostVectorBytes(asked);
  }

  get isWhole(): boolean {
    return this.#chars % 4 === 0 && this.#held === this.#padding * 2 && dimensionsOf(this.bytes, this.#asked) !== null;
  }

  /** False where it is no base64, a number is none or infinite, or there are more than can have been asked. */
  add(chars: Uint8Array): boolean {
    for (const char of chars) {
      if (char === PADDING ? !this.#pad() : !this.#take(sixBits(char))) return false;
    }
    return this.bytes <= this.#most;
  }

  #pad(): boolean {
    this.#chars++;
    this.#padding++;
    return this.#padding <= 2;
  }

  #take(six: number): boolean {
    if (six < 0 || this.#padding > 0) return false;
    this.#chars++;
    this.#bits = ((this.#bits << 6) | six) & 0xffff;
    this.#held += 6;
    if (this.#held < 8) return true;
    this.#held -= 8;
    return this.#see((this.#bits >> this.#held) & 0xff);
  }

  /** Little-endian: the exponent's lowest bit leads the third byte, the others and the sign are the fourth. All of them set are no number. */
  #see(byte: number): boolean {
    const place = this.bytes++ & 3;
    if (place === 2) this.#isLowBitSet = byte >= 0x80;
    return place !== 3 || !this.#isLowBitSet || (byte & EXPONENT) !== EXPONENT;
  }
}
