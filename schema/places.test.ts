import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AREAS, centreOf, distanceKm, parsePlace, roundPlace, sortAreas } from './places.ts';

const CITY = {
  paris: { lat: 48.8566, lon: 2.3522 },
  london: { lat: 51.5074, lon: -0.1278 },
  newYork: { lat: 40.7128, lon: -74.006 },
  tokyo: { lat: 35.6762, lon: 139.6503 },
  sydney: { lat: -33.8688, lon: 151.2093 },
  suva: { lat: -18.1248, lon: 178.4501 },
  apia: { lat: -13.8333, lon: -171.7667 },
  saoPaulo: { lat: -23.5505, lon: -46.6333 },
  johannesburg: { lat: -26.2041, lon: 28.0473 },
  dubai: { lat: 25.2048, lon: 55.2708 },
  mumbai: { lat: 19.076, lon: 72.8777 },
  singapore: { lat: 1.3521, lon: 103.8198 },
  chicago: { lat: 41.8781, lon: -87.6298 },
  seattle: { lat: 47.6062, lon: -122.3321 },
  warsaw: { lat: 52.2297, lon: 21.0122 },
} as const;
type City = keyof typeof CITY;

describe('distanceKm', () => {
  // Geodesic distances on the WGS-84 ellipsoid, rounded to km.
  test.each<[City, City, number]>([
    ['paris', 'london', 344],
    ['newYork', 'london', 5585],
    ['tokyo', 'sydney', 7793],
    ['saoPaulo', 'johannesburg', 7453],
    ['seattle', 'tokyo', 7706],
    ['suva', 'apia', 1145],
  ])('%s to %s is %d km within 1 %', (a, b, km) => {
    expect(Math.abs(distanceKm(CITY[a], CITY[b]) - km)).toBeLessThan(km / 100);
  });

  test('the date line is no wall', () => {
    expect(distanceKm({ lat: 0, lon: 179.9 }, { lat: 0, lon: -179.9 })).toBeLessThan(23);
    expect(distanceKm({ lat: 10, lon: 180 }, { lat: 10, lon: -180 })).toBeCloseTo(0, 6);
  });

  test('the poles are one place each and half the world apart', () => {
    expect(distanceKm({ lat: 90, lon: 0 }, { lat: 90, lon: 120 })).toBeCloseTo(0, 6);
    expect(distanceKm({ lat: 90, lon: 0 }, { lat: -90, lon: 0 })).toBeCloseTo(20_015, 0);
  });

  test('it is symmetric, never negative and never more than half the world', () => {
    const place = fc.record({
      lat: fc.double({ min: -90, max: 90, noNaN: true }),
      lon: fc.double({ min: -180, max: 180, noNaN: true }),
    });
    fc.assert(
      fc.property(place, place, (a, b) => {
        const km = distanceKm(a, b);
        expect(km >= 0 && km <= 20_016 && distanceKm(a, a) === 0).toBe(true);
        expect(distanceKm(b, a)).toBeCloseTo(km, 6);
      }),
    );
  });
});

describe('sortAreas', () => {
  test.each<[City, string]>([
    ['paris', 'weur'],
    ['london', 'weur'],
    ['tokyo', 'apac-ne'],
    ['saoPaulo', 'sam'],
    ['sydney', 'oc'],
    ['johannesburg', 'afr'],
    ['dubai', 'me'],
    ['mumbai', 'apac'],
    ['singapore', 'apac-se'],
    ['chicago', 'enam'],
    ['newYork', 'enam'],
    ['seattle', 'wnam'],
    ['warsaw', 'eeur'],
  ])('%s lies in %s', (city, area) => {
    expect(sortAreas(CITY[city])[0]).toBe(area);
  });

  test('all areas are there once, wherever one stands', () => {
    for (const place of Object.values(CITY)) expect(sortAreas(place).toSorted()).toEqual(AREAS.toSorted());
  });
});

describe('places as text', () => {
  test.each([
    ['48.85,2.35,FR', { lat: 48.85, lon: 2.35, country: 'FR' }],
    ['-90,-180,AQ', { lat: -90, lon: -180, country: 'AQ' }],
    ['90,180,XX', { lat: 90, lon: 180, country: 'XX' }],
  ])('%s is a place', (text, place) => {
    expect(parsePlace(text)).toEqual(place);
  });

  test.each([
    '',
    '48.85,2.35',
    '48.85,2.35,fr',
    '48.85,2.35,FRA',
    '91,0,FR',
    '-90.1,0,FR',
    '0,181,FR',
    '0,-180.5,FR',
    '1e1,2,FR',
    'NaN,2,FR',
    '48.85, 2.35,FR',
    '48.85,2.35,FR ',
    '48.85,2.35,FR\n',
    '1.1234567,0,FR',
    '+1,0,FR',
    '.5,0,FR',
  ])('%j is refused', (text) => {
    expect(parsePlace(text)).toBeNull();
  });

  test('no text throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parsePlace(text) === null || text.split(',').length === 3).toBe(true);
      }),
    );
  });

  test('rounding keeps a tenth of a degree and the country', () => {
    expect(roundPlace({ lat: 48.8566, lon: -2.3522, country: 'FR' })).toEqual({ lat: 48.9, lon: -2.4, country: 'FR' });
  });
});

describe('centreOf', () => {
  test('two places across the date line meet on it', () => {
    const centre = centreOf([
      { lat: 0, lon: 179 },
      { lat: 0, lon: -179 },
    ]);
    expect(Math.abs(centre.lon)).toBeCloseTo(180, 6);
    expect(centre.lat).toBeCloseTo(0, 6);
  });

  test('one place is its own centre, none is 0, 0', () => {
    expect(centreOf([{ lat: -33.9, lon: 151.2 }]).lat).toBeCloseTo(-33.9, 9);
    expect(centreOf([])).toEqual({ lat: 0, lon: 0 });
  });
});
