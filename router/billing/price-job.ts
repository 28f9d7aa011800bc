// What a job can cost at most: the amount that is held before it is placed. Pure.
import { computeCharge } from '../../schema/prices.ts';
import type { Price } from '../../schema/prices.ts';

/**
 * Units to hold: the prompt once at its bound and all output allowed. However many parts a job takes, its account charges them as one
 * answer, rounded up once (`tally-job.ts`), so rounding needs no room of its own.
 */
export function priceJob(job: {
  readonly price: Price;
  readonly promptTokens: number;
  readonly maxOutputTokens: number;
}): number {
  return computeCharge(job.price, { promptTokens: job.promptTokens, outputTokens: job.maxOutputTokens });
}
