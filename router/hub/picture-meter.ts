// What a part's home has said so far of pictures: pieces of base64 in the one form, held against what was asked as they pass. Each begins as a picture does, there
// are as many as were asked for, and what they cost is their size's, or the home has not answered.
import { sixBits } from '../../schema/base64.ts';
import type { OpenRequestOf } from '../../schema/job-request.ts';
import { BETWEEN, formPictures, MAGIC_CHARS, MAX_PICTURES_CHARS, readPictureFormat } from '../../schema/pictures.ts';
import type { JobOffer } from '../../schema/offer.ts';
import type { DataPiece } from '../../schema/records.ts';
import type { ContentCount } from '../billing/count-part.ts';
import { makeWeight } from '../billing/weigh-characters.ts';
import type { Meter, Taken } from './answer-meter.ts';
import { checkEvents, encodeForm } from './check-events.ts';
import type { FormBytes } from './check-events.ts';

const BROKEN = { kind: 'broken' } as const;
const PADDING = 0x3d;
const COMMA = BETWEEN.charCodeAt(0);

export class PictureMeter implements Meter {
  readonly frameThinkingTokens = 0;
  readonly toldThinkingTokens = 0;
  readonly hasThinking = false;
  readonly hasCalls = false;
  readonly #form: FormBytes;
  readonly #maxTokens: number;
  readonly #reading: PictureReading;
  #frameTokens = 0;

  constructor({ chunk }: Pick<JobOffer, 'chunk'>, asked: Pick<OpenRequestOf<'image'>, 'count' | 'maxTokens'>) {
    this.#form = encodeForm(formPictures(chunk));
    this.#maxTokens = asked.maxTokens;
    this.#reading = new PictureReading(asked.count);
  }

  get frameTokens(): number {
    return this.#frameTokens;
  }

  /** Nobody is charged for half of a picture. */
  get toldTokens(): number {
    return this.isWhole ? this.#maxTokens : 0;
  }

  get hasText(): boolean {
    return this.#reading.chars > 0;
  }

  get isWhole(): boolean {
    return this.#reading.isWhole;
  }

  take(piece: DataPiece): Taken {
    const { events, tokens, isThinking = false, isCalls = false } = piece;
    if (isThinking || isCalls || this.#frameTokens + tokens > this.#maxTokens) return BROKEN;
    const texts = checkEvents(events, { form: this.#form, mayTellRole: false, weight: makeWeight() }, false);
    if (!texts) return BROKEN;
    for (let i = 0; i < texts.length; i += 2)
      if (!this.#reading.add(events.subarray(texts[i], texts[i + 1]))) return BROKEN;
    this.#frameTokens += tokens;
    return { kind: 'relay', piece: { ...piece, tokenIds: null }, isSeen: true };
  }

  measure(): ContentCount {
    const tokens = this.toldTokens;
    return { exact: tokens, most: tokens, exactThinking: 0, mostThinking: 0 };
  }
}

/** Reads base64 as it comes, without keeping more than each picture's beginning. */
class PictureReading {
  readonly #count: number;
  /** Of all pictures, with what stands between them. */
  chars = 0;
  /** Pictures that have begun. */
  #begun = 1;
  /** Of the one that is read. */
  #pictureChars = 0;
  #padding = 0;
  #magic = '';

  constructor(count: number) {
    this.#count = count;
  }

  get isWhole(): boolean {
    return this.#begun === this.#count && this.#isPicture;
  }

  get #isPicture(): boolean {
    return this.#magic.length === MAGIC_CHARS && this.#pictureChars % 4 === 0;
  }

  /** False where it is no base64 of pictures, or there are more than were asked for or can be kept. */
  add(chars: Uint8Array): boolean {
    for (const char of chars) if (!this.#take(char)) return false;
    this.chars += chars.length;
    return this.chars <= MAX_PICTURES_CHARS;
  }

  #take(char: number): boolean {
    if (char === COMMA) return this.#begin();
    this.#pictureChars++;
    if (char === PADDING) return ++this.#padding <= 2;
    if (this.#padding > 0 || sixBits(char) < 0) return false;
    if (this.#pictureChars > MAGIC_CHARS) return true;
    this.#magic += String.fromCharCode(char);
    return this.#pictureChars < MAGIC_CHARS || readPictureFormat(this.#magic) !== null;
  }

  #begin(): boolean {
    if (!this.#isPicture || this.#begun === this.#count) return false;
    this.#begun++;
    this.#pictureChars = 0;
    this.#padding = 0;
    this.#magic = '';
    return true;
  }
}
