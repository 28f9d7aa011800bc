import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PresenceRow, PresenceSummary } from '../../schema/presence.ts';
import { chooseHubs, NEAR_HUBS, rankHomes } from './rank-homes.ts';
import type { HomeWish } from './rank-homes.ts';

const PARIS = { lat: 48.9, lon: 2.4 };
const wish: HomeWish = { ...PARIS, ownName: null, promptTokens: 100 };

function summary(hub: string, lat: number, facts: Partial<PresenceSummary> = {}): PresenceSummary {
  const speeds = { bestDecodeTokensPerS: 50, medianDecodeTokensPerS: 40, minPriceOut: 1, maxPriceOut: 2 };
  return { hub, lat, lon: 2.4, radiusKm: 0, free: 1, slots: 2, untilAt: 1, ...speeds, ...facts };
}

function row(node: string, lat: number, facts: Partial<PresenceRow> = {}): PresenceRow {
  const speeds = { promptTokensPerS: 100, decodeTokensPerS: 50, contextTokens: 4096, slots: 1 };
  const model = { digest: 'd', quantisation: 'q8', priceIn: 1, priceOut: 2, serves: [] };
  return { node, hub: 'h', lat, lon: 2.4, country: 'FR', untilAt: 1, ...speeds, ...model, ...facts };
}

describe('chooseHubs', () => {
  test('the nearest hub comes first', () => {
    expect(chooseHubs([summary('far', 60), summary('near', 49), summary('mid', 52)], PARIS)).toEqual([
      'near',
      'mid',
      'far',
    ]);
  });

  test('what counts is the near edge of a hub’s circle, not its centre', () => {
    expect(chooseHubs([summary('small', 50), summary('wide', 55, { radiusKm: 700 })], PARIS)).toEqual([
      'wide',
      'small',
    ]);
  });

  test('hubs that were full come after those that had room, however near', () => {
    expect(chooseHubs([summary('full', 49, { free: 0 }), summary('free', 60)], PARIS)).toEqual(['free', 'full']);
  });

  test('six hubs at most', () => {
    const many = Array.from({ length: 20 }, (_, i) => summary(`h${i}`, 49 + i));
    expect(chooseHubs(many, PARIS)).toEqual(['h0', 'h1', 'h2', 'h3', 'h4', 'h5']);
    expect(NEAR_HUBS).toBe(6);
    expect(chooseHubs([], PARIS)).toEqual([]);
  });

  test('the other side of the world is not too far', () => {
    expect(chooseHubs([summary('antipode', -48.9, { lon: -177.6 })], PARIS)).toEqual(['antipode']);
  });
});

describe('rankHomes', () => {
  test('the closest home comes first, with what an attempt needs', () => {
    const [near, far] = rankHomes([row('far', 60), row('near', 49)], wish);
    expect(near).toEqual({
      node: 'near',
      hub: 'h',
      country: 'FR',
      digest: 'd',
      contextTokens: 4096,
      distanceKm: expect.closeTo(11.1, 0),
      promptTokensPerS: 100,
    });
    expect(far?.node).toBe('far');
  });

  test('equals keep their order', () => {
    expect(rankHomes([row('b', 49), row('a', 49)], wish).map(({ node }) => node)).toEqual(['b', 'a']);
  });

  test('a home whose context leaves no room for one token is left out', () => {
    const rows = [row('small', 49, { contextTokens: 100 }), row('fits', 60, { contextTokens: 101 })];
    expect(rankHomes(rows, wish).map(({ node }) => node)).toEqual(['fits']);
  });

  test('an own name is asked of the homes that announce it, exactly or by prefix', () => {
    const rows = [
      row('exact', 49, { serves: ['other', 'mine:7b'] }),
      row('star', 50, { serves: ['mine:*'] }),
      row('all', 51, { serves: ['*'] }),
      row('none', 49, { serves: ['mine'] }),
      row('longer', 49, { serves: ['mine:7b:q8'] }),
      row('catalogue', 49),
    ];
    const own = rankHomes(rows, { ...wish, ownName: 'mine:7b' });
    expect(own.map(({ node }) => node)).toEqual(['exact', 'star', 'all']);
  });

  test('a catalogue model is asked of every row that stands under it', () => {
    expect(rankHomes([row('a', 49), row('b', 50, { serves: ['x'] })], wish)).toHaveLength(2);
  });

  test('distances never fall along the list, and nothing is lost', () => {
    const place = fc.record({ lat: fc.integer({ min: -90, max: 90 }), lon: fc.integer({ min: -180, max: 180 }) });
    fc.assert(
      fc.property(fc.array(place), (places) => {
        const km = rankHomes(
          places.map(({ lat, lon }, i) => row(`n${i}`, lat, { lon })),
          wish,
        ).map((home) => home.distanceKm);
        expect(km).toEqual(km.toSorted((a, b) => a - b));
        expect(km).toHaveLength(places.length);
      }),
    );
  });
});
