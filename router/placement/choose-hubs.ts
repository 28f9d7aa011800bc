// Which hubs' rows are worth reading for a call: the nearest ones (or the greenest) whose free slots, by speed class, should do. Pure; looks at summaries only,
// and at no more of them than it takes.
import { distanceKm } from '../../schema/places.ts';
import type { JobSize, Wish } from '../../schema/placement.ts';
import type { PresenceSummary } from '../../schema/presence.ts';
import { expectFirstToken } from './expect-first-token.ts';
import { guessRttMs } from './learn-rtt.ts';
import type { NearHub } from './near-hubs.ts';
import { keepsPromise } from './score-home.ts';
import { readClass } from './speed-classes.ts';

/** Hubs whose rows one pick reads. */
export const NEAR_HUBS = 6;
/** How many of the nearest hubs are searched for ones that should keep the promise; beyond that any hub with a free slot will do. */
const MAX_LOOKED_AT = 150;

/** A hub that does not tell comes after all that do. */
const UNTOLD_MICROGRAMS = Number.MAX_SAFE_INTEGER;

/** What a job needs of a home. */
export interface Need {
  readonly size: JobSize;
  readonly wish: Pick<Wish, 'mode' | 'maxTtftMs' | 'minTokensPerS'>;
}

/**
 * Names of at most six hubs, nearest first by the near edge of their circle: those with a free slot of a class that should keep the promise, then those
 * with any free slot, then the full. Without `need` every free slot will do. `near` gives the hubs about nearest first. In `greenest` the greenest of the
 * first sort come first, however far.
 */
export function chooseHubs(
  near: Iterable<NearHub>,
  place: { readonly lat: number; readonly lon: number },
  excludeHubs: readonly string[] = [],
  need: Need | null = null,
): string[] {
  if (need?.wish.mode === 'greenest') return chooseGreen(near, place, { excludeHubs, need });
  const keeping: ChosenHub[] = [];
  const withRoom: ChosenHub[] = [];
  const full: ChosenHub[] = [];
  let looked = 0;
  for (const { summary, leastKm } of near) {
    // Nobody farther can come before these.
    if (leastKm >= farthestOf(need === null || looked++ >= MAX_LOOKED_AT ? withRoom : keeping)) break;
    if (excludeHubs.includes(summary.hub)) continue;
    const others = summary.free > 0 ? withRoom : full;
    if (leastKm > Math.max(farthestOf(others), summary.free > 0 && need !== null ? farthestOf(keeping) : 0)) continue;
    const centreKm = distanceKm(summary, place);
    const km = Math.max(0, centreKm - summary.radiusKm);
    const isKeeping = need !== null && summary.free > 0 && km < farthestOf(keeping) && mayKeep(summary, centreKm, need);
    insertNear(isKeeping ? keeping : others, { hub: summary.hub, km });
  }
  return [...keeping, ...withRoom, ...full].slice(0, NEAR_HUBS).map(({ hub }) => hub);
}

function chooseGreen(
  near: Iterable<NearHub>,
  place: { readonly lat: number; readonly lon: number },
  { excludeHubs, need }: { readonly excludeHubs: readonly string[]; readonly need: Need },
): string[] {
  const keeping: { readonly hub: string; readonly microGrams: number }[] = [];
  const withRoom: string[] = [];
  const full: string[] = [];
  let looked = 0;
  for (const { summary } of near) {
    if (looked++ >= MAX_LOOKED_AT) break;
    const { hub, free } = summary;
    if (excludeHubs.includes(hub)) continue;
    const microGrams = leastMicroGrams(summary, distanceKm(summary, place), need);
    if (microGrams < Infinity) keeping.push({ hub, microGrams });
    else (free > 0 ? withRoom : full).push(hub);
  }
  const greenest = keeping.toSorted((a, b) => a.microGrams - b.microGrams).map(({ hub }) => hub);
  return [...greenest, ...withRoom, ...full].slice(0, NEAR_HUBS);
}

/** Of the greenest class here that should keep the promise; infinite where none should. */
function leastMicroGrams({ classes, greens }: PresenceSummary, km: number, need: Need): number {
  let least = Infinity;
  for (const [name, slots] of Object.entries(classes)) {
    const microGrams = greens?.[name] ?? UNTOLD_MICROGRAMS;
    if (microGrams < least && isKeepingClass(name, slots, { km, need })) least = microGrams;
  }
  return least;
}

interface ChosenHub {
  readonly hub: string;
  readonly km: number;
}

function farthestOf(nearest: readonly ChosenHub[]): number {
  return nearest.length < NEAR_HUBS ? Infinity : (nearest.at(-1)?.km ?? Infinity);
}

/** Keeps the list short and sorted; equals keep the order in which they came. */
function insertNear(nearest: ChosenHub[], hub: ChosenHub): void {
  if (hub.km >= farthestOf(nearest)) return;
  let at = nearest.length;
  while (at > 0 && (nearest[at - 1]?.km ?? 0) > hub.km) at -= 1;
  nearest.splice(at, 0, hub);
  if (nearest.length > NEAR_HUBS) nearest.pop();
}

/** True if some speed class at this hub should keep the promise. */
function mayKeep({ classes }: PresenceSummary, km: number, need: Need): boolean {
  for (const [name, slots] of Object.entries(classes)) if (isKeepingClass(name, slots, { km, need })) return true;
  return false;
}

/** True if a home of this class should keep the promise, assuming that the taken slots of a class are spread evenly over its homes. */
function isKeepingClass(
  name: string,
  [free, all]: readonly [free: number, slots: number],
  { km, need }: { readonly km: number; readonly need: Need },
): boolean {
  const { size, wish } = need;
  const home = free > 0 ? readClass(name) : null;
  // A class that could not keep the promise even when idle needs no forecast.
  if (!home || (1000 * size.promptTokens) / home.promptTokensPerS > wish.maxTtftMs) return false;
  const active = home.slots * Math.max(0, 1 - free / Math.max(1, all));
  const facts = { ...home, active, pendingPromptTokens: 0, loadMs: 0, rttMs: guessRttMs(km), cachedTokens: 0 };
  return keepsPromise(expectFirstToken(facts, size, 0), wish);
}
