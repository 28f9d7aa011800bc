// What both ends say of energy: methods, their tiers, a claim, and how a reading inside a machine becomes watts at the wall. The figures that are
// assumptions are marked so; how they are used stands in node-agent/README.md, "Energy".
import { ENERGY_METHOD } from './receipt.ts';
import type { EnergyMethod } from './receipt.ts';

/** How good a figure is, from best to worst. */
export type EnergyTier = 'A' | 'B' | 'C' | 'D';

/** Unknown has no tier. */
export const ENERGY_TIER: Readonly<Record<EnergyMethod, EnergyTier | null>> = {
  wall: 'A',
  counter: 'B',
  sampled: 'C',
  estimated: 'D',
  unknown: null,
};

/** The interval around a figure holds the truth nine times in ten, so it is hoped: shares of the figure. Assumptions until they are calibrated. */
export const TIER_HALF_WIDTH: Readonly<Record<EnergyTier, number>> = { A: 0.05, B: 0.12, C: 0.2, D: 0.5 };

/** What a home says a job took at the wall above rest: whole millionths of a watt-hour, and the interval that holds it. Of an unknown one all are 0. */
export interface EnergyClaim {
  readonly microWh: number;
  readonly lowMicroWh: number;
  readonly highMicroWh: number;
  readonly method: EnergyMethod;
}

export const UNKNOWN_ENERGY: EnergyClaim = { microWh: 0, lowMicroWh: 0, highMicroWh: 0, method: 'unknown' };

export const MICRO_WH_PER_JOULE = 1e6 / 3600;

/** From a meter inside the machine to the wall, W and shares. Assumptions, except where a source stands beside them. */
export const TO_WALL = {
  /** What a power supply gives of what it takes, and how far that may be off (80 PLUS Bronze to Gold between a fifth and full load: 82 to 92 %). */
  efficiency: 0.88,
  efficiencyHalf: 0.05,
  /** The machine around a card that works, where no meter sees it: processor, memory, fans. */
  hostW: 15,
  hostHalfW: 10,
  /** A machine at rest without its card, where no meter sees it. */
  restW: 35,
  restHalfW: 15,
  /** The same where the processor's own meter is counted apart: board, memory, disks, fans. */
  boardsRestW: 20,
  /** One busy thread of a processor above rest, where no meter sees it: servers come to 2.8 (cloud-carbon-footprint, 3.5 less 0.7), desktops to 5 to 15. */
  threadW: 6,
  /** A card at work, as a share of what it may draw at most: decoding waits for memory. */
  workShare: 0.75,
} as const;

/** The word of a receipt's `energyMethod`; null for a number that no version so far gives. */
export function nameEnergyMethod(value: number): EnergyMethod | null {
  const methods = Object.keys(ENERGY_METHOD) as EnergyMethod[];
  return methods.find((method) => ENERGY_METHOD[method] === value) ?? null;
}

/** The less certain of two. */
export function chooseWorseMethod(one: EnergyMethod, other: EnergyMethod): EnergyMethod {
  return WORSE.indexOf(one) > WORSE.indexOf(other) ? one : other;
}
const WORSE: readonly EnergyMethod[] = ['wall', 'counter', 'sampled', 'estimated', 'unknown'];
