// What a meter reads while nobody works: the tenth percentile of its quiet time. Pure.

/** Ten minutes of quiet time, a sample each five seconds. */
export const REST_SAMPLES = 120;
export const REST_EVERY_MS = 5_000;
/** Fewer say nothing. */
const LEAST_SAMPLES = 3;
const PERCENTILE = 0.1;

/** W; null while too little quiet time has been seen. */
export function learnRest(samples: readonly number[]): number | null {
  if (samples.length < LEAST_SAMPLES) return null;
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.floor(PERCENTILE * (sorted.length - 1))] ?? null;
}

/** The samples with one more: the newest `REST_SAMPLES`. */
export function addRest(samples: readonly number[], watts: number): number[] {
  return [...samples, watts].slice(-REST_SAMPLES);
}
