// Finds homes for a call: from this isolate's memory of presence, from Redis where that is old, from the Area objects where Redis is away.
import type { AreaName } from '../../schema/places.ts';
import { sortAreas } from '../../schema/places.ts';
import type { PresenceRow } from '../../schema/presence.ts';
import type { Presence } from './presence.ts';
import type { PresenceCache } from './presence-cache.ts';
import { chooseHubs, rankHomes } from './rank-homes.ts';
import type { HomeWish, RankedHome } from './rank-homes.ts';

const NEAR_AREAS = 4;

export interface HomeFinderDoors {
  readonly presence: Presence;
  readonly cache: PresenceCache;
  /** Rows that the hubs of an area give when Redis cannot be asked. */
  readonly askArea: (
    area: AreaName,
    ask: { modelKey: string; lat: number; lon: number },
  ) => Promise<readonly PresenceRow[]>;
}

export interface HomeFinder {
  /** Homes that serve the model, closest first; the near areas first, the whole world only where those have none. */
  readonly find: (modelKey: string, wish: HomeWish) => Promise<RankedHome[]>;
  /** Homes in the areas that are not near, for when the near ones turned out to be busy or gone. */
  readonly findFar: (modelKey: string, wish: HomeWish) => Promise<RankedHome[]>;
  /** Every home known to serve a model key, near and far, for listings. */
  readonly serving: (modelKey: string, place: { lat: number; lon: number }) => Promise<readonly PresenceRow[]>;
  readonly noteFree: (modelKey: string, hub: string, free: number) => void;
  readonly isDegraded: () => boolean;
}

export function makeHomeFinder(doors: HomeFinderDoors): HomeFinder {
  const findFar: HomeFinder['findFar'] = async (modelKey, wish) =>
    rankHomes(await rowsIn(doors, { modelKey, areas: sortAreas(wish).slice(NEAR_AREAS), place: wish }), wish);
  return {
    find: async (modelKey, wish) => {
      const areas = sortAreas(wish).slice(0, NEAR_AREAS);
      const near = rankHomes(await rowsIn(doors, { modelKey, areas, place: wish }), wish);
      if (near.length > 0) return near;
      const far = await findFar(modelKey, wish);
      if (far.length > 0) return far;
      // A Redis that came back empty says that nobody is there: the hubs themselves have the last word, and write their rows again.
      return rankHomes(await askAreas(doors, { modelKey, areas, place: wish }), wish);
    },
    findFar,
    serving: (modelKey, place) => rowsIn(doors, { modelKey, areas: sortAreas(place), place }),
    noteFree: (modelKey, hub, free) => doors.cache.noteFree({ modelKey, area: hub.split(':')[1] ?? '', hub, free }),
    isDegraded: () => doors.cache.isDegraded(),
  };
}

interface Ask {
  readonly modelKey: string;
  readonly areas: readonly AreaName[];
  readonly place: { readonly lat: number; readonly lon: number };
}

async function rowsIn(doors: HomeFinderDoors, ask: Ask): Promise<readonly PresenceRow[]> {
  const { modelKey, areas, place } = ask;
  const view = await doors.cache.look(doors.presence, {
    modelKey,
    areas,
    chooseHubs: (summaries) => chooseHubs(summaries, place),
    guessHubs: (area) => [`hub:${area}:0`],
  });
  return view.ok ? view.value.rows : askAreas(doors, ask);
}

async function askAreas(doors: HomeFinderDoors, { modelKey, areas, place }: Ask): Promise<readonly PresenceRow[]> {
  const answers = await Promise.allSettled(
    areas.map((area) => doors.askArea(area, { modelKey, lat: place.lat, lon: place.lon })),
  );
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
}
