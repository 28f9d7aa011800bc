// What a hub's nodes offer, as presence rows and summaries. Pure: the hub says when to write them.
import type { Place } from '../../schema/places.ts';
import { distanceKm } from '../../schema/places.ts';
import { ownModelKey, PRESENCE_TTL_MS } from '../../schema/presence.ts';
import type { PresenceRow, PresenceSummary } from '../../schema/presence.ts';
import type { NodeCandidate } from './pick-node.ts';

/** The catalogue as placement needs it: which digests are which model, at which price. */
export interface CatalogueEntry {
  readonly id: string;
  readonly digests: readonly string[];
  readonly priceIn: number;
  readonly priceOut: number;
}

/** One model key's rows at one hub. */
export interface HubOffer {
  readonly modelKey: string;
  readonly rows: readonly PresenceRow[];
  readonly summary: PresenceSummary;
}

/** Groups what connected nodes serve by model key: catalogue models by digest, everything else under its owner's key. */
export function makeOffers(
  hub: string,
  candidates: readonly NodeCandidate[],
  catalogue: readonly CatalogueEntry[],
  now: number,
): HubOffer[] {
  const byKey = new Map<string, { rows: PresenceRow[]; free: number }>();
  const add = (modelKey: string, row: PresenceRow, free: number): void => {
    const group = byKey.get(modelKey) ?? { rows: [], free: 0 };
    group.rows.push(row);
    group.free += free;
    byKey.set(modelKey, group);
  };
  for (const candidate of candidates) {
    if (candidate.isPaused || candidate.slots === 0) continue;
    const free = Math.max(0, candidate.slots - candidate.active);
    const own = candidate.models.filter((model) => !catalogue.some((entry) => entry.digests.includes(model.digest)));
    for (const entry of catalogue) {
      // A home may hold the same weights under two names: it is still one home with one set of slots.
      const model = candidate.models.find(({ digest }) => entry.digests.includes(digest));
      if (model) add(entry.id, toRow({ hub, candidate, model, entry, serves: [], now }), free);
    }
    // One row stands for all of an owner's names at a home: the longest context speaks for it, so that no prompt is kept away that fits one.
    const model = own.toSorted((a, b) => b.contextTokens - a.contextTokens)[0];
    if (!model) continue;
    const serves = own.map(({ name }) => name);
    add(ownModelKey(candidate.ownerAccountId), toRow({ hub, candidate, model, entry: null, serves, now }), free);
  }
  return [...byKey].map(([modelKey, group]) => ({ modelKey, rows: group.rows, summary: summarise(hub, group) }));
}

interface RowParts {
  readonly hub: string;
  readonly candidate: NodeCandidate;
  readonly model: NodeCandidate['models'][number];
  readonly entry: CatalogueEntry | null;
  readonly serves: readonly string[];
  readonly now: number;
}

function toRow({ hub, candidate, model, entry, serves, now }: RowParts): PresenceRow {
  const { lat, lon, country } = candidate.place;
  return {
    node: candidate.nodeId,
    hub,
    lat,
    lon,
    country,
    slots: candidate.slots,
    promptTokensPerS: model.promptTokensPerS,
    decodeTokensPerS: model.decodeTokensPerS,
    contextTokens: model.contextTokens,
    digest: model.digest,
    quantisation: model.quantisation,
    priceIn: entry?.priceIn ?? 0,
    priceOut: entry?.priceOut ?? 0,
    serves,
    untilAt: now + PRESENCE_TTL_MS,
  };
}

function summarise(hub: string, group: { rows: readonly PresenceRow[]; free: number }): PresenceSummary {
  const { rows } = group;
  const centre = centreOf(rows);
  const speeds = rows.map((row) => row.decodeTokensPerS).toSorted((a, b) => a - b);
  const prices = rows.map((row) => row.priceOut);
  return {
    hub,
    lat: centre.lat,
    lon: centre.lon,
    radiusKm: Math.max(...rows.map((row) => distanceKm(row, centre))),
    free: group.free,
    slots: rows.reduce((sum, row) => sum + row.slots, 0),
    bestDecodeTokensPerS: speeds.at(-1) ?? 0,
    medianDecodeTokensPerS: speeds[Math.floor(speeds.length / 2)] ?? 0,
    minPriceOut: Math.min(...prices),
    maxPriceOut: Math.max(...prices),
    untilAt: Math.max(...rows.map((row) => row.untilAt)),
  };
}

/** The middle of places on the sphere (mean of unit vectors), so that a hub across the date line has its centre there. */
export function centreOf(places: readonly Pick<Place, 'lat' | 'lon'>[]): { lat: number; lon: number } {
  let x = 0;
  let y = 0;
  let z = 0;
  const rad = Math.PI / 180;
  for (const { lat, lon } of places) {
    x += Math.cos(lat * rad) * Math.cos(lon * rad);
    y += Math.cos(lat * rad) * Math.sin(lon * rad);
    z += Math.sin(lat * rad);
  }
  return { lat: Math.atan2(z, Math.hypot(x, y)) / rad, lon: Math.atan2(y, x) / rad };
}
