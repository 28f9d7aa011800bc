// Round trips between two places: guessed from their distance until they were measured, then a moving mean. Pure; the record is plain JSON.

/** A moving mean in ms and how many measurements are in it; JSON-able. */
export interface RttRecord {
  readonly meanMs: number;
  readonly samples: number;
}

/** Guess for a pair that was never measured: 14 ms and 0.018 ms a km (fitted to RIPE Atlas, see docs of the simulator). */
const BASE_MS = 14;
const MS_PER_KM = 0.018;
/** The guess counts as one measurement; after many, a new one counts an eighth, as in TCP. */
const LEAST_SHARE = 1 / 8;
/** A measurement counts as at most this many times the mean, since one hiccup does not make a line slow. */
const MOST_TIMES = 3;

/** What a round trip over so many km is thought to take, ms. */
export function guessRttMs(km: number): number {
  return BASE_MS + MS_PER_KM * km;
}

/** The record before any measurement. */
export function startRtt(km: number): RttRecord {
  return { meanMs: guessRttMs(km), samples: 0 };
}

/** The record after one measurement in ms; one that is no time at all changes nothing. */
export function learnRtt(record: RttRecord, measuredMs: number): RttRecord {
  if (!(measuredMs >= 0) || !Number.isFinite(measuredMs)) return record;
  const share = Math.max(LEAST_SHARE, 1 / (record.samples + 2));
  const sample = record.samples === 0 ? measuredMs : Math.min(measuredMs, MOST_TIMES * Math.max(1, record.meanMs));
  return { meanMs: record.meanMs + share * (sample - record.meanMs), samples: record.samples + 1 };
}
