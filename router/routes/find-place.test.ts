import { describe, expect, test } from 'vitest';
import { UNKNOWN_PLACE } from '../../schema/places.ts';
import { findPlace, PLACE_HEADER } from './find-place.ts';

const LOCAL = { LOCAL_PLACES: '1' };

function request(cf?: object, place?: string): Request {
  const made = new Request('http://router/', { headers: place === undefined ? {} : { [PLACE_HEADER]: place } });
  if (cf) Object.defineProperty(made, 'cf', { value: cf });
  return made;
}

const paris = { latitude: '48.8566', longitude: '2.3522', country: 'FR' };

describe('findPlace', () => {
  test('the platform’s word, rounded to a tenth of a degree', () => {
    expect(findPlace(request(paris), {})).toEqual({ lat: 48.9, lon: 2.4, country: 'FR' });
  });

  test('x-irori-place is ignored where LOCAL_PLACES is off', () => {
    for (const env of [{}, { LOCAL_PLACES: '0' }, { LOCAL_PLACES: '' }, { LOCAL_PLACES: 'true' }]) {
      expect(findPlace(request(paris, '-33.9,151.2,AU'), env)).toMatchObject({ country: 'FR' });
      expect(findPlace(request(undefined, '-33.9,151.2,AU'), env)).toEqual(UNKNOWN_PLACE);
    }
  });

  test('x-irori-place is believed on the local network, and rounded', () => {
    expect(findPlace(request(paris, '-33.8688,151.2093,AU'), LOCAL)).toEqual({ lat: -33.9, lon: 151.2, country: 'AU' });
  });

  test('a place that cannot be read falls back to the platform’s word', () => {
    expect(findPlace(request(paris, 'Sydney'), LOCAL)).toMatchObject({ country: 'FR' });
    expect(findPlace(request(undefined, '91,0,FR'), LOCAL)).toEqual(UNKNOWN_PLACE);
  });

  test('without cf the place is unknown', () => {
    expect(findPlace(request(), {})).toEqual(UNKNOWN_PLACE);
  });

  test.each([
    ['no coordinates', { country: 'FR' }],
    ['half of them', { latitude: '48.8', country: 'FR' }],
    ['texts that are no numbers', { latitude: 'north', longitude: '2', country: 'FR' }],
    ['numbers out of range', { latitude: '95', longitude: '2', country: 'FR' }],
    ['a longitude out of range', { latitude: '5', longitude: '-181', country: 'FR' }],
  ])('with %s the country is kept', (_, cf) => {
    expect(findPlace(request(cf), {})).toEqual({ ...UNKNOWN_PLACE, country: 'FR' });
  });

  test.each(['T1', 'fr', '', 'FRA', 5, undefined])('the country %j is unknown', (country) => {
    expect(findPlace(request({ ...paris, country }), {})).toEqual({ lat: 48.9, lon: 2.4, country: 'XX' });
  });

  test('the zero meridian and the equator are places', () => {
    const cf = { latitude: '0.00000', longitude: '0.00000', country: 'GH' };
    expect(findPlace(request(cf), {})).toEqual({ lat: 0, lon: 0, country: 'GH' });
  });
});
