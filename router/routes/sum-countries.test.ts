import { expect, test } from 'vitest';
import { sumCountries } from './sum-countries.ts';

const of = (country: string, count: number): string[] => Array.from({ length: count }, () => country);

test('countries are told from three homes on, the largest first, to two digits', () => {
  const homes = [...of('DE', 3), ...of('JP', 137), ...of('FR', 2), ...of('IS', 1), ...of('BR', 4321)];
  expect(sumCountries(homes)).toEqual({
    countries: [
      { country: 'BR', homes: 4300 },
      { country: 'JP', homes: 130 },
      { country: 'DE', homes: 3 },
    ],
    elsewhere: 3,
  });
});

test('a few homes in no country that is told are not told at all', () => {
  expect(sumCountries([...of('FR', 2)])).toEqual({ countries: [], elsewhere: 0 });
  expect(sumCountries([])).toEqual({ countries: [], elsewhere: 0 });
});

test('what names no country is elsewhere', () => {
  expect(sumCountries(of('XX?', 5)).elsewhere).toBe(5);
  expect(sumCountries(of('XX', 5))).toEqual({ countries: [], elsewhere: 5 });
});

test('a network on one machine tells its only home', () => {
  expect(sumCountries(['FR'], 1)).toEqual({ countries: [{ country: 'FR', homes: 1 }], elsewhere: 0 });
});
