// What anybody is told of the network now: homes by country, and the models with price, speed and homes. It asks presence at most once in a while for all who
// ask an isolate, and tells no home by itself: a country with fewer than three is counted with others, a model with fewer is said to have a few.
import { PUBLIC_POOL } from '../../schema/placement.ts';
import { UNKNOWN_PLACE } from '../../schema/places.ts';
import type { PresenceRow } from '../../schema/presence.ts';
import type { Services } from '../services/edge.ts';
import { sumCountries, tellHomes } from './sum-countries.ts';
import type { CountryHomes } from './sum-countries.ts';

export interface NetworkModel {
  readonly id: string;
  readonly description: string;
  /** Micro-credits a million tokens, of the cheapest home online, or the price where none is. */
  readonly priceIn: number;
  readonly priceOut: number;
  readonly contextTokens: number;
  /** Rounded as countries are; null for a few, fewer than are told. */
  readonly homes: number | null;
  /** Tokens that the middle one of its homes makes in a second, for one answer; null where none is online. */
  readonly tokensPerS: number | null;
}

export interface NetworkNow {
  /** ms since epoch. */
  readonly at: number;
  readonly homes: number;
  /** Largest first. */
  readonly countries: readonly CountryHomes[];
  /** Homes in countries that are not told. */
  readonly elsewhere: number;
  readonly models: readonly NetworkModel[];
}

const KEPT_MS = 10_000;
const kept = new WeakMap<Services, { readonly at: number; readonly now: Promise<NetworkNow> }>();

/** `isLocal`: a network on one machine, which tells also its one home. */
export function lookAtNetwork(services: Services, isLocal: boolean, now: number): Promise<NetworkNow> {
  const known = kept.get(services);
  if (known && now - known.at < KEPT_MS) return known.now;
  const made = readNetwork(services, isLocal, now);
  kept.set(services, { at: now, now: made });
  made.catch(() => kept.delete(services));
  return made;
}

async function readNetwork({ catalogue, homes }: Services, isLocal: boolean, now: number): Promise<NetworkNow> {
  const listed = await catalogue.list(now);
  const least = isLocal ? 1 : undefined;
  const rows = await Promise.all(
    listed.map(async ({ id }) =>
      (await homes.serving(id, UNKNOWN_PLACE)).filter(({ pools }) => pools.includes(PUBLIC_POOL)),
    ),
  );
  const models = listed.map(({ id, description, priceIn, priceOut, contextTokens }, at): NetworkModel => {
    const of = rows[at] ?? [];
    return {
      id,
      description,
      priceIn: Math.min(priceIn, ...of.map((row) => row.priceIn)),
      priceOut: Math.min(priceOut, ...of.map((row) => row.priceOut)),
      contextTokens,
      homes: tellHomes(of.length, least),
      tokensPerS: middleOf(of),
    };
  });
  const each = [...new Map(rows.flat().map((row) => [row.node, row.country])).values()];
  const sums = sumCountries(each, least);
  // The sum of what is told, since the rest of it could be told from a whole.
  const homesTold = sums.countries.reduce((sum, { homes: count }) => sum + count, sums.elsewhere);
  return { at: now, homes: homesTold, ...sums, models: models.toSorted((a, b) => (b.homes ?? 1) - (a.homes ?? 1)) };
}

function middleOf(rows: readonly PresenceRow[]): number | null {
  const speeds = rows.map(({ decodeTokensPerS }) => decodeTokensPerS).toSorted((a, b) => a - b);
  return speeds[Math.floor(speeds.length / 2)] ?? null;
}
