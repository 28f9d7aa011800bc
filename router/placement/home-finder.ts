// Finds homes for a call: from this isolate's memory of presence, from Redis where that is old, from the Area objects where Redis is away.
import { BoundedMap } from '../../schema/bounded-map.ts';
import { makeHubName, readHubName } from '../../schema/ids.ts';
import type { AreaName } from '../../schema/places.ts';
import { isNeed } from '../../schema/needs.ts';
import { distanceKm, sortAreas } from '../../schema/places.ts';
import type { Capacity } from '../../schema/placement.ts';
import type { PresenceRow } from '../../schema/presence.ts';
import { makeLog } from '../log.ts';
import { HomeSearch } from './home-search.ts';
import type { SearchDoors } from './home-search.ts';
import type { HubRtts } from './hub-rtts.ts';
import type { Presence } from './presence.ts';
import type { PresenceCache, PresenceView } from './presence-cache.ts';
import { NEAR_AREAS, isBroken, isNarrow, splitAreas } from './choose-areas.ts';
import { NEAR_HUBS, chooseHubs } from './choose-hubs.ts';
import type { Need } from './choose-hubs.ts';
import { rankHubs } from './rank-hubs.ts';
import type { HubRanking, HubView, RankAsk } from './rank-hubs.ts';

const log = makeLog('placement');

/** Hubs looked at, at most, where only few homes will do (a pool, named homes), or where homes are counted. */
const MANY_HUBS = 256;

export interface HomeFinderDoors {
  readonly presence: Presence;
  readonly cache: PresenceCache;
  readonly rtts: HubRtts;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Rows that the hubs of an area give when Redis cannot be asked. */
  readonly askArea: (
    area: AreaName,
    ask: { modelKey: string; lat: number; lon: number },
  ) => Promise<readonly PresenceRow[]>;
}

/** One job's wishes, and whose and which model it is. */
export interface FinderAsk extends Pick<RankAsk, 'wish' | 'place' | 'accountId' | 'ownName' | 'size'> {
  readonly modelKey: string;
}

export interface HomeFinder {
  /** A search for one job's home; presence begins to be read at once. */
  readonly openSearch: (ask: FinderAsk) => HomeSearch;
  /** Every home known to serve a model key, near and far, for listings. */
  readonly serving: (modelKey: string, place: { lat: number; lon: number }) => Promise<readonly PresenceRow[]>;
  /** What is remembered of a model is older than what somebody knows: the next look reads it anew. */
  readonly doubt: (modelKey: string) => void;
  /** What a hub said of its free slots with a grant or a refusal. */
  readonly noteCapacity: (modelKey: string, hub: string, capacity: Capacity) => void;
  /** A job of this edge has ended there: what was said with its grant counts one slot too few. */
  readonly noteFreed: (modelKey: string, hub: string, speedClass: string) => void;
  readonly noteRtt: (hub: string, ms: number) => void;
  readonly isDegraded: () => boolean;
}

export function makeHomeFinder(doors: HomeFinderDoors): HomeFinder {
  return {
    openSearch: (ask) => {
      const { allowFallbacks, order } = ask.wish;
      const rank = rankAhead(makeRank(doors, ask));
      return new HomeSearch({
        rank,
        hasFallbacks: allowFallbacks || order.length > 1,
        isOrdered: order.length > 0,
      });
    },
    serving: async (modelKey, place) => {
      const ask = { modelKey, areas: areasAround(place), place, isWide: true, excluded: [], need: null };
      return (await viewsIn(doors, ask)).views.flatMap(({ rows }) => rows);
    },
    doubt: (modelKey) => doors.cache.doubt(modelKey),
    noteCapacity: (modelKey, hub, capacity) =>
      doors.cache.noteCapacity({ modelKey, area: readHubName(hub).area, hub, capacity }),
    noteFreed: (modelKey, hub, speedClass) =>
      doors.cache.noteFreed({ modelKey, area: readHubName(hub).area, hub, speedClass }),
    noteRtt: (hub, ms) => doors.rtts.note(hub, ms),
    isDegraded: () => doors.cache.isDegraded(),
  };
}

/** Places whose areas are remembered in their order: they are told to a tenth of a degree. */
const MAX_AROUND = 1_000;
const around = new BoundedMap<string, readonly AreaName[]>(MAX_AROUND);

/** All areas, nearest centre first. */
function areasAround(place: Look['place']): readonly AreaName[] {
  const key = `${place.lat} ${place.lon}`;
  const known = around.get(key);
  if (known) return known;
  const sorted = sortAreas(place);
  around.set(key, sorted);
  return sorted;
}

/** Ranks once before anybody asks, while the caller's credit is being held. */
function rankAhead(rank: SearchDoors['rank']): SearchDoors['rank'] {
  const looked = rank('near', { nodes: [], hubs: [], owners: [], preferDigest: null, leastPromptTokens: 0 });
  // Whoever asks first awaits it and hears of a failure; where nobody asks there is none to tell.
  looked.catch(() => undefined);
  let first: Promise<HubRanking> | null = looked;
  return async (scope, excluded) => {
    const { nodes, hubs, preferDigest, leastPromptTokens } = excluded;
    const isFirst = nodes.length + hubs.length + leastPromptTokens === 0 && preferDigest === null;
    const ahead = scope === 'near' && isFirst ? first : null;
    first = null;
    return ahead ?? rank(scope, excluded);
  };
}

function makeRank(doors: HomeFinderDoors, ask: FinderAsk): SearchDoors['rank'] {
  const { modelKey, place, wish } = ask;
  const sorted = areasAround(place);
  const isWide = isNarrow(wish);
  const { near, far } = splitAreas(sorted, wish);
  let emptiedNear: HubRanking['emptiedBy'] = null;
  return async (scope, excluded) => {
    const areas = scope === 'near' ? near : far;
    const rankOf = ({ views, isDegraded }: Views): HubRanking => {
      const { nodes, hubs, owners: avoidOwners, preferDigest } = excluded;
      const leastPromptTokens = Math.max(ask.size.leastPromptTokens ?? 0, excluded.leastPromptTokens);
      const size = { ...ask.size, leastPromptTokens };
      const said = { excludeNodeIds: nodes, excludeHubs: hubs, avoidOwners, preferDigest, isDegraded, size };
      return rankHubs(views, { ...ask, ...said }, doors.random);
    };
    const ranking = rankOf(
      await viewsIn(doors, { modelKey, areas, place, isWide, excluded: excluded.hubs, need: ask }),
    );
    if (scope === 'near' && far.length > 0 && isBroken(ranking)) {
      // Nobody near keeps the promise: the closest who does is farther away.
      const wide = rankOf(
        await viewsIn(doors, { modelKey, areas: sorted, place, isWide: false, excluded: excluded.hubs, need: ask }),
      );
      if (wide.ranked.some(({ keeps }) => keeps)) return wide;
    }
    const isUnable = ranking.emptiedBy !== null && isNeed(ranking.emptiedBy);
    if ((ranking.contextTokens !== null || isUnable) && !isWide) {
      // No home at the nearest hubs holds the prompt, or can do what it needs: all the others here are looked at before that is said.
      const look = { modelKey, areas, place, isWide: true, excluded: excluded.hubs, need: ask };
      const wide = rankOf(await viewsIn(doors, look));
      if (wide.ranked.length > 0) return wide;
    }
    if (scope === 'near') emptiedNear = ranking.emptiedBy;
    const isTold = doors.cache.isDegraded() || excluded.hubs.length > 0;
    if (scope === 'near' || ranking.hasModel || emptiedNear !== null || isTold) return ranking;
    // An empty Redis may have just restarted and lost its rows: the hubs are asked themselves, and write their rows again.
    return rankOf(await askAreas(doors, { modelKey, areas: sorted.slice(0, NEAR_AREAS), place }));
  };
}

/** Guessed names of an area's first hubs. A cold edge reads their rows together with the summaries, so a small network costs it one round trip. */
function guessHubs(area: string, count: number): string[] {
  return Array.from({ length: count }, (_, number) => makeHubName(area, number));
}

interface Look {
  readonly modelKey: string;
  readonly areas: readonly AreaName[];
  readonly place: { readonly lat: number; readonly lon: number };
}

interface Views {
  readonly views: readonly HubView[];
  readonly isDegraded: boolean;
}

interface WideLook extends Look {
  /** True where few homes will do, or all are counted: then all hubs are looked at and not only the nearest. */
  readonly isWide: boolean;
  /** Hubs that have answered already: the next near ones take their places. */
  readonly excluded: readonly string[];
  /** What the job asks of a home; null where all are counted. */
  readonly need: Need | null;
}

async function viewsIn(doors: HomeFinderDoors, look: WideLook): Promise<Views> {
  const { modelKey, areas, place, isWide, excluded, need } = look;
  const view = await doors.cache.look(doors.presence, {
    modelKey,
    areas,
    chooseHubs: (known) =>
      isWide
        ? known
            .all()
            .slice(0, MANY_HUBS)
            .map(({ hub }) => hub)
        : chooseHubs(known.near(place), place, excluded, need),
    ...(isWide || excluded.length > 0 ? {} : { key: keyOf(look) }),
    guessHubs: (area) => guessHubs(area, area === areas[0] ? NEAR_HUBS : 1),
  });
  return view.ok ? toViews(doors, view.value, place) : askAreas(doors, look);
}

/** The same for all that hubs are chosen by: the model, the place to a tenth of a degree, the promise, whether the least CO2e counts, and about how much there is to read and to write. */
function keyOf({ modelKey, areas, place, need }: WideLook): string {
  const at = `${modelKey} ${areas.length} ${Math.round(10 * place.lat)} ${Math.round(10 * place.lon)}`;
  if (need === null) return at;
  const { promptTokens, outputTokens } = need.size;
  const { mode, maxTtftMs, minTokensPerS } = need.wish;
  const by = mode === 'greenest' ? 'green' : 'near';
  return `${at} ${stepOf(promptTokens)} ${stepOf(outputTokens)} ${maxTtftMs} ${minTokensPerS} ${by}`;
}

/** Steps of a fifth: speeds are told no finer. */
function stepOf(tokens: number): number {
  return Math.round(4 * Math.log2(Math.max(1, tokens)));
}

function toViews({ rtts }: HomeFinderDoors, view: PresenceView, place: Look['place']): Views {
  const views = view.hubs.map(({ hub, summary, rows }) => {
    const at = summary ?? rows[0] ?? place;
    return { hub, lat: at.lat, lon: at.lon, edgeRttMs: rtts.expectMs(hub, distanceKm(at, place)), summary, rows };
  });
  return { views, isDegraded: view.isDegraded };
}

async function askAreas(doors: HomeFinderDoors, { modelKey, areas, place }: Look): Promise<Views> {
  const { lat, lon } = place;
  const ask = async (area: AreaName): Promise<readonly PresenceRow[]> =>
    doors.askArea(area, { modelKey, lat, lon }).catch((error: unknown) => {
      log.warn('area-away', { area, error });
      return [];
    });
  const told = (await Promise.all(areas.map(ask))).flat();
  const hubs = [...Map.groupBy(told, ({ hub }) => hub)].map(([hub, rows]) => ({ hub, summary: null, rows }));
  // What the hubs say themselves is not old, so nobody needs to be left out.
  const fresh = { rows: [], hubs, isDegraded: false, trips: 0 };
  return toViews(doors, fresh, place);
}
