// One number for how good a home is for a job, and whether it keeps what was promised. Pure.
import type { Forecast, Wish } from '../../schema/placement.ts';

/** A second of streaming weighs as much as a tenth of one before the first token. */
const STREAM_WEIGHT = 0.1;
/** What a broken answer costs its reader. */
const FAILURE_MS = 5000;

/** Score in ms, lower is better: first token, a tenth of the stream, and what its failing would cost. */
export function scoreHome(forecast: Pick<Forecast, 'ttftMs' | 'streamMs'>, failureShare: number): number {
  return forecast.ttftMs + STREAM_WEIGHT * forecast.streamMs + failureShare * FAILURE_MS;
}

/** A home that is expected to break more of its jobs than this keeps no promise, however near and fast it says it is. */
const MOST_FAILURES = 0.4;

/** True where the home is not one that fails most of what it takes. */
export function isReliable({ failureShare }: { readonly failureShare: number }): boolean {
  return failureShare <= MOST_FAILURES;
}

/** True where the first token is expected in time and the stream fast enough. */
export function keepsPromise(
  forecast: Pick<Forecast, 'ttftMs' | 'tokensPerS'>,
  wish: Pick<Wish, 'maxTtftMs' | 'minTokensPerS'>,
): boolean {
  return forecast.ttftMs <= wish.maxTtftMs && forecast.tokensPerS >= wish.minTokensPerS;
}
