// What the homes of one job have delivered before the last one: counted and priced as the one answer that the caller reads.
import type { PartCounts } from '../../schema/records.ts';
import type { PartBill } from '../../schema/settlement.ts';
import { priceAnswer } from '../billing/price-answer.ts';

/** What a part adds to the answer. */
export type OutputCounts = Pick<PartCounts, 'outputTokens' | 'thinkingTokens'>;

const NOTHING: OutputCounts = { outputTokens: 0, thinkingTokens: 0 };

export class DeliveredParts {
  readonly #settled: PartCounts[] = [];
  /** By frames, of parts that no hub has settled: its memory died with them. */
  #unsettled = NOTHING;

  /** Parts that were settled and are charged if the answer goes on. */
  get settled(): number {
    return this.#settled.length;
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
    else this.#unsettled = add(this.#unsettled, byFrames);
  }

  /** The whole answer's counts and price with the part that ended it, null where it ended with these: the prompt once, the output of every home. */
  sumUp(end: PartCounts | null): OutputCounts & { readonly promptTokens: number; readonly charge: number } {
    const all = end ? [...this.#settled, end] : this.#settled;
    return {
      ...all.reduce<OutputCounts>(add, this.#unsettled),
      promptTokens: all[0]?.promptTokens ?? 0,
      charge: priceAnswer(this.#settled.map(billOf), end?.bill ?? null),
    };
  }
}

function add(a: OutputCounts, b: OutputCounts): OutputCounts {
  return { outputTokens: a.outputTokens + b.outputTokens, thinkingTokens: a.thinkingTokens + b.thinkingTokens };
}

function billOf({ bill }: PartCounts): PartBill {
  return bill;
}
