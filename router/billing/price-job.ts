// What a job can cost at most: the amount that is held before it is placed. Pure.
import { computeCharge } from '../../schema/prices.ts';
import type { Price } from '../../schema/prices.ts';

/** Parts a job can have (DESIGN D5: at most 3 attempts). Each part's charge is rounded up by itself. */
const MAX_PARTS = 3;

/** Units to hold: the prompt once at its bound, all output allowed, and one unit of rounding for each further part; 0 at price 0. */
export function priceJob(job: {
  readonly price: Price;
  readonly promptTokens: number;
  readonly maxOutputTokens: number;
}): number {
  const most = computeCharge(job.price, { promptTokens: job.promptTokens, outputTokens: job.maxOutputTokens });
  return most === 0 ? 0 : most + MAX_PARTS - 1;
}
