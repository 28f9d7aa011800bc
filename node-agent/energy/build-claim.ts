// What a receipt says of a job's energy, from the joules that it was given. Pure. What nobody knows is unknown: no zero ever looks measured.
import { ENERGY_TIER, MICRO_WH_PER_JOULE, TIER_HALF_WIDTH, UNKNOWN_ENERGY } from '../../schema/energy.ts';
import type { EnergyClaim } from '../../schema/energy.ts';
import type { EnergyMethod } from '../../schema/receipt.ts';

export interface ClaimFacts {
  readonly joules: number;
  /** What guesses within it may be off by, either way. */
  readonly spreadJ: number;
  readonly method: EnergyMethod;
}

/** The claim rounds down, and its interval outwards. Less than a millionth of a watt-hour is below what any meter here sees: unknown. */
export function buildClaim({ joules, spreadJ, method }: ClaimFacts): EnergyClaim {
  const tier = ENERGY_TIER[method];
  const microWh = Math.floor(joules * MICRO_WH_PER_JOULE);
  if (tier === null || !Number.isSafeInteger(microWh) || microWh < 1) return UNKNOWN_ENERGY;
  const half = Math.hypot(TIER_HALF_WIDTH[tier] * joules, spreadJ);
  return {
    microWh,
    lowMicroWh: Math.max(0, Math.floor((joules - half) * MICRO_WH_PER_JOULE)),
    highMicroWh: Math.ceil((joules + half) * MICRO_WH_PER_JOULE),
    method,
  };
}
