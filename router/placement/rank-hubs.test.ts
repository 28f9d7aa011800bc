import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { distanceKm } from '../../schema/places.ts';
import { NO_WISH, speedClassOf } from '../../schema/placement.ts';
import type { Wish } from '../../schema/placement.ts';
import type { PresenceRow, PresenceSummary } from '../../schema/presence.ts';
import { chooseHubs, NEAR_HUBS } from './choose-hubs.ts';
import { NearHubs } from './near-hubs.ts';
import type { NearHub } from './near-hubs.ts';
import { rankHubs } from './rank-hubs.ts';
import type { HubView, RankAsk } from './rank-hubs.ts';

const PARIS = { lat: 48.9, lon: 2.4 };
const FAST = { slots: 4, promptTokensPerS: 8000, decodeTokensPerS: 100 };
const SLOW = { slots: 4, promptTokensPerS: 500, decodeTokensPerS: 60 };

function row(node: string, facts: Partial<PresenceRow> = {}): PresenceRow {
  const model = {
    digest: 'd',
    quantisation: 'q8',
    priceIn: 1,
    priceOut: 2,
    contextTokens: 8192,
    serves: [],
    contexts: [],
    cans: [],
  };
  const whose = { owner: 'acct_o', pools: ['public'], rttMs: 15, loadMs: 0, country: 'FR', untilAt: 1 };
  return { node, hub: 'h', ...PARIS, ...whose, ...FAST, ...model, ...facts };
}

function view(hub: string, rows: readonly PresenceRow[], free: number | null = null, edgeRttMs = 10): HubView {
  const classes: Record<string, [number, number]> = {};
  for (const each of rows) {
    const [sum = 0, all = 0] = classes[speedClassOf(each)] ?? [];
    classes[speedClassOf(each)] = [sum + (free ?? each.slots), all + each.slots];
  }
  const slots = rows.reduce((sum, each) => sum + each.slots, 0);
  return { hub, ...PARIS, edgeRttMs, rows, summary: { free: free ?? slots, slots, classes } };
}

const ask = (wish: Partial<Wish> = {}, facts: Partial<RankAsk> = {}): RankAsk => ({
  wish: { ...NO_WISH, ...wish },
  place: PARIS,
  accountId: 'acct_c',
  ownName: null,
  size: { promptTokens: 1000, outputTokens: 200 },
  excludeNodeIds: [],
  excludeHubs: [],
  isDegraded: false,
  ...facts,
});
const north = (km: number): { lat: number } => ({ lat: PARIS.lat + km / 111.2 });
const rank = (views: readonly HubView[], asked = ask(), random = (): number => 0): string[] =>
  rankHubs(views, asked, random).ranked.map(({ hub }) => hub);

describe('rankHubs', () => {
  const near = view('near', [row('n1', north(20))]);
  const far = view('far', [row('f1', { ...north(900), promptTokensPerS: 20_000, decodeTokensPerS: 300 })]);

  test('closest asks the hub of the closest home that should keep the promise, by its name', () => {
    const { ranked, hasModel, emptiedBy } = rankHubs([far, near], ask(), () => 0);
    expect(ranked[0]).toMatchObject({ hub: 'near', preferNodeId: 'n1', km: expect.closeTo(20, 0), keeps: true });
    expect({ hasModel, emptiedBy }).toEqual({ hasModel: true, emptiedBy: null });
    const weak = view('weak', [row('w1', SLOW)]);
    expect(rank([weak, far])).toEqual(['far', 'weak']);
  });

  test('fastest asks by score, cheapest by price', () => {
    expect(rank([near, far], ask({ mode: 'fastest' }))).toEqual(['far', 'near']);
    const cheap = view('cheap', [row('c1', { ...north(2000), priceIn: 0 })]);
    expect(rank([near, cheap], ask({ mode: 'cheapest' }))).toEqual(['cheap', 'near']);
  });

  test('a continued answer goes to the weights that began it, however far, and to others where nobody has those', () => {
    const other = view('other', [row('o1', { digest: 'e' })]);
    const own = view('own', [row('w1', { digest: 'e', owner: 'acct_c' })]);
    expect(rank([other, far, own], ask({}, { preferDigest: 'd' }))).toEqual(['far', 'own', 'other']);
    expect(rank([other, far, own])).toEqual(['own', 'other', 'far']);
  });

  describe('greenest', () => {
    const green = ask({ mode: 'greenest' });
    const [dirty, clean] = ['PL', 'FR'].map((country) => view(country, [row(country, { ...north(900), country })]));

    test('asks the hub with the least CO2e, however far, and nearly always', () => {
      const near = view('near', [row('n1', { country: 'PL' })]);
      expect(rank([near, clean!], green, () => 0.001)).toEqual(['FR', 'near']);
      expect(rank([near, clean!], green, () => 0.99)).toEqual(['FR', 'near']);
    });

    test('draws among about equals, so that edges with one view do not ask one hub', () => {
      const twin = view('twin', [row('t1')]);
      expect(rank([twin, clean!], green, () => 0.1)).toEqual(['twin', 'FR']);
      expect(rank([twin, clean!], green, () => 0.9)).toEqual(['FR', 'twin']);
    });

    test('goes by room alone once two hubs have refused', () => {
      const roomy = view('roomy', [row('r1', { country: 'PL' }), row('r2', { country: 'PL' })]);
      const asked = ask({ mode: 'greenest' }, { excludeHubs: ['a', 'b'] });
      expect(rank([roomy, clean!], asked, () => 0.6)).toEqual(['roomy', 'FR']);
      expect(rank([roomy, clean!], green, () => 0.6)).toEqual(['FR', 'roomy']);
    });

    test('leaves a margin in the promise, since queues are not seen from afar', () => {
      // 0.14 s for the first token of a home in the same place, 0.6 s on the way.
      const late = view('late', [row('l1')], null, 600);
      expect(rank([late, dirty!], green)).toEqual(['PL', 'late']);
      expect(rankHubs([late], green, () => 0).ranked[0]).toMatchObject({ keeps: false });
      expect(rankHubs([late], ask(), () => 0).ranked[0]).toMatchObject({ keeps: true });
    });
  });

  test('near equals are drawn in proportion to what is free there', () => {
    const many = view('many', [row('m1', north(30)), row('m2', north(30)), row('m3', north(30))]);
    expect(rank([near, many], ask(), () => 0.2)).toEqual(['near', 'many']);
    expect(rank([near, many], ask(), () => 0.3)).toEqual(['many', 'near']);
  });

  test('fairest draws from all that keep the promise, idle ones the likelier', () => {
    const halfFull = view('half', [row('h1')], 2);
    expect(rank([halfFull, far], ask({ mode: 'fairest' }), () => 0.1)).toEqual(['half', 'far']);
    expect(rank([halfFull, far], ask({ mode: 'fairest' }), () => 0.2)).toEqual(['far', 'half']);
  });

  test('hubs without room come last, asked hubs and excluded homes not at all', () => {
    const full = view('full', [row('x1')], 0);
    expect(rank([full, near, far])).toEqual(['near', 'far', 'full']);
    expect(rank([near, far], ask({}, { excludeHubs: ['near'] }))).toEqual(['far']);
    expect(rank([near, far], ask({}, { excludeNodeIds: ['n1'] }))).toEqual(['far']);
  });

  test('the load of a home is guessed from its class', () => {
    const busy = view('busy', [row('b1')], 1);
    const idle = view('idle', [row('i1')]);
    const [b, i] = rankHubs([busy, idle], ask({ mode: 'fairest' }), () => 0).ranked;
    expect(b?.scoreMs).toBeGreaterThan(i?.scoreMs ?? 0);
  });

  test('a hub known by its rows alone is thought free', () => {
    const bare = { ...near, summary: null };
    expect(rankHubs([bare], ask(), () => 0).ranked[0]).toMatchObject({ hub: 'near', keeps: true });
  });

  test('the order asked for comes first, then the caller’s own, then everyone', () => {
    const own = view('own', [row('o1', { ...north(3000), owner: 'acct_c', pools: [] })]);
    expect(rank([near, far, own])).toEqual(['own', 'near', 'far']);
    expect(rank([near, far, own], ask({ order: ['f1'] }))).toEqual(['far', 'own', 'near']);
    expect(rank([near, own], ask({ pool: { kind: 'public' } }))).toEqual(['near']);
  });

  test('without fallbacks one hub is asked', () => {
    expect(rank([near, far], ask({ allowFallbacks: false }))).toEqual(['near']);
    expect(rank([near, far], ask({ allowFallbacks: false, order: ['f1'] }))).toEqual(['far']);
  });

  test('the wish that left nobody is named; nobody with the model is no wish’s fault', () => {
    expect(rankHubs([near, far], ask({ countries: ['DE'] }), () => 0)).toEqual({
      ranked: [],
      emptiedBy: 'country',
      contextTokens: null,
      hasModel: true,
      fitting: new Map(),
    });
    const none = { ranked: [], emptiedBy: null, contextTokens: null, hasModel: false, fitting: new Map() };
    expect(rankHubs([view('h', [])], ask(), () => 0)).toEqual(none);
    const small = view('small', [row('s1', { contextTokens: 1000 }), row('s2', { contextTokens: 500 })]);
    const long = { size: { promptTokens: 2000, leastPromptTokens: 1000, outputTokens: 200 } };
    expect(rankHubs([small], ask({}, long), () => 0)).toEqual({ ...none, contextTokens: 1000, hasModel: true });
    expect(rankHubs([small, near], ask({}, long), () => 0)).toMatchObject({ contextTokens: null });
  });

  test('a home whose context is only expected to be too short comes behind the others', () => {
    const tight = view('tight', [row('t1', { contextTokens: 1000 })]);
    expect(rank([tight, far], ask())).toEqual(['far', 'tight']);
  });

  test('a name of the caller’s own has the context of that name, not of the longest beside it', () => {
    const both = view('h', [row('n', { serves: ['small', 'long'], contexts: [500, 8192] })]);
    const long = { size: { promptTokens: 2000, leastPromptTokens: 1000, outputTokens: 200 } };
    expect(rank([both], ask({}, { ...long, ownName: 'small' }))).toEqual([]);
    expect(rank([both], ask({}, { ...long, ownName: 'long' }))).toEqual(['h']);
  });

  test('an own name is asked of the homes that announce it, exactly or by prefix', () => {
    const rows = [row('exact', { serves: ['mine:7b'] }), row('star', { serves: ['mine:*'] }), row('other')];
    const views = rows.map((each) => view(each.node, [each]));
    expect(rank(views, ask({}, { ownName: 'mine:7b' })).toSorted()).toEqual(['exact', 'star']);
    expect(rank(views, ask({}, { ownName: 'mine:70b' }))).toEqual(['star']);
  });

  test('with an old view a random half of the homes is looked at, and one is enough', () => {
    const two = view('two', [row('a', north(1)), row('b', north(2))]);
    const draws = [0.9, 0.1, 0];
    const { ranked } = rankHubs([two], ask({}, { isDegraded: true }), () => draws.shift() ?? 0);
    expect(ranked[0]?.preferNodeId).toBe('b');
    expect(rankHubs([two], ask({}, { isDegraded: true }), () => 0.9).ranked[0]?.preferNodeId).toBe('a');
  });
});

describe('chooseHubs', () => {
  const choose = (
    all: readonly PresenceSummary[],
    place: typeof PARIS,
    ...more: Parameters<typeof chooseHubs> extends [unknown, unknown, ...infer Rest] ? Rest : never
  ): string[] => {
    const area = new Map([['weur', new Map(all.map((each) => [each.hub, each]))]]);
    return chooseHubs(new NearHubs().walk(area, place), place, ...more);
  };

  function summary(hub: string, lat: number, facts: Partial<PresenceSummary> = {}): PresenceSummary {
    return { hub, lat, lon: 2.4, radiusKm: 0, free: 1, slots: 2, classes: {}, untilAt: 1, ...facts };
  }

  test('the nearest come first, by the near edge of their circle', () => {
    expect(choose([summary('far', 60), summary('near', 49), summary('mid', 52)], PARIS)).toEqual([
      'near',
      'mid',
      'far',
    ]);
    expect(choose([summary('small', 50), summary('wide', 55, { radiusKm: 700 })], PARIS)).toEqual(['wide', 'small']);
  });

  test('the full come last, the excluded not at all', () => {
    const hubs = [summary('full', 49, { free: 0 }), summary('free', 60), summary('asked', 49)];
    expect(choose(hubs, PARIS, ['asked'])).toEqual(['free', 'full']);
  });

  test('in greenest those come first whose free class gives off least and should keep the promise, however far; others fill up', () => {
    const need = { size: ask().size, wish: { ...NO_WISH, mode: 'greenest' as const } };
    const [fast, slow] = [speedClassOf(FAST), speedClassOf(SLOW)];
    const told = (
      hub: string,
      lat: number,
      microGrams: number,
      facts: Partial<PresenceSummary> = {},
    ): PresenceSummary =>
      summary(hub, lat, { free: 4, slots: 4, classes: { [fast]: [4, 4] }, greens: { [fast]: microGrams }, ...facts });
    const hubs = [
      told('dirty', 49, 60_000),
      told('clean', 60, 4000),
      told('full', 61, 1000, { free: 0, classes: { [fast]: [0, 4] } }),
      told('slow', 62, 0, { classes: { [slow]: [4, 4] }, greens: { [slow]: 100 } }),
      summary('untold', 63, { free: 4, slots: 4, classes: { [fast]: [4, 4] } }),
      told('mixed', 64, 9000, { classes: { [fast]: [4, 4], [slow]: [4, 4] }, greens: { [fast]: 9000, [slow]: 100 } }),
      told('asked', 65, 1),
    ];
    expect(choose(hubs, PARIS, ['asked'], need)).toEqual(['clean', 'mixed', 'dirty', 'untold', 'slow', 'full']);
    const many = Array.from({ length: 9 }, (_, i) => told(`h${i}`, 49 + i, 9 - i));
    expect(choose(many, PARIS, [], need)).toEqual(['h8', 'h7', 'h6', 'h5', 'h4', 'h3']);
  });

  test('six hubs at most, in whatever order they are read', () => {
    const many = Array.from({ length: 20 }, (_, i) => summary(`h${i}`, 49 + i));
    expect(choose(many, PARIS)).toEqual(['h0', 'h1', 'h2', 'h3', 'h4', 'h5']);
    expect(choose(many.toReversed(), PARIS)).toEqual(choose(many, PARIS));
    expect(NEAR_HUBS).toBe(6);
    expect(choose([], PARIS)).toEqual([]);
  });

  test('they are the nearest of all, wherever on earth', () => {
    const lat = fc.double({ min: -90, max: 90, noNaN: true });
    const lon = fc.double({ min: -180, max: 180, noNaN: true });
    fc.assert(
      fc.property(lat, lon, fc.array(fc.tuple(lat, lon), { maxLength: 60 }), (fromLat, fromLon, places) => {
        const from = { lat: fromLat, lon: fromLon };
        const all = places.map(([lat, lon], i) => summary(`h${i}`, lat, { lon }));
        const km = all.map((each) => distanceKm(each, from)).toSorted((a, b) => a - b);
        const chosen = choose(all, from).map((hub) => all.find((each) => each.hub === hub)!);
        const found = chosen.map((each) => distanceKm(each, from));
        expect(found).toEqual(km.slice(0, NEAR_HUBS));
      }),
    );
  });

  test('of a thousand hubs no more are looked at than it takes', () => {
    const classes = { [speedClassOf(FAST)]: [4, 4] as const };
    const many = Array.from({ length: 1000 }, (_, i) => summary(`h${i}`, 48.9 - i / 10, { classes }));
    const lookAt = (need: Parameters<typeof chooseHubs>[3], of = many): number => {
      let looked = 0;
      const counted = function* (): Generator<NearHub> {
        for (const near of new NearHubs().walk(new Map([['a', new Map(of.map((one) => [one.hub, one]))]]), PARIS)) {
          looked += 1;
          yield near;
        }
      };
      expect(chooseHubs(counted(), PARIS, [], need)).toEqual(['h0', 'h1', 'h2', 'h3', 'h4', 'h5']);
      return looked;
    };
    const need = { size: { promptTokens: 1000, outputTokens: 200 }, wish: NO_WISH };
    expect(lookAt(null)).toBeLessThan(30);
    expect(lookAt(need)).toBeLessThan(30);
    // Nobody should keep this promise: those with room will do, and the end of the world is not searched for more.
    expect(lookAt({ ...need, wish: { ...NO_WISH, maxTtftMs: 1 } })).toBeLessThan(300);
  });

  test('the other side of the world is not too far', () => {
    expect(choose([summary('antipode', -48.9, { lon: -177.6 })], PARIS)).toEqual(['antipode']);
  });

  test('hubs with a free class that should do come before nearer ones without', () => {
    const need = { size: { promptTokens: 4000, outputTokens: 200 }, wish: NO_WISH };
    const weak = summary('weak', 49, { classes: { [speedClassOf(SLOW)]: [4, 4] } });
    const taken = summary('taken', 49, { classes: { [speedClassOf(FAST)]: [0, 4], odd: [1, 1] } });
    const fast = summary('fast', 60, { classes: { [speedClassOf(FAST)]: [4, 4] } });
    expect(choose([weak, taken, fast], PARIS, [], need)).toEqual(['fast', 'weak', 'taken']);
    const small = { ...need, size: { promptTokens: 100, outputTokens: 200 } };
    expect(choose([weak, taken, fast], PARIS, [], small)).toEqual(['weak', 'fast', 'taken']);
  });
});
