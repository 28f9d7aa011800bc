// What the homes of one job have delivered before the last one: counted and priced as the one answer that the caller reads.
import type { OutputCounts, PartCounts } from '../../schema/records.ts';
import type { TokensEnergy } from '../../schema/energy-told.ts';
import { listEnergies } from '../billing/tell-energy.ts';
import { addCounts, sumUpAnswer } from '../billing/sum-up-answer.ts';
import type { AnswerSum } from '../billing/sum-up-answer.ts';

/** A part that its hub had settled as complete and was lost with its last words. */
export interface SettledPart {
  readonly counts: PartCounts;
  /** Units. */
  readonly charge: number;
}

export class DeliveredParts {
  readonly #settled: PartCounts[] = [];
  /** By frames, of parts that no hub has settled: its memory died with them. */
  #unsettled: OutputCounts = { outputTokens: 0, thinkingTokens: 0 };

  #booked = 0;

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

  /** A part has broken off: as its hub has settled it, or what came of it where nobody has; `complete` where it is charged all the same. */
  note(settled: PartCounts | null, byFrames: OutputCounts, complete?: SettledPart): void {
    // Where others before it are charged such a one counts as one of them, and else as what the answer comes to at least.
    const counted = settled ?? (complete && this.#settled.length > 0 ? complete.counts : null);
    if (counted) this.#settled.push(counted);
    else this.#unsettled = addCounts(this.#unsettled, byFrames);
    if (!counted && complete) this.#booked = Math.max(this.#booked, complete.charge);
  }

  /** Units that are charged of a part that counts as lost: its hub had settled it as complete. */
  get booked(): number {
    return this.#booked;
  }

  /** The energy of each part; `end` as in `sumUp`. */
  listEnergies(end: PartCounts | null): TokensEnergy[] {
    return listEnergies(end ? [...this.#settled, end] : this.#settled, this.#unsettled.outputTokens);
  }

  /** The whole answer's counts and price with the part that ended it, null where it ended with these. */
  sumUp(end: PartCounts | null): AnswerSum {
    return sumUpAnswer({ settled: this.#settled, unsettled: this.#unsettled, booked: this.#booked }, end);
  }
}
