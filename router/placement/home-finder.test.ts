import { describe, expect, test } from 'vitest';
import { AREAS, sortAreas } from '../../schema/places.ts';
import type { AreaName } from '../../schema/places.ts';
import type { PresenceRow, PresenceSummary } from '../../schema/presence.ts';
import { err, ok } from '../../schema/result.ts';
import { makeHomeFinder } from './home-finder.ts';
import { makePresenceCache } from './presence-cache.ts';
import type { Presence } from './presence.ts';
import type { HomeWish } from './rank-homes.ts';

const PARIS = { lat: 48.9, lon: 2.4 };
const wish: HomeWish = { ...PARIS, ownName: null, promptTokens: 1 };
const near = sortAreas(PARIS).slice(0, 4);
const farthest = sortAreas(PARIS).at(-1) ?? 'oc';

function row(node: string, area: AreaName, lat = 49): PresenceRow {
  const speeds = { promptTokensPerS: 100, decodeTokensPerS: 50, contextTokens: 4096, slots: 1 };
  const model = { digest: 'd', quantisation: 'q8', priceIn: 1, priceOut: 2, serves: [] };
  return { node, hub: `hub:${area}:0`, lat, lon: 2.4, country: 'FR', untilAt: 1_000_000, ...speeds, ...model };
}

function summaryOf({ hub, lat, lon, untilAt }: PresenceRow): PresenceSummary {
  const speeds = { bestDecodeTokensPerS: 50, medianDecodeTokensPerS: 40, minPriceOut: 1, maxPriceOut: 2 };
  return { hub, lat, lon, radiusKm: 10, free: 1, slots: 2, untilAt, ...speeds };
}

/** A table of these rows, each at the hub it names; it can be away. */
function open(rows: readonly PresenceRow[], { away = false, areaFails = [] as readonly AreaName[] } = {}) {
  const read: string[] = [];
  const askedAreas: string[] = [];
  const areaOf = (hub: string): string => hub.split(':')[1] ?? '';
  const presence: Presence = {
    read: async ({ areas, hubs }) => {
      read.push([...areas, ...hubs].join());
      if (away) return err({ code: 'presence-away', detail: 'down' });
      const summaries = areas.map(
        (area) => [area, rows.filter(({ hub }) => areaOf(hub) === area).map(summaryOf)] as const,
      );
      return ok({
        summaries: new Map(summaries),
        rows: new Map(hubs.map((hub) => [hub, rows.filter((one) => one.hub === hub)])),
      });
    },
    readNear: async () => ok([]),
    readHubs: async () => ok([]),
    write: async () => ok(null),
    sweep: async () => ok(0),
    ping: async () => !away,
  };
  const cache = makePresenceCache(() => 0);
  const homes = makeHomeFinder({
    presence,
    cache,
    askArea: async (area) => {
      askedAreas.push(area);
      if (areaFails.includes(area)) throw new Error(`${area} is away`);
      return rows.filter(({ hub }) => areaOf(hub) === area);
    },
  });
  return { homes, read, askedAreas };
}

const names = (found: readonly { node: string }[]): string[] => found.map(({ node }) => node);

describe('find', () => {
  test('the closest home of the near areas comes first', async () => {
    const { homes } = open([row('b', near[1]!, 55), row('a', near[0]!), row('far', farthest, -30)]);
    expect(names(await homes.find('m', wish))).toEqual(['a', 'b']);
  });

  test('far areas are read only where the near ones have no home', async () => {
    const { homes, read } = open([row('a', near[0]!)]);
    await homes.find('m', wish);
    expect(read.join()).not.toContain(farthest);
    const lonely = open([row('far', farthest, -30)]);
    expect(names(await lonely.homes.find('m', wish))).toEqual(['far']);
    expect(lonely.read).toHaveLength(2);
  });

  test('a near home that cannot take the prompt sends the call on to far ones', async () => {
    const small = { ...row('small', near[0]!), contextTokens: 10 };
    const { homes } = open([small, row('far', farthest, -30)]);
    expect(names(await homes.find('m', { ...wish, promptTokens: 10 }))).toEqual(['far']);
  });

  test('a cold edge of a small network needs one round trip, a warm one none', async () => {
    const { homes, read } = open([row('a', near[0]!)]);
    await homes.find('m', wish);
    expect(read).toHaveLength(1);
    await homes.find('m', wish);
    expect(read).toHaveLength(1);
  });

  test('no home anywhere is an empty list', async () => {
    expect(await open([]).homes.find('m', wish)).toEqual([]);
  });
});

describe('with Redis away', () => {
  test('the near areas are asked themselves', async () => {
    const { homes, askedAreas } = open([row('a', near[0]!)], { away: true });
    expect(names(await homes.find('m', wish))).toEqual(['a']);
    expect(askedAreas).toEqual([...near]);
    expect(homes.isDegraded()).toBe(true);
  });

  test('far areas are asked where the near ones have no home', async () => {
    const { homes, askedAreas } = open([row('far', farthest, -30)], { away: true });
    expect(names(await homes.find('m', wish))).toEqual(['far']);
    expect(askedAreas.toSorted()).toEqual(AREAS.toSorted());
  });

  test('an area that is away too takes only its own homes with it', async () => {
    const { homes } = open([row('a', near[0]!), row('b', near[1]!, 55)], { away: true, areaFails: [near[0]!] });
    expect(names(await homes.find('m', wish))).toEqual(['b']);
  });
});

describe('the rest', () => {
  test('a listing sees near and far', async () => {
    const { homes } = open([row('a', near[0]!), row('far', farthest, -30)]);
    expect(names(await homes.serving('m', PARIS)).toSorted()).toEqual(['a', 'far']);
  });

  test('a hub that says it is full is asked after the others', async () => {
    const { homes } = open([row('a', near[0]!), row('b', near[1]!, 55)]);
    await homes.find('m', wish);
    homes.noteFree('m', `hub:${near[0]}:0`, 0);
    const rows = await homes.serving('m', PARIS);
    expect(rows.map(({ hub }) => hub)).toEqual([`hub:${near[1]}:0`, `hub:${near[0]}:0`]);
  });

  test('a note on a hub whose name says no area is ignored', () => {
    expect(() => open([]).homes.noteFree('m', 'hub', 0)).not.toThrow();
  });
});
