// What a receipt says of its job's energy, in words and as figures. Pure.
import { ENERGY_TIER, nameEnergyMethod } from '../energy.ts';
import type { EnergyTier } from '../energy.ts';
import type { EnergyMethod, UsageReceipt } from '../receipt.ts';
import type { VerifyWords } from './words-en.ts';

/** Watt-hours at the wall above rest, with the interval that holds it; all null where nobody knows. */
export interface EnergyFigures {
  readonly wh: number | null;
  readonly wh90: readonly [low: number, high: number] | null;
  readonly method: EnergyMethod;
  readonly tier: EnergyTier | null;
}

type Energy = Pick<UsageReceipt, 'energyMicroWh' | 'energyLowMicroWh' | 'energyHighMicroWh' | 'energyMethod'>;

/** A method of a later version counts as unknown here. */
export function describeEnergy(receipt: Energy): EnergyFigures {
  const method = nameEnergyMethod(receipt.energyMethod) ?? 'unknown';
  if (method === 'unknown') return { wh: null, wh90: null, method, tier: null };
  const [wh, low, high] = [receipt.energyMicroWh, receipt.energyLowMicroWh, receipt.energyHighMicroWh].map(toWh);
  return { wh: wh ?? null, wh90: [low ?? 0, high ?? 0], method, tier: ENERGY_TIER[method] };
}

/** `0.0410 Wh (0.0360 to 0.0460) above rest, by …: tier B`. */
export function tellEnergy(receipt: Energy, words: VerifyWords): string {
  const { wh, wh90, method, tier } = describeEnergy(receipt);
  if (wh === null || wh90 === null) return words.energyUnknown;
  const [low, high] = wh90;
  return words.energyTold(print(wh), [print(low), print(high)], words.seenBy[method], tier ?? '');
}

function toWh(microWh: bigint): number {
  return Number(microWh) / 1e6;
}

function print(wh: number): string {
  return wh.toPrecision(3);
}
