// What the edge of a part is given: the response that says who runs it, the body that the caller reads, and how it ended, in the body's last events or,
// where it broke off, for an edge that asks.
import { ANSWERS } from '../../schema/answers.ts';
import { toHeaderText } from '../../schema/json.ts';
import { HEAD_HEADER, TOLD_TYPE } from '../../schema/offer.ts';
import type { JobOffer } from '../../schema/offer.ts';
import { encodeLastWord } from '../../schema/records.ts';
import type { DataPiece, EndRecord, FailRecord, HeadRecord, OutputCounts, PartTold } from '../../schema/records.ts';
import { makeLastEvents } from './make-last-events.ts';
import { PartStream } from './part-stream.ts';
import type { PartStreamDoors } from './part-stream.ts';

/** An edge keeps a longer part no more, and asks how it ended. Well below what it keeps (`relay/part-body.ts`): comments and last events come on top. */
const LONG_BYTES = 128 * 1024;

export interface PartAnswerDoors extends Pick<PartStreamDoors, 'onCredit' | 'onCancel'> {
  /** What an edge hears that asks: how it broke off, and how it ended where the edge cannot have read it along. */
  readonly onTold: (told: PartTold) => void;
  /** Its home tells the ids of its tokens. */
  readonly hasIds: boolean;
}

/** What the caller was given of the part, and its tokens by its home's frames as far as they are believed. */
export interface PartSaid extends OutputCounts {
  readonly hasText: boolean;
  readonly hasThinking: boolean;
}

export class PartAnswer {
  readonly stream: PartStream;
  readonly #offer: JobOffer;
  readonly #onTold: PartAnswerDoors['onTold'];
  /** Ids stand in the body, before what they are of. */
  readonly #isTold: boolean;
  /** Of a whole answer: the ids so far, null where its home does not tell them or nobody could go on with them. */
  #ids: number[] | null;
  #bytes = 0;

  constructor(offer: JobOffer, { hasIds, onTold, ...doors }: PartAnswerDoors, now: number) {
    this.#offer = offer;
    this.#onTold = onTold;
    const areWanted = hasIds && offer.isResumable;
    this.#isTold = areWanted && offer.stream;
    this.#ids = areWanted && !offer.stream ? [] : null;
    const empty = ANSWERS[offer.request.kind].encodeEmpty(offer.chunk);
    this.stream = new PartStream({ ...doors, empty, isTold: this.#isTold, isWhole: !offer.stream }, now);
  }

  toResponse(head: HeadRecord): Response {
    const type = this.#isTold ? TOLD_TYPE : 'text/event-stream';
    const headers = { 'content-type': type, [HEAD_HEADER]: toHeaderText(JSON.stringify(head)) };
    return new Response(this.stream.body, { headers });
  }

  push(piece: DataPiece): void {
    const { events, tokenIds, isThinking, isCalls } = piece;
    this.#bytes += events.length;
    if (this.#ids !== null && isThinking !== true && isCalls !== true) {
      if (tokenIds) this.#ids.push(...tokenIds);
      else this.#ids = null;
    }
    this.stream.push(piece);
  }

  /** The body ends without a last word; its edge asks for it, unless nobody reads along. */
  breakOff(fail: FailRecord, { outputTokens, thinkingTokens, hasText, hasThinking }: PartSaid): void {
    const told = { kind: 'fail', fail, outputTokens, thinkingTokens, hasText, hasThinking } as const;
    if (!this.#offer.stream) return this.stream.end(encodeLastWord({ ...told, tokenIds: this.#ids }));
    this.#onTold(told);
    this.stream.end(null);
  }

  /** It ended well. Nobody reads what a caller who left would have been told. */
  end(head: HeadRecord, end: EndRecord, { hasText, hasThinking }: PartSaid): void {
    if (!this.stream.isOpen) return;
    if (!this.#offer.stream) return this.stream.end(encodeLastWord({ kind: 'end', end }));
    if (this.#bytes > LONG_BYTES) this.#onTold({ kind: 'end', end });
    this.stream.end(makeLastEvents(this.#offer, { head, end, hasText, hasThinking }));
  }
}
