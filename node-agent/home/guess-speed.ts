// A first guess at how fast a backend is, from its kind alone. A prior, not a measurement: the router corrects it from the jobs it relays.
import type { Backend } from '../backends/backend.ts';

export interface SpeedPrior {
  readonly promptTokensPerS: number;
  readonly decodeTokensPerS: number;
}

/** Tokens a second of one job alone. `paceTokensPerS` is the owner's limit on decoding, 0 for none. */
export function guessSpeed(kind: Backend['kind'], paceTokensPerS: number): SpeedPrior {
  const prior =
    kind === 'onnx'
      ? { promptTokensPerS: 2000, decodeTokensPerS: 200 }
      : { promptTokensPerS: 500, decodeTokensPerS: 40 };
  return paceTokensPerS > 0 ? { ...prior, decodeTokensPerS: Math.min(prior.decodeTokensPerS, paceTokensPerS) } : prior;
}
