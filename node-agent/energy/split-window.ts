// A window's joules, split over the jobs that worked in it. Pure. The parts add up to the whole, whatever the counts are.

/** Tokens of one job in a window: of the prompt that were read, of the prompt that the server still had, and of the answer. */
export interface WindowWork {
  readonly prompt: number;
  readonly cached: number;
  readonly output: number;
  /** How long it ran in the window: what splits it where nobody has counted a token. */
  readonly ms: number;
}

/** Joules a token of each kind, as fitted here: only their proportions matter for a split. */
export interface TokenWeights {
  readonly prompt: number;
  readonly cached: number;
  readonly output: number;
}

/** Less is no weight: its shares would be lost in rounding. */
const LEAST = 1e-9;

/** What the work would come to by the weights, J. */
export function weigh(work: WindowWork, weights: TokenWeights): number {
  return work.prompt * weights.prompt + work.cached * weights.cached + work.output * weights.output;
}

/** One part a job, in their order. A window with no job at all has no parts. */
export function splitWindow(joules: number, works: readonly WindowWork[], weights: TokenWeights): number[] {
  const weighed = works.map((work) => weigh(work, weights));
  const sum = weighed.reduce((total, one) => total + one, 0);
  if (sum > LEAST && Number.isFinite(sum)) return weighed.map((one) => joules * (one / sum));
  const ms = works.reduce((total, one) => total + one.ms, 0);
  return works.map((work) => (ms > 0 ? (joules * work.ms) / ms : joules / works.length));
}
