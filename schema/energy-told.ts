// Energy as answers, usage and totals tell it. What nobody knows is null and never 0.
import type { EnergyClaim, EnergyTier } from './energy.ts';
import type { EnergyMethod } from './receipt.ts';

/** What the router believes of one part's energy. */
export interface PartEnergy extends EnergyClaim {
  /** The claim was beyond what is possible: this is the bound. */
  readonly isBounded: boolean;
  /** Whose grid it was drawn from: where the home stands. */
  readonly country: string;
}

/** One of the parts of an answer; `energy`: null where nobody knows it. */
export interface TokensEnergy {
  readonly outputTokens: number;
  readonly energy: PartEnergy | null;
}

/** A grid's yearly mean; of several the mean by energy, their zones with + between them. */
export interface GridTold {
  readonly zone: string;
  readonly g_per_kwh: number;
  readonly kind: string;
  readonly year: number;
  readonly source: string;
}

export interface EnergyTold {
  /** At the wall, above rest. */
  readonly wh: number | null;
  /** Holds the truth nine times in ten, so it is hoped: [low, high]. */
  readonly wh_90: readonly [number, number] | null;
  readonly g_co2e: number | null;
  readonly g_co2e_marginal: number | null;
  /** Rest that was kept up for this: nobody shares it out so far. */
  readonly idle_wh: number | null;
  readonly boundary: 'wall-above-idle';
  /** The least sure of its parts. */
  readonly method: EnergyMethod;
  readonly tier: EnergyTier | null;
  /** True where a claim was beyond what is possible and the bound stands for it. */
  readonly bounded: boolean;
  /** Of the output tokens those whose energy this is; the others' is unknown and added nowhere. */
  readonly known_tokens_share: number;
  readonly grid: GridTold | null;
  readonly method_url: string;
  /** Why `wh` is null. */
  readonly reason?: string;
}
