// Which homes to ask, in order: the closest first. Scores by expected time to first token come later; the signature stays.
import { distanceKm } from '../../schema/places.ts';
import type { PresenceRow, PresenceSummary } from '../../schema/presence.ts';

/** Hubs whose rows one pick reads. */
export const NEAR_HUBS = 6;

export interface HomeWish {
  readonly lat: number;
  readonly lon: number;
  /** Name to match against `serves` where the rows are an owner's own; null for a catalogue model. */
  readonly ownName: string | null;
  readonly promptTokens: number;
}

export interface RankedHome {
  readonly node: string;
  readonly hub: string;
  readonly country: string;
  readonly digest: string;
  readonly contextTokens: number;
  readonly distanceKm: number;
  readonly promptTokensPerS: number;
}

/** The nearest hubs by the near edge of their circle, those that had a free slot when they last wrote first. */
export function chooseHubs(summaries: readonly PresenceSummary[], place: { lat: number; lon: number }): string[] {
  const near = summaries
    .map((summary) => ({
      hub: summary.hub,
      isFull: summary.free === 0,
      km: Math.max(0, distanceKm(summary, place) - summary.radiusKm),
    }))
    .toSorted((a, b) => Number(a.isFull) - Number(b.isFull) || a.km - b.km);
  return near.slice(0, NEAR_HUBS).map((hub) => hub.hub);
}

/** Homes that serve the wish, closest first; equals keep their order, so shuffle before where fairness matters. */
export function rankHomes(rows: readonly PresenceRow[], wish: HomeWish): RankedHome[] {
  return rows
    .filter((row) => serves(row, wish))
    .map((row) => ({
      node: row.node,
      hub: row.hub,
      country: row.country,
      digest: row.digest,
      contextTokens: row.contextTokens,
      distanceKm: distanceKm(row, wish),
      promptTokensPerS: row.promptTokensPerS,
    }))
    .toSorted((a, b) => a.distanceKm - b.distanceKm);
}

function serves(row: PresenceRow, wish: HomeWish): boolean {
  if (row.contextTokens <= wish.promptTokens) return false;
  const { ownName } = wish;
  if (ownName === null) return true;
  return row.serves.some((name) => (name.endsWith('*') ? ownName.startsWith(name.slice(0, -1)) : name === ownName));
}
