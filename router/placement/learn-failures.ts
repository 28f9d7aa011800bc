// How likely a home is to break a job, by hour of the day: shares smoothed like a coin's, forgotten day by day. Pure; the record is plain JSON.
// Only what is the home's own doing counts: bad jobs, cancels and planned stops are never learned from.

/** Jobs and broken ones by hour of the day (UTC), 24 numbers each, decayed; JSON-able. */
export interface FailureRecord {
  readonly jobs: readonly number[];
  readonly broken: readonly number[];
  /** Day (since epoch) up to which counts are decayed. */
  readonly day: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** What a day leaves of what was known the day before. */
const DAILY_KEEP = 0.7;
/** A home is thought to break one job in a hundred until twenty jobs say otherwise. */
const PRIOR_SHARE = 0.01;
const PRIOR_JOBS = 20;
/** An hour is thought to be like the whole day until ten jobs in it say otherwise. */
const HOUR_JOBS = 10;
/** How much a job in a neighbouring hour counts for an hour. */
const BESIDE = 0.5;

export const NO_FAILURES: FailureRecord = {
  jobs: Array<number>(24).fill(0),
  broken: Array<number>(24).fill(0),
  day: 0,
};

/** The record after one job that began at `at` (ms since epoch). */
export function learnFailure(
  record: FailureRecord,
  job: { readonly at: number; readonly isBroken: boolean },
): FailureRecord {
  const now = decayTo(record, job.at);
  const hour = hourOf(job.at);
  const add = (counts: readonly number[], more: number): number[] =>
    counts.map((count, i) => (i === hour ? count + more : count));
  return { jobs: add(now.jobs, 1), broken: add(now.broken, Number(job.isBroken)), day: now.day };
}

/** The share of jobs, 0 to 1, that the home is expected to break at this time of day. */
export function expectFailures(record: FailureRecord, at: number): number {
  const now = decayTo(record, at);
  const all = (sumOf(now.broken) + PRIOR_SHARE * PRIOR_JOBS) / (sumOf(now.jobs) + PRIOR_JOBS);
  const hour = hourOf(at);
  const around = (counts: readonly number[]): number =>
    (counts[hour] ?? 0) + BESIDE * ((counts[(hour + 1) % 24] ?? 0) + (counts[(hour + 23) % 24] ?? 0));
  return (around(now.broken) + all * HOUR_JOBS) / (around(now.jobs) + HOUR_JOBS);
}

function decayTo(record: FailureRecord, at: number): FailureRecord {
  const day = Math.floor(at / DAY_MS);
  if (day <= record.day) return record;
  const keep = DAILY_KEEP ** (day - record.day);
  return { jobs: record.jobs.map((n) => n * keep), broken: record.broken.map((n) => n * keep), day };
}

function hourOf(at: number): number {
  return Math.floor((at % DAY_MS) / HOUR_MS);
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, n) => sum + n, 0);
}
