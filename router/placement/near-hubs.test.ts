import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { distanceKm } from '../../schema/places.ts';
import type { PresenceSummary } from '../../schema/presence.ts';
import { NearHubs } from './near-hubs.ts';

const PARIS = { lat: 48.9, lon: 2.4 };

function summary(hub: string, lat: number, facts: Partial<PresenceSummary> = {}): PresenceSummary {
  return { hub, lat, lon: 2.4, radiusKm: 0, free: 1, slots: 2, classes: {}, untilAt: 1, ...facts };
}

function areaOf(...summaries: readonly PresenceSummary[]): Map<string, PresenceSummary> {
  return new Map(summaries.map((each) => [each.hub, each]));
}

const namesOf = (near: NearHubs, areas: Record<string, ReadonlyMap<string, PresenceSummary>>): string[] =>
  [...near.walk(new Map(Object.entries(areas)), PARIS)].map((each) => each.summary.hub);

describe('the order of hubs around a place', () => {
  test('runs through all areas, nearest first', () => {
    const areas = {
      weur: areaOf(summary('a', 60), summary('b', 49)),
      eeur: areaOf(summary('c', 52), summary('d', 70)),
    };
    expect(namesOf(new NearHubs(), areas)).toEqual(['b', 'c', 'a', 'd']);
    expect(namesOf(new NearHubs(), {})).toEqual([]);
  });

  test('gives what hubs said since it was made', () => {
    const near = new NearHubs();
    const weur = areaOf(summary('a', 60), summary('b', 49));
    namesOf(near, { weur });
    weur.set('b', summary('b', 49, { free: 0 }));
    expect([...near.walk(new Map([['weur', weur]]), PARIS)].map((each) => each.summary.free)).toEqual([0, 1]);
  });

  test('is made anew where an area was read anew', () => {
    const near = new NearHubs();
    namesOf(near, { weur: areaOf(summary('a', 60)) });
    expect(namesOf(near, { weur: areaOf(summary('a', 60), summary('b', 49)) })).toEqual(['b', 'a']);
    near.clear();
    expect(namesOf(near, { weur: areaOf(summary('a', 60)) })).toEqual(['a']);
  });

  test('stays right when more places ask than are remembered', () => {
    const near = new NearHubs();
    const weur = new Map([['weur', areaOf(summary('north', 70), summary('south', -70))]]);
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 700; i++) {
        const place = { lat: i % 2 === 0 ? 60 : -60, lon: (i % 350) - 175 };
        const [first] = near.walk(weur, place);
        expect(first?.summary.hub).toBe(i % 2 === 0 ? 'north' : 'south');
      }
    }
  });

  test('nobody is nearer than is said, to a metre', () => {
    // At the antipode the haversine formula itself knows no better than some decimetres.
    const toleratedKm = 1e-3;
    const at = fc.record({
      lat: fc.double({ min: -90, max: 90, noNaN: true }),
      lon: fc.double({ min: -180, max: 180, noNaN: true }),
    });
    fc.assert(
      fc.property(at, fc.array(at, { maxLength: 30 }), (place, places) => {
        const all = places.map(({ lat, lon }, i) => summary(`h${i}`, lat, { lon }));
        const seen = [...new NearHubs().walk(new Map([['weur', areaOf(...all)]]), place)];
        expect(seen).toHaveLength(all.length);
        for (const [at, { leastKm }] of seen.entries())
          for (const later of seen.slice(at))
            expect(distanceKm(later.summary, place)).toBeGreaterThanOrEqual(leastKm - toleratedKm);
      }),
      { examples: [[{ lat: -6.037091348628667e-7, lon: 0 }, [{ lat: 0, lon: -179.99999790869023 }]]] },
    );
  });
});
