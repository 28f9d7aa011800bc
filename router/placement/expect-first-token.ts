// What a first token from a home is expected to cost, part by part, from what is known of it now. Pure; DESIGN's formula, used by edges, hubs and the simulator.
import type { Forecast, HomeState, JobSize } from '../../schema/placement.ts';
import { batchGain, BUSY_PROMPT_FACTOR } from './learn-speed.ts';

/** What a forecast reads of a home; `active` may be a fraction where it is a guess. */
export type ForecastHome = Pick<
  HomeState,
  | 'slots'
  | 'active'
  | 'pendingPromptTokens'
  | 'promptTokensPerS'
  | 'decodeTokensPerS'
  | 'loadMs'
  | 'rttMs'
  | 'cachedTokens'
>;

/** The slowest speed that a forecast reckons with, so that none is infinite. */
const LEAST_TOKENS_PER_S = 0.1;

/**
 * E[TTFT] = round trip + wait + load + (prompt − cached) / prompt speed + the first decode step with this job in the batch.
 * `edgeRttMs` is edge to hub and back, 0 where only the way from the hub counts. A full home's wait includes that for a slot.
 */
export function expectFirstToken(
  home: ForecastHome,
  size: JobSize,
  edgeRttMs: number,
  cachedTokens: number = home.cachedTokens,
): Forecast {
  const promptMsPerToken =
    (1000 / Math.max(LEAST_TOKENS_PER_S, home.promptTokensPerS)) * (home.active > 0 ? BUSY_PROMPT_FACTOR : 1);
  // At least the last prompt token is always computed, even if all are cached: the first answer token comes from it.
  const freshTokens = Math.max(1, size.promptTokens - cachedTokens);
  const tokensPerS = streamSpeed(home, home.active + 1);
  const slotMs = home.active >= home.slots ? expectFreeSlotMs(home, size) : 0;
  const rttMs = edgeRttMs + home.rttMs;
  const waitMs = slotMs + home.pendingPromptTokens * promptMsPerToken;
  const promptMs = freshTokens * promptMsPerToken;
  const decodeMs = 1000 / tokensPerS;
  return {
    ttftMs: rttMs + waitMs + home.loadMs + promptMs + decodeMs,
    rttMs,
    waitMs,
    loadMs: home.loadMs,
    promptMs,
    decodeMs,
    tokensPerS,
    streamMs: (1000 * size.outputTokens) / tokensPerS,
  };
}

/** Expected ms until a full home has a free slot, assuming that its jobs are spread evenly between their start and end. 0 where one is free. */
export function expectFreeSlotMs(home: ForecastHome, size: JobSize): number {
  if (home.active < home.slots) return 0;
  const endings = home.active - home.slots + 1;
  return ((1000 * size.outputTokens) / streamSpeed(home, home.active)) * (endings / (home.slots + 1));
}

/** Tokens a second of each of `batch` streams. */
function streamSpeed(home: Pick<HomeState, 'slots' | 'decodeTokensPerS'>, batch: number): number {
  const streams = Math.max(1, Math.min(batch, home.slots));
  return (Math.max(LEAST_TOKENS_PER_S, home.decodeTokensPerS) * batchGain(home.slots, streams)) / streams;
}
