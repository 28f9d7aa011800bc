// What an owner's power command printed, as a reading: a number of watts, JSON of a plug, or what `powermetrics` prints. Pure.
import { parseJson } from '../../schema/json.ts';
import type { WallMeter } from './meter-reading.ts';

/** Keys, in lower case and without underscores, that hold watts, and those that hold a counter, with how many Wh one of it is. */
const WATTS = ['watts', 'watt', 'w', 'power', 'powerw', 'apower', 'activepower', 'instpower', 'currentpower'];
const COUNTERS: Readonly<Record<string, number>> = { wh: 1, kwh: 1000, energywh: 1, energykwh: 1000 };
const MOST_W = 100_000;
const DEPTH = 5;

/** Null for anything that is no reading. */
export function readPowerText(text: string): WallMeter | null {
  const given = text.trim();
  if (/^-?\d+(?:\.\d+)?(?:\s*W)?$/i.test(given)) return toMeter(Number.parseFloat(given), null, 'wall');
  const chip = readPowermetrics(given);
  if (chip !== null) return toMeter(chip, null, 'chip');
  const json = parseJson(given);
  if (typeof json !== 'object' || json === null) return null;
  return toMeter(findWatts(json, 0), findCounter(json), 'wall');
}

function toMeter(watts: number | null, wattHours: number | null, boundary: WallMeter['boundary']): WallMeter | null {
  const isWatts = watts !== null && watts >= 0 && watts <= MOST_W;
  const isCounter = wattHours !== null && wattHours >= 0 && Number.isFinite(wattHours);
  if (!isWatts && !isCounter) return null;
  return { watts: isWatts ? watts : null, wattHours: isCounter ? wattHours : null, boundary };
}

/** `Combined Power (CPU + GPU + ANE): 1172 mW`: the last sample counts. */
function readPowermetrics(text: string): number | null {
  const all = [...text.matchAll(/^Combined Power \(CPU \+ GPU \+ ANE\):\s*([\d.]+)\s*(m?)W\s*$/gm)];
  const [, value = '', milli = ''] = all.at(-1) ?? [];
  return value === '' ? null : Number(value) / (milli === 'm' ? 1000 : 1);
}

/** The first key of that meaning, nearest the top: plugs wrap it (Shelly `apower`, Tasmota `StatusSNS.ENERGY.Power`). */
function findWatts(value: object, depth: number): number | null {
  for (const [key, one] of Object.entries(value)) if (WATTS.includes(plain(key)) && typeof one === 'number') return one;
  return findDeeper(value, depth, findWatts);
}

function findCounter(value: object, depth = 0): number | null {
  for (const [key, one] of Object.entries(value)) {
    const unit = COUNTERS[plain(key)];
    if (unit !== undefined && typeof one === 'number') return one * unit;
    // Shelly's: `"aenergy": {"total": 11.679}`, in Wh.
    if (plain(key) === 'aenergy' && isObject(one) && typeof one['total'] === 'number') return one['total'];
    // Tasmota's: `"ENERGY": {"Total": 1.234}`, in kWh.
    if (plain(key) === 'energy' && isObject(one) && typeof one['Total'] === 'number') return one['Total'] * 1000;
  }
  return findDeeper(value, depth, findCounter);
}

function findDeeper(
  value: object,
  depth: number,
  find: (value: object, depth: number) => number | null,
): number | null {
  if (depth >= DEPTH) return null;
  for (const one of Object.values(value)) {
    const found = isObject(one) ? find(one, depth + 1) : null;
    if (found !== null) return found;
  }
  return null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function plain(key: string): string {
  return key.toLowerCase().replaceAll('_', '');
}
