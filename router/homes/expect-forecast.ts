// What a home may earn in a day with a model: what callers paid for it lately, shared by capacity with the homes that have it now. A range, or nothing. Pure.
import { quantile } from '../../schema/quantile.ts';
import { batchGain } from '../placement/learn-speed.ts';

/** What one day's settled work with a model came to, over all homes. */
export interface DemandDay {
  readonly day: number;
  /** Units that owners earned. */
  readonly earned: number;
  readonly jobs: number;
}

/** A home as far as it competes. */
export interface Competitor {
  readonly slots: number;
  /** Of one stream alone. */
  readonly decodeTokensPerS: number;
}

export interface Forecast {
  /** Units a day; null where too little is known. */
  readonly low: number | null;
  readonly high: number | null;
  /** Days that were looked at. */
  readonly days: number;
  /** What of all capacity is this home's, 0 to 1. */
  readonly share: number;
}

/** With fewer days with any job, or fewer jobs, nothing is said. */
const LEAST_DAYS = 7;
const LEAST_JOBS = 20;
/** Who is near or fast gets more than an even share, and who is not gets less: by so much. */
const UNEVEN = 2;

/** `demand`: days with any, before `today`; days between without any count as nothing. */
export function expectForecast(
  demand: readonly DemandDay[],
  { own, others, today }: { readonly own: Competitor; readonly others: readonly Competitor[]; readonly today: number },
): Forecast {
  const ownRate = rateOf(own);
  const all = ownRate + others.reduce((sum, one) => sum + rateOf(one), 0);
  const share = all > 0 ? ownRate / all : 0;
  const days = demand.length === 0 ? 0 : today - Math.min(...demand.map(({ day }) => day));
  const jobs = demand.reduce((sum, one) => sum + one.jobs, 0);
  const busy = demand.filter((one) => one.jobs > 0).length;
  if (busy < LEAST_DAYS || jobs < LEAST_JOBS || share === 0) return { low: null, high: null, days, share };
  const sums = [...demand.map(({ earned }) => earned), ...Array.from({ length: days - demand.length }, () => 0)];
  const [usual, much] = [quantile(sums, 0.25), quantile(sums, 0.75)];
  const low = Math.floor((usual * share) / UNEVEN);
  return { low, high: Math.ceil(much * Math.min(1, share * UNEVEN)), days, share };
}

/** Tokens a second with all slots taken. */
function rateOf({ slots, decodeTokensPerS }: Competitor): number {
  return slots > 0 ? decodeTokensPerS * batchGain(slots, slots) : 0;
}
