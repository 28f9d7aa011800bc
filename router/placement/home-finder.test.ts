import { describe, expect, test } from 'vitest';
import { readHubName } from '../../schema/ids.ts';
import { AREAS, sortAreas } from '../../schema/places.ts';
import type { AreaName } from '../../schema/places.ts';
import type { PresenceRow, PresenceSummary } from '../../schema/presence.ts';
import { err, ok } from '../../schema/result.ts';
import { NO_WISH, speedClassOf } from '../../schema/placement.ts';
import { makeHomeFinder } from './home-finder.ts';
import type { FinderAsk } from './home-finder.ts';
import { makePresenceCache } from './presence-cache.ts';
import type { Presence } from './presence.ts';
import { HubRtts } from './hub-rtts.ts';

const PARIS = { lat: 48.9, lon: 2.4 };
const ask: FinderAsk = {
  modelKey: 'm',
  place: PARIS,
  wish: NO_WISH,
  accountId: 'acct_caller',
  ownName: null,
  size: { promptTokens: 1, outputTokens: 100 },
};
const near = sortAreas(PARIS).slice(0, 4);
const farthest = sortAreas(PARIS).at(-1) ?? 'oc';

function row(node: string, area: AreaName, lat = 49): PresenceRow {
  const speeds = { promptTokensPerS: 1000, decodeTokensPerS: 50, contextTokens: 4096, slots: 1, rttMs: 20, loadMs: 0 };
  const model = { digest: 'd', quantisation: 'q8', priceIn: 1, priceOut: 2, serves: [], contexts: [], cans: [] };
  return {
    node,
    hub: `hub:${area}:0`,
    lat,
    lon: 2.4,
    country: 'FR',
    owner: 'acct_owner',
    pools: ['public'],
    untilAt: 1_000_000,
    ...speeds,
    ...model,
  };
}

function summaryOf({ hub, lat, lon, untilAt }: PresenceRow): PresenceSummary {
  return { hub, lat, lon, radiusKm: 10, free: 1, slots: 2, classes: {}, untilAt };
}

/** A table of these rows, each at the hub it names; it can be away. */
function open(rows: readonly PresenceRow[], { away = false, areaFails = [] as readonly AreaName[] } = {}) {
  const read: string[] = [];
  const askedAreas: string[] = [];
  const areaOf = (hub: string): string => readHubName(hub).area;
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
    rtts: new HubRtts(),
    random: () => 0.5,
    askArea: async (area) => {
      askedAreas.push(area);
      if (areaFails.includes(area)) throw new Error(`${area} is away`);
      return rows.filter(({ hub }) => areaOf(hub) === area);
    },
  });
  return { homes, read, askedAreas };
}

/** The homes that a search would ask for, in order, where each hub says that it has none. */
async function askedFor(homes: ReturnType<typeof makeHomeFinder>, change: Partial<FinderAsk> = {}): Promise<string[]> {
  const search = homes.openSearch({ ...ask, ...change });
  const asked: string[] = [];
  for (let next = await search.next(); next; next = await search.next()) {
    asked.push(next.preferNodeId ?? '');
    search.noteNone(next, null);
  }
  return asked;
}

describe('a search', () => {
  test('the closest home of the near areas comes first', async () => {
    const { homes } = open([row('b', near[1]!, 55), row('a', near[0]!), row('far', farthest, -30)]);
    expect(await askedFor(homes)).toEqual(['a', 'b', 'far']);
  });

  test('far areas are read only where the near ones have no home', async () => {
    const { homes, read } = open([row('a', near[0]!)]);
    await homes.openSearch(ask).next();
    expect(read.join()).not.toContain(farthest);
    const lonely = open([row('far', farthest, -30)]);
    expect(await askedFor(lonely.homes)).toEqual(['far']);
    expect(lonely.read).toHaveLength(2);
  });

  test('a near home that cannot take the prompt sends the call on to far ones', async () => {
    const small = { ...row('small', near[0]!), contextTokens: 10 };
    const { homes } = open([small, row('far', farthest, -30)]);
    expect(await askedFor(homes, { size: { promptTokens: 10, leastPromptTokens: 10, outputTokens: 100 } })).toEqual([
      'far',
    ]);
  });

  test('a near home that cannot do what is needed sends the call on to far ones, and past the nearest hubs', async () => {
    const able = { ...row('able', farthest, -30), cans: [['tools']] };
    const { homes } = open([row('plain', near[0]!), able]);
    expect(await askedFor(homes, { wish: { ...NO_WISH, needs: ['tools'] } })).toEqual(['able']);
    const plain = Array.from({ length: 8 }, (_, i) => ({ ...row(`p${i}`, near[0]!), hub: `hub:${near[0]}:${i}` }));
    const behind = { ...row('behind', near[0]!, 52), hub: `hub:${near[0]}:8`, cans: [['tools']] };
    const crowd = open([...plain, behind]);
    expect(await askedFor(crowd.homes, { wish: { ...NO_WISH, needs: ['tools'] } })).toEqual(['behind']);
  });

  test('a cold edge of a small network needs one round trip, a warm one none', async () => {
    const { homes, read } = open([row('a', near[0]!)]);
    await homes.openSearch(ask).next();
    expect(read).toHaveLength(1);
    await homes.openSearch(ask).next();
    expect(read).toHaveLength(1);
  });

  test('no home anywhere is an empty list', async () => {
    expect(await askedFor(open([]).homes)).toEqual([]);
  });
});

describe('with Redis away', () => {
  test('the near areas are asked themselves', async () => {
    const { homes, askedAreas } = open([row('a', near[0]!)], { away: true });
    expect(await homes.openSearch(ask).next()).toMatchObject({ preferNodeId: 'a' });
    expect(askedAreas).toEqual([...near]);
    expect(homes.isDegraded()).toBe(true);
  });

  test('far areas are asked where the near ones have no home', async () => {
    const { homes, askedAreas } = open([row('far', farthest, -30)], { away: true });
    expect(await askedFor(homes)).toEqual(['far']);
    expect([...new Set(askedAreas)].toSorted()).toEqual(AREAS.toSorted());
  });

  test('an area that is away too takes only its own homes with it', async () => {
    const { homes } = open([row('a', near[0]!), row('b', near[1]!, 55)], { away: true, areaFails: [near[0]!] });
    expect(await askedFor(homes)).toEqual(['b']);
  });
});

describe('the rest', () => {
  test('a listing sees near and far', async () => {
    const { homes } = open([row('a', near[0]!), row('far', farthest, -30)]);
    expect((await homes.serving('m', PARIS)).map(({ node }) => node).toSorted()).toEqual(['a', 'far']);
  });

  test('a hub that says it is full is asked after the others', async () => {
    const { homes } = open([row('a', near[0]!), row('b', near[1]!, 55)]);
    await homes.openSearch(ask).next();
    homes.noteCapacity('m', `hub:${near[0]}:0`, { free: 0, slots: 2, classes: {} });
    expect(await askedFor(homes)).toEqual(['b', 'a']);
  });

  test('a near hub whose only slot this edge has used is the first again when the job has ended', async () => {
    const { homes } = open([row('a', near[0]!), row('b', near[1]!, 55)]);
    await homes.openSearch(ask).next();
    const speedClass = speedClassOf(row('a', near[0]!));
    homes.noteCapacity('m', `hub:${near[0]}:0`, { free: 0, slots: 1, classes: { [speedClass]: [0, 1] } });
    expect(await askedFor(homes)).toEqual(['b', 'a']);
    homes.noteFreed('m', `hub:${near[0]}:0`, speedClass);
    expect(await askedFor(homes)).toEqual(['a', 'b']);
  });

  test('a far home is asked first where none of the near ones keeps the promise, and stays unseen where one does', async () => {
    const slow = { ...row('slow', near[0]!), decodeTokensPerS: 10 };
    expect(await askedFor(open([slow, row('far', farthest, 20)]).homes)).toEqual(['far', 'slow']);
    expect(await askedFor(open([slow, { ...slow, node: 'far', hub: `hub:${farthest}:0` }]).homes)).toEqual([
      'slow',
      'far',
    ]);
    const { homes, read } = open([row('a', near[0]!), row('far', farthest, 20)]);
    await homes.openSearch(ask).next();
    expect(read.join()).not.toContain(farthest);
  });

  test('the fastest is sought everywhere, and so is the home that is named', async () => {
    const fast = { ...row('far', farthest, 20), decodeTokensPerS: 500 };
    const { homes } = open([row('a', near[0]!), fast]);
    expect(await askedFor(homes, { wish: { ...NO_WISH, mode: 'fastest' } })).toEqual(['far', 'a']);
    expect(await askedFor(homes, { wish: { ...NO_WISH, order: ['far'] } })).toEqual(['far', 'a']);
  });

  test('a caller who wants only their own homes is shown no others, however near', async () => {
    const own = { ...row('mine', farthest, -30), owner: ask.accountId, pools: [] };
    const { homes } = open([row('a', near[0]!), own]);
    expect(await askedFor(homes, { wish: { ...NO_WISH, pool: { kind: 'mine' } } })).toEqual(['mine']);
  });

  test('the wish that left nobody is named at the end', async () => {
    const { homes } = open([row('a', near[0]!)]);
    const search = homes.openSearch({ ...ask, wish: { ...NO_WISH, countries: ['NZ'] } });
    expect(await search.next()).toBeNull();
    expect(search.end).toMatchObject({ kind: 'no-fit', emptiedBy: 'country' });
  });

  test('a note on a hub whose name says no area is ignored', () => {
    expect(() => open([]).homes.noteCapacity('m', 'hub', { free: 0, slots: 0, classes: {} })).not.toThrow();
  });
});
