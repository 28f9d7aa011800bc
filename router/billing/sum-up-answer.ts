// The counts and the price of an answer that one home or several gave: told by whoever has its last word, the last part's hub or the edge. Pure.
import type { OutputCounts, PartCounts } from '../../schema/records.ts';
import { priceAnswer } from './price-answer.ts';

export interface AnswerSum extends OutputCounts {
  readonly promptTokens: number;
  /** Units. */
  readonly charge: number;
}

/**
 * The prompt once, the output of every home. `unsettled`: by frames, of parts that no hub has settled. `end`: the part that ended the answer, null where
 * it ended with the others. `booked`: units that the account has charged of a part that its edge takes for lost; they are part of what this comes to.
 */
export function sumUpAnswer(
  {
    settled,
    unsettled,
    booked = 0,
  }: { readonly settled: readonly PartCounts[]; readonly unsettled: OutputCounts; readonly booked?: number },
  end: PartCounts | null,
): AnswerSum {
  const all = end ? [...settled, end] : settled;
  const bills = settled.map(({ bill }) => bill);
  const price = priceAnswer(bills, end?.bill ?? null);
  return {
    ...all.reduce<OutputCounts>(addCounts, unsettled),
    promptTokens: all[0]?.promptTokens ?? 0,
    // As the account does: beside what went on from others that are charged it counts as it is, else it is the answer's own price or less.
    charge: bills.length > 0 ? booked + price : Math.max(booked, price),
  };
}

export function addCounts(a: OutputCounts, b: OutputCounts): OutputCounts {
  return { outputTokens: a.outputTokens + b.outputTokens, thinkingTokens: a.thinkingTokens + b.thinkingTokens };
}
