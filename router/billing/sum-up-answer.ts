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
 * it ended with the others.
 */
export function sumUpAnswer(
  { settled, unsettled }: { readonly settled: readonly PartCounts[]; readonly unsettled: OutputCounts },
  end: PartCounts | null,
): AnswerSum {
  const all = end ? [...settled, end] : settled;
  const bills = settled.map(({ bill }) => bill);
  return {
    ...all.reduce<OutputCounts>(addCounts, unsettled),
    promptTokens: all[0]?.promptTokens ?? 0,
    charge: priceAnswer(bills, end?.bill ?? null),
  };
}

export function addCounts(a: OutputCounts, b: OutputCounts): OutputCounts {
  return { outputTokens: a.outputTokens + b.outputTokens, thinkingTokens: a.thinkingTokens + b.thinkingTokens };
}
