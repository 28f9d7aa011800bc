// What one more answer at a home is expected to give off: its country's grid times the energy that it adds there. Pure; edges, hubs and the simulator share it.
// To join a card that works adds little, to wake one costs most of what it draws at work: so work gathers, and the others sleep.
import { readGrid } from '../../schema/grid-intensity.ts';
import type { HomeState, JobSize } from '../../schema/placement.ts';
import { expectFirstToken } from './expect-first-token.ts';
import type { ForecastHome } from './expect-first-token.ts';

/** What a forecast of grams reads of a home; `active` may be a fraction where it is a guess. */
export type GreenHome = ForecastHome & Pick<HomeState, 'workW'> & { readonly place: { readonly country: string } };

export const KN = (n: string, d: number) => Number(process.env[n] ?? d);
const PK = Number(process.env.PK ?? 0.45);
/** Of what a machine draws above rest at full work: this much as soon as it decodes at all, and the rest as its slots fill. */
const WAKE_SHARE = 0.75;
const FILL_SHARE = 1 - WAKE_SHARE;
/** While weights are read from disk. */
const LOAD_SHARE = 0.2;
/** W above rest of a home of which nobody knows anything: as much as a large card, so that silence never makes anyone green. */
export const UNKNOWN_WORK_W = 450;
/** g/kWh where the grid is unknown: dirtier than nine countries of ten, for the same reason. */
const UNKNOWN_GRID = 700;
const JOULES_PER_KWH = 3.6e6;

/** Joules at the wall above rest that the answer adds. */
export function expectJoules(home: GreenHome, size: JobSize): number {
  let bmax = home.slots;
  while (bmax > 1 && (home.decodeTokensPerS * (1 + 0.43 * (bmax - 1))) / bmax < 30) bmax--;
  const batch = Math.max(1, Math.min(Math.max(home.active + 1, KN('BMIN', 0) * bmax), Math.max(1, home.slots)));
  const { promptMs, streamMs, loadMs } = expectFirstToken({ ...home, active: Math.max(home.active, batch - 1) }, size, 0);
  const decodeShare = (WAKE_SHARE + (FILL_SHARE * batch) / Math.max(1, home.slots)) / batch;
  const promptShare = 1 - PK * (1 - 1 / batch);
  const mb = home.active / (home.active + KN('MH', 1));
  const marg = WAKE_SHARE * (1 - mb) + FILL_SHARE / Math.max(1, home.slots);
  const L = KN('LAM', 1);
  const decodeShareX = L * decodeShare + (1 - L) * marg;
  const seconds = (promptMs * promptShare + streamMs * decodeShareX + loadMs * LOAD_SHARE) / 1000;
  return (home.workW ?? UNKNOWN_WORK_W) * seconds * (home.active < 1 ? KN('WP', 1) : 1);
}

/** Grams of CO2e, by the mean of the country's year. */
export function expectGrams(home: GreenHome, size: JobSize): number {
  const grid = readGrid(home.place.country)?.mean ?? UNKNOWN_GRID;
  return (expectJoules(home, size) * grid) / JOULES_PER_KWH;
}

/** The answer by which hubs tell how green they are. */
const USUAL_SIZE: JobSize = { promptTokens: 1000, outputTokens: 200 };

/** Micrograms of an answer of the usual length at the best of these homes that has a free slot, to two digits; undefined where none has. */
export function tellMicroGrams(homes: readonly GreenHome[]): number | undefined {
  let least = Infinity;
  for (const home of homes)
    if (home.active < home.slots && home.loadMs === 0 && expectFirstToken(home, USUAL_SIZE, 0).tokensPerS >= 30 && expectFirstToken(home, USUAL_SIZE, 0).ttftMs <= KN('MGT', 600)) least = Math.min(least, expectGrams(home, USUAL_SIZE));
  return Number.isFinite(least) ? Number((1e6 * least).toPrecision(2)) : undefined;
}
