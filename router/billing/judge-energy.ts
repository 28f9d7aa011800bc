// What the router believes of the energy that a receipt claims. Nobody else measures it: a claim is held against what its home's class of card can draw
// (bound-watts.ts), any machine where nobody knows the card, and what the best machine needs for a token. One that lies beyond is told as the bound, marked.
// It moves no money. Pure.
import { ENERGY_TIER, nameEnergyMethod, TIER_HALF_WIDTH } from '../../schema/energy.ts';
import type { PartEnergy } from '../../schema/energy-told.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import { ANY_HOME_W } from './bound-watts.ts';

/** A receipt's own fields; numbers of 64 bits are texts in JSON. */
export interface EnergyFields {
  readonly energyMicroWh: bigint | string;
  readonly energyLowMicroWh: bigint | string;
  readonly energyHighMicroWh: bigint | string;
  readonly energyMethod: number;
}

export interface EnergyBounds {
  /** By the router's count. */
  readonly outputTokens: number;
  /** By the router's clock. */
  readonly durationMs: number;
  /** Of the home. */
  readonly country: string;
  /** W at the wall that the home can draw at most; any home's where it is left out. */
  readonly mostW?: number | undefined;
}

const MICRO_WH_PER_WATT_MS = 1e6 / 3_600_000;
const MICRO_WH_PER_JOULE = 1e6 / 3600;
/** Less than this is no time that anybody can measure over. */
const LEAST_MS = 1000;
/** No part is believed to work for longer, whatever is said of it: so no sum overflows either. */
const MOST_MS = 3_600_000;
/**
 * J for a token of output. The best that is measured is 0.1 (8B, H100, 64 to 128 at once: ML.ENERGY); a model of half a billion parameters
 * needs a sixteenth of that, and half of it again is left for cards to come.
 */
export const LEAST_J_PER_TOKEN = 0.003;

/** Null where the receipt says that nobody knows, or tells a method that this version has no word for. */
export function judgeEnergy(
  claim: EnergyFields,
  { outputTokens, durationMs, country, mostW = ANY_HOME_W }: EnergyBounds,
): PartEnergy | null {
  const method = nameEnergyMethod(claim.energyMethod);
  const tier = method && ENERGY_TIER[method];
  if (!method || !tier) return null;
  const ms = Math.min(MOST_MS, Math.max(LEAST_MS, durationMs));
  const most = Math.floor(mostW * ms * MICRO_WH_PER_WATT_MS);
  // Whatever a home worked took something: a known nothing would be a lie or a rounding.
  const least = Math.min(most, Math.max(1, Math.floor(LEAST_J_PER_TOKEN * outputTokens * MICRO_WH_PER_JOULE)));
  const bound = (value: number): number => Math.min(most, Math.max(least, value));
  const claimed = Number(claim.energyMicroWh);
  const microWh = bound(claimed);
  const isBounded = microWh !== claimed;
  // No figure is surer than its method is; and the interval holds the figure, whatever was claimed.
  const half = TIER_HALF_WIDTH[tier];
  const low = Math.min(Number(claim.energyLowMicroWh), Math.ceil(microWh * (1 - half)));
  const high = Math.max(Number(claim.energyHighMicroWh), Math.floor(microWh * (1 + half)));
  return {
    microWh,
    lowMicroWh: Math.max(0, low),
    highMicroWh: Math.min(high, Math.ceil(most * (1 + half))),
    method,
    isBounded,
    country,
  };
}

/** Of a settled part; null without a receipt. The same each time, so that an answer and the totals of its day tell the same. */
export function energyOf(settlement: SettlementJson): PartEnergy | null {
  return settlement.receipt && judgeEnergy(settlement.receipt, settlement);
}
