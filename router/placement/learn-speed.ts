// What the router learns of a home's speed from the jobs that it relayed there: prompt and decode, per node and model. Pure; the record is plain JSON.
// The home's own benchmark is only where the belief starts: what a home says of itself never outweighs what was seen.

/** One relayed job, seen from the hub. */
export interface SpeedSample {
  /** Prompt tokens that were worked on until its first token: those pending ahead of it at the grant, and its own that were not cached. */
  readonly workTokens: number;
  /** From the job frame's leaving to the first token's arrival, less the hub–home round trip, ms. */
  readonly promptMs: number;
  /** Other jobs that ran there at the grant. */
  readonly activeAtGrant: number;
  /** Streams that ran there at once while it streamed, itself included, on average. */
  readonly meanBatch: number;
  readonly outputTokens: number;
  /** From its first token to its last, ms. */
  readonly decodeMs: number;
  readonly slots: number;
}

/** How far one speed turned out from its prior, as a decaying mean of logs. */
export interface SpeedBelief {
  /** Weighted sum of log(measured / prior), and the weights. */
  readonly sum: number;
  readonly weight: number;
  /** Mean distance of samples from the belief, in logs: what counts as an outlier. */
  readonly spread: number;
}

/** What is believed of one node and model; JSON-able. Begin with NO_SPEEDS. */
export interface LearnedSpeeds {
  readonly prompt: SpeedBelief;
  readonly decode: SpeedBelief;
}

/** Tokens a second: of the prompt alone, and of one stream alone. */
export interface Speeds {
  readonly promptTokensPerS: number;
  readonly decodeTokensPerS: number;
}

const UNSEEN: SpeedBelief = { sum: 0, weight: 0, spread: 0.7 };
export const NO_SPEEDS: LearnedSpeeds = { prompt: UNSEEN, decode: UNSEEN };

/** A sample counts half after this many jobs. */
const HALF_LIFE_JOBS = 20;
/**
 * The prior weighs as much as this many jobs before the first one, half as much with each job, and soon nothing: a benchmark may be wrong by a factor
 * of three, or a lie, and a measured job hardly ever is.
 */
const PRIOR_JOBS = 0.5;
/** With less evidence than this there is nothing yet from which a sample could be an outlier: the prior is a word, not evidence. */
const LEAST_EVIDENCE = 1;
/** Share of the class in a prior that has both. */
const CLASS_SHARE = 0.3;
/** A sample farther away than this many spreads counts as if it were this far: an outlier moves the belief, but not far. */
const OUTLIER_SPREADS = 3;
const LEAST_SPREAD = 0.08;
/** Samples of so many tokens count half: short ones are mostly overhead. */
const HALF_PROMPT_TOKENS = 128;
const HALF_OUTPUT_TOKENS = 16;

/** Where a belief starts: the node's benchmark, averaged with what homes of its class turned out to do where that is known. */
export function makeSpeedPrior(benchmark: Speeds, classSpeeds: Speeds | null): Speeds {
  const blend = (own: number, ofClass: number | undefined): number => {
    if (!(own > 0)) return ofClass ?? 1;
    return ofClass && ofClass > 0 ? own ** (1 - CLASS_SHARE) * ofClass ** CLASS_SHARE : own;
  };
  return {
    promptTokensPerS: blend(benchmark.promptTokensPerS, classSpeeds?.promptTokensPerS),
    decodeTokensPerS: blend(benchmark.decodeTokensPerS, classSpeeds?.decodeTokensPerS),
  };
}

/** The speeds believed now. */
export function expectSpeeds(learned: LearnedSpeeds, prior: Speeds): Speeds {
  return {
    promptTokensPerS: prior.promptTokensPerS * Math.exp(meanOf(learned.prompt)),
    decodeTokensPerS: prior.decodeTokensPerS * Math.exp(meanOf(learned.decode)),
  };
}

/** The belief after one more job. Samples without work or time change nothing. */
export function learnSpeeds(learned: LearnedSpeeds, prior: Speeds, sample: SpeedSample): LearnedSpeeds {
  return { prompt: learnPrompt(learned, prior, sample), decode: learnDecode(learned, prior, sample) };
}

/** How much faster all streams of a home are together at `batch` than one alone: 1 at one stream, 1 + 0.43·(slots−1) at full slots. */
export function batchGain(slots: number, batch: number): number {
  if (batch <= 1 || slots <= 1) return Math.max(1, batch);
  return 1 + BATCH_GAIN * (batch - 1);
}

/** Each further stream adds this much of the first one's speed: a prior from the public figures of six cards. */
const BATCH_GAIN = 0.43;
/** A prompt beside running streams takes this much longer. */
export const BUSY_PROMPT_FACTOR = 1.25;

function learnPrompt(learned: LearnedSpeeds, prior: Speeds, sample: SpeedSample): SpeedBelief {
  const { workTokens, activeAtGrant, slots } = sample;
  // The first token's own decode step is no part of the prompt's work.
  const believed = expectSpeeds(learned, prior).decodeTokensPerS;
  const batch = Math.min(activeAtGrant + 1, Math.max(1, slots));
  const stepMs = (1000 * batch) / (believed * batchGain(slots, batch));
  const promptMs = Math.max(sample.promptMs - stepMs, 0.2 * sample.promptMs);
  if (!(workTokens > 0) || !(promptMs > 0)) return learned.prompt;
  const busy = activeAtGrant > 0 ? BUSY_PROMPT_FACTOR : 1;
  const measured = (1000 * workTokens * busy) / promptMs;
  const quality = workTokens / (workTokens + HALF_PROMPT_TOKENS);
  return learn(learned.prompt, Math.log(measured / prior.promptTokensPerS), quality);
}

function learnDecode(learned: LearnedSpeeds, prior: Speeds, sample: SpeedSample): SpeedBelief {
  const { outputTokens, decodeMs, slots } = sample;
  if (outputTokens < 2 || !(decodeMs > 0)) return learned.decode;
  const batch = Math.max(1, sample.meanBatch);
  const alone = ((1000 * (outputTokens - 1)) / decodeMs) * (batch / batchGain(slots, batch));
  const quality = outputTokens / (outputTokens + HALF_OUTPUT_TOKENS);
  return learn(learned.decode, Math.log(alone / prior.decodeTokensPerS), quality);
}

function learn(belief: SpeedBelief, log: number, quality: number): SpeedBelief {
  if (!Number.isFinite(log)) return belief;
  const mean = meanOf(belief);
  const limit = belief.weight < LEAST_EVIDENCE ? Infinity : OUTLIER_SPREADS * Math.max(LEAST_SPREAD, belief.spread);
  const off = Math.min(limit, Math.max(-limit, log - mean));
  const keep = 2 ** (-1 / HALF_LIFE_JOBS);
  return {
    sum: belief.sum * keep + quality * (mean + off),
    weight: belief.weight * keep + quality,
    // Quicker than the mean: a home that really changed is an outlier only for a few jobs.
    spread: belief.spread + 0.15 * quality * (Math.min(Math.abs(off), OUTLIER_SPREADS) - belief.spread),
  };
}

function meanOf({ sum, weight }: SpeedBelief): number {
  return sum / (weight + PRIOR_JOBS * 2 ** -weight);
}
