// What a hub's nodes offer, as presence rows and summaries. Pure: the hub says when to write them.
import type { NodeModel } from '../../schema/frames-to-hub.ts';
import { centreOf, distanceKm } from '../../schema/places.ts';
import { ownModelKey, PRESENCE_TTL_MS } from '../../schema/presence.ts';
import type { PresenceRow, PresenceSummary } from '../../schema/presence.ts';
import { priceAtHome } from '../../schema/prices.ts';
import type { PriceBounds } from '../../schema/prices.ts';
import type { NodeCandidate } from './find-entry.ts';
import { tellGreens } from '../placement/expect-grams.ts';
import { countCapacity } from './make-homes.ts';
import type { Told } from './told-speeds.ts';

/** The catalogue as placement needs it: which digests are which model, at which price. */
export interface CatalogueEntry extends PriceBounds {
  readonly id: string;
  readonly digests: readonly string[];
}

/** What one model can do, words at most: more cannot be read back. */
const MOST_WORDS = 24;

/** One model key's rows at one hub. */
export interface HubOffer {
  readonly modelKey: string;
  readonly rows: readonly PresenceRow[];
  readonly summary: PresenceSummary;
}

/** A hub's nodes, and what their speeds and round trips are told to be. */
export interface HubOffering {
  readonly hub: string;
  readonly candidates: readonly NodeCandidate[];
  readonly catalogue: readonly CatalogueEntry[];
  readonly tell: (candidate: NodeCandidate, model: NodeModel) => Told;
  /** One home's data cannot be used: no row of it is written, and the others are. */
  readonly onUnusable: (nodeId: string, error: unknown) => void;
  readonly now: number;
}

interface Row {
  readonly row: PresenceRow;
  readonly active: number;
}

/** Groups what connected nodes serve by model key: catalogue models by digest, everything else under its owner's key. */
export function makeOffers(offering: HubOffering): HubOffer[] {
  const { hub, candidates, onUnusable } = offering;
  const byKey = new Map<string, Row[]>();
  const add = (modelKey: string, row: Row): void => {
    const group = byKey.get(modelKey);
    if (group) group.push(row);
    else byKey.set(modelKey, [row]);
  };
  for (const candidate of candidates) {
    if (candidate.isPaused || candidate.slots === 0) continue;
    try {
      for (const [modelKey, row] of toRows(offering, candidate)) add(modelKey, row);
    } catch (error) {
      onUnusable(candidate.nodeId, error);
    }
  }
  return [...byKey].map(([modelKey, group]) => ({
    modelKey,
    rows: group.map(({ row }) => row),
    summary: summarise(hub, group),
  }));
}

function toRows(offering: HubOffering, candidate: NodeCandidate): [modelKey: string, row: Row][] {
  const { catalogue } = offering;
  const rows: [string, Row][] = [];
  const own = candidate.models.filter((model) => !catalogue.some((entry) => entry.digests.includes(model.digest)));
  for (const entry of catalogue) {
    // A home may hold the same weights under two names: it is still one home with one set of slots.
    const models = candidate.models.filter(({ digest }) => entry.digests.includes(digest));
    const model = models.toSorted((a, b) => (a.loadMs ?? 0) - (b.loadMs ?? 0))[0];
    const can = [...new Set(models.flatMap((one) => one.can ?? []))].slice(0, MOST_WORDS);
    if (model) rows.push([entry.id, toRow(offering, { candidate, model: { ...model, can }, entry, own: [] })]);
  }
  // One row stands for all of an owner's names at a home. It carries the longest context, so that no prompt is turned away that fits one of them.
  const model = own.toSorted((a, b) => b.contextTokens - a.contextTokens)[0];
  if (model)
    rows.push([ownModelKey(candidate.ownerAccountId), toRow(offering, { candidate, model, entry: null, own })]);
  return rows;
}

interface RowParts {
  readonly candidate: NodeCandidate;
  readonly model: NodeModel;
  readonly entry: CatalogueEntry | null;
  /** What goes by its owner's names; none where the row is of a catalogue model. */
  readonly own: readonly NodeModel[];
}

function toRow({ hub, tell, now }: HubOffering, { candidate, model, entry, own }: RowParts): Row {
  const { lat, lon, country } = candidate.place;
  const told = tell(candidate, model);
  const price = entry ? priceAtHome(entry, model.priceShare) : { priceIn: 0, priceOut: 0 };
  const row: PresenceRow = {
    node: candidate.nodeId,
    hub,
    lat,
    lon,
    country,
    owner: candidate.ownerAccountId,
    pools: candidate.pools,
    slots: candidate.slots,
    rttMs: told.rttMs,
    loadMs: model.loadMs ?? 0,
    promptTokensPerS: told.promptTokensPerS,
    decodeTokensPerS: told.decodeTokensPerS,
    contextTokens: model.contextTokens,
    digest: model.digest,
    quantisation: model.quantisation,
    ...price,
    serves: own.map(({ name }) => name),
    contexts: own.map(({ contextTokens }) => contextTokens),
    cans: entry ? [model.can ?? []] : own.map(({ can = [] }) => can),
    ...(typeof candidate.workW === 'number' && { workW: candidate.workW }),
    untilAt: now + PRESENCE_TTL_MS,
  };
  return { row, active: candidate.active };
}

function summarise(hub: string, group: readonly Row[]): PresenceSummary {
  const rows = group.map(({ row }) => row);
  const centre = centreOf(rows);
  return {
    hub,
    lat: centre.lat,
    lon: centre.lon,
    radiusKm: Math.max(...rows.map((row) => distanceKm(row, centre))),
    ...countCapacity(group.map(({ row, active }) => ({ ...row, active }))),
    greens: tellGreens(rows),
    untilAt: Math.max(...rows.map((row) => row.untilAt)),
  };
}
