// What a job's caller has been sent so far, kept while the job runs so that another home can go on with it. Bounded; memory only.
import { concatBytes } from '../../schema/bytes.ts';
import { ANSWERS } from '../../schema/answers.ts';
import type { JobKind } from '../../schema/job-kinds.ts';
import type { ResumeClass } from '../../schema/settlement.ts';
import type { ResumePoint } from '../../schema/offer.ts';
import type { DataPiece } from '../../schema/records.ts';

/** An answer longer than this is not continued: edges hold many jobs. */
export const MAX_KEPT_BYTES = 256 * 1024;

export class AnswerSoFar {
  readonly #kind: JobKind;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #tokens = 0;
  /** Null once a piece came whose ids its home did not tell. */
  #tokenIds: number[] | null = [];

  constructor(kind: JobKind) {
    this.#kind = kind;
  }

  /** Output tokens by the homes' frames. */
  get tokens(): number {
    return this.#tokens;
  }

  get hasText(): boolean {
    return this.#bytes > 0;
  }

  /** True when too much was sent to be kept: nobody can go on with it. */
  get isTooLong(): boolean {
    return this.#bytes > MAX_KEPT_BYTES;
  }

  /** Takes what is about to be sent. The bytes are copied: the record they came in is not held. */
  add({ events, tokens, tokenIds }: DataPiece): void {
    this.#bytes += events.length;
    this.#tokens += tokens;
    if (this.isTooLong) {
      this.#pieces = [];
      this.#tokenIds = null;
      return;
    }
    this.#pieces.push(events.slice());
    if (tokenIds && this.#tokenIds) this.#tokenIds.push(...tokenIds);
    else this.#tokenIds = null;
  }

  /** Where another home goes on; `digest` is of the weights that began the answer. Only while the answer is not too long. */
  toResumePoint(digest: string, least: ResumeClass): ResumePoint {
    const text = ANSWERS[this.#kind].readText(new TextDecoder().decode(concatBytes(this.#pieces)));
    const tokenIds = this.#tokenIds?.length === this.#tokens ? [...this.#tokenIds] : null;
    return { text, tokenIds, count: this.#tokens, digest, least };
  }
}
