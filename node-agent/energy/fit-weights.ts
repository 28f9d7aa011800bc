// What a token costs on this machine: fitted to windows whose joules are metered and whose tokens are counted. Pure: least squares that forget, with
// costs that are never below 0, and pulled to a first guess where little has been seen.
import type { TokenWeights, WindowWork } from './split-window.ts';

/** Sums of what was seen: the normal equations, in the order prompt, cached, output. */
export interface FitState {
  readonly squares: readonly number[];
  readonly products: readonly number[];
  /** How many windows it stands on, those long ago counting less. */
  readonly windows: number;
}

export const EMPTY_FIT: FitState = { squares: [0, 0, 0, 0, 0, 0, 0, 0, 0], products: [0, 0, 0], windows: 0 };

/** Each window counts for a little less than the one after it: half after about 140. */
const MEMORY = 0.995;
/** A first guess weighs like so many windows of the kind that has been seen. */
const PRIOR_WINDOWS = 2;
const ROUNDS = 60;
/** Costs that move by less have settled. */
const SETTLED = 1e-5;

/** A prompt token costs about so much of an output token, and one that the server still had so much: a guess (prefill runs at some ten times the speed). */
const PROMPT_SHARE = 0.1;
const CACHED_SHARE = 0.005;

/** Costs before anything was seen, from what an output token may cost, J. */
export function guessWeights(outputJ: number): TokenWeights {
  return { prompt: PROMPT_SHARE * outputJ, cached: CACHED_SHARE * outputJ, output: outputJ };
}

/** What was seen, with one more window: its joules and all its work. */
export function addWindow(state: FitState, joules: number, work: WindowWork): FitState {
  const x = [work.prompt, work.cached, work.output];
  // A window is weighed by its work, so that a full one does not drown ten small ones.
  const scale = 1 / Math.max(1, Math.hypot(...x));
  const unit = x.map((one) => one * scale);
  return {
    squares: state.squares.map((sum, i) => MEMORY * sum + (unit[Math.floor(i / 3)] ?? 0) * (unit[i % 3] ?? 0)),
    products: state.products.map((sum, i) => MEMORY * sum + (unit[i] ?? 0) * joules * scale),
    windows: MEMORY * state.windows + 1,
  };
}

/** Costs by what was seen and by the first guess: coordinate descent on the squares, each cost held at 0 or above. */
export function fitWeights(state: FitState, guess: TokenWeights): TokenWeights {
  const prior = [guess.prompt, guess.cached, guess.output];
  const costs = [...prior];
  const { squares, products } = state;
  const pull = prior.map((_, i) => PRIOR_WINDOWS * Math.max(1e-6, (squares[4 * i] ?? 0) / Math.max(1, state.windows)));
  for (let round = 0; round < ROUNDS; round += 1) {
    let moved = 0;
    for (let i = 0; i < 3; i += 1) {
      const was = costs[i] ?? 0;
      const weight = pull[i] ?? 0;
      const own = squares[4 * i] ?? 0;
      let others = -was * own;
      for (let j = 0; j < 3; j += 1) others += (costs[j] ?? 0) * (squares[3 * i + j] ?? 0);
      const cost = Math.max(0, ((products[i] ?? 0) - others + weight * (prior[i] ?? 0)) / (own + weight));
      costs[i] = cost;
      moved = Math.max(moved, Math.abs(cost - was) / Math.max(cost, 1e-9));
    }
    if (moved < SETTLED) break;
  }
  const [prompt = 0, cached = 0, output = 0] = costs;
  return { prompt, cached, output };
}
