// What one more answer at a home is expected to give off: its country's grid times the energy that it takes there. Pure; edges, hubs and the simulator share it.
// A card at work draws most of its power for one stream as for many, and shares it among them: so work gathers where work is, and the others sleep.
import { readGrid } from '../../schema/grid-intensity.ts';
import { speedClassOf } from '../../schema/placement.ts';
import type { HomeState, JobSize } from '../../schema/placement.ts';
import type { PresenceRow } from '../../schema/presence.ts';
import { expectFirstToken } from './expect-first-token.ts';
import type { ForecastHome } from './expect-first-token.ts';

/** What a forecast of grams reads of a home; `active` may be a fraction where it is a guess. */
export type GreenHome = ForecastHome & Pick<HomeState, 'workW'> & { readonly place: { readonly country: string } };

/** Of what a machine draws above rest at full work: this much as soon as it decodes at all, and the rest as its slots fill. */
const WAKE_SHARE = 0.75;
const FILL_SHARE = 1 - WAKE_SHARE;
/** While weights are read from disk. */
const LOAD_SHARE = 0.2;
/** Other streams go on at half their speed while a prompt is read, so this much of its time is no extra work. */
const PROMPT_BESIDE = 0.45;
/** W above rest of a home of which nobody knows anything: as much as a large card, so that silence never makes anyone green. */
const UNKNOWN_WORK_W = 450;
/** g/kWh where the grid is unknown: dirtier than nine countries of ten, for the same reason. */
const UNKNOWN_GRID = 700;
const JOULES_PER_KWH = 3.6e6;

/** Joules at the wall above rest that the answer takes, with its share of what the streams beside it draw. */
export function expectJoules(home: GreenHome, size: JobSize): number {
  const slots = Math.max(1, home.slots);
  const batch = Math.max(1, Math.min(home.active + 1, slots));
  const { promptMs, streamMs, loadMs } = expectFirstToken({ ...home, active: batch - 1 }, size, 0);
  const promptShare = 1 - PROMPT_BESIDE * (1 - 1 / batch);
  const streamShare = (WAKE_SHARE + (FILL_SHARE * batch) / slots) / batch;
  const fullMs = promptMs * promptShare + streamMs * streamShare + loadMs * LOAD_SHARE;
  return ((home.workW ?? UNKNOWN_WORK_W) * fullMs) / 1000;
}

/** Grams of CO2e, by the mean of the country's year. */
export function expectGrams(home: GreenHome, size: JobSize): number {
  const grid = readGrid(home.place.country)?.mean ?? UNKNOWN_GRID;
  return (expectJoules(home, size) * grid) / JOULES_PER_KWH;
}

/** The answer by which hubs tell how green their homes are. */
const USUAL_SIZE: JobSize = { promptTokens: 1000, outputTokens: 200 };
/** Of its slots, beside the answer's own: work is gathered. */
const USUAL_LOAD = 0.75;

/** What a hub tells edges of a home, as far as its grams go by it. */
export type TellingRow = Pick<
  PresenceRow,
  'country' | 'slots' | 'rttMs' | 'loadMs' | 'promptTokensPerS' | 'decodeTokensPerS' | 'workW'
>;

/** Micrograms of an answer of the usual length by speed class, to two digits: at its greenest home that has the model in memory, when most of its slots work. */
export function tellGreens(rows: readonly TellingRow[]): Record<string, number> {
  const greens: Record<string, number> = {};
  for (const row of rows) {
    if (row.loadMs > 0) continue;
    const at = { place: row, active: USUAL_LOAD * row.slots, pendingPromptTokens: 0, cachedTokens: 0 };
    const microGrams = Number((1e6 * expectGrams({ ...row, ...at }, USUAL_SIZE)).toPrecision(2));
    // A number that is none would make the whole summary unreadable.
    if (!Number.isFinite(microGrams)) continue;
    const name = speedClassOf(row);
    greens[name] = Math.min(greens[name] ?? Infinity, microGrams);
  }
  return greens;
}
