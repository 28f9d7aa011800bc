// What the homes of one job have delivered before the last one: counted and priced as the one answer that the caller reads.
import type { OutputCounts, PartCounts } from '../../schema/records.ts';
import { addCounts, sumUpAnswer } from '../billing/sum-up-answer.ts';
import type { AnswerSum } from '../billing/sum-up-answer.ts';

export class DeliveredParts {
  readonly #settled: PartCounts[] = [];
  /** By frames, of parts that no hub has settled: its memory died with them. */
  #unsettled: OutputCounts = { outputTokens: 0, thinkingTokens: 0 };

  /** Parts that were settled and are charged if the answer goes on. */
  get settled(): readonly PartCounts[] {
    return this.#settled;
  }

  get unsettled(): OutputCounts {
    return this.#unsettled;
  }

  /**
   * True once a part charges what the caller sent: as `least` tokens at least, and at a price. A home of the caller's own is free, and one
   * that counts none of the prompt charges none: where such a one breaks off the next part charges it.
   */
  hasCharged(least: number): boolean {
    return this.#settled.some(({ bill }) => bill.priceIn > 0 && bill.promptTokens >= Math.max(1, least));
  }

  /** Tokens of the answer so far that are charged as output; those that were lost with their hub are the network's cost and count like them. */
  get paidTokens(): number {
    const paid = this.#settled.filter(({ bill }) => bill.priceOut > 0);
    return paid.reduce((sum, { bill }) => sum + bill.outputTokens, this.#unsettled.outputTokens);
  }

  /** A part has broken off: as its hub has settled it, or what came of it where nobody has. */
  note(settled: PartCounts | null, byFrames: OutputCounts): void {
    if (settled) this.#settled.push(settled);
    else this.#unsettled = addCounts(this.#unsettled, byFrames);
  }

  /** The whole answer's counts and price with the part that ended it, null where it ended with these. */
  sumUp(end: PartCounts | null): AnswerSum {
    return sumUpAnswer({ settled: this.#settled, unsettled: this.#unsettled }, end);
  }
}
