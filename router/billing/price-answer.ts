// What one answer costs its caller, however many homes gave it: the one rule, for the account that charges it and the edge that tells it. Pure.
import { priceTokens, toUnits } from '../../schema/prices.ts';
import type { PartBill } from '../../schema/settlement.ts';

/**
 * Units: the prompt once, the output of every part, rounded up once. `earlier` are parts that broke off and whose output the caller was
 * given; `end` is the part that ended the answer, null where the edge ended it. Earlier parts together never count more output than the
 * answer that the last one went on from.
 */
export function priceAnswer(earlier: readonly PartBill[], end: PartBill | null): number {
  let micro = priceTokens(end?.priceOut ?? 0, end?.outputTokens ?? 0);
  let room = end?.resumedTokens ?? Number.POSITIVE_INFINITY;
  for (const { priceOut, outputTokens } of earlier.toSorted((a, b) => b.priceOut - a.priceOut)) {
    const counted = Math.min(outputTokens, room);
    room -= counted;
    micro += priceTokens(priceOut, counted);
  }
  const all = end ? [end, ...earlier] : earlier;
  const prompts = all.map(({ priceIn, promptTokens }) => priceTokens(priceIn, promptTokens));
  return toUnits(micro + prompts.reduce((most, one) => (one > most ? one : most), 0n));
}
