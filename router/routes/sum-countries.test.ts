import { expect, test } from 'vitest';
import { sumCountries, tellHomes } from './sum-countries.ts';

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

test('a model’s homes are rounded in the same way: a few are not counted, and none is none', () => {
  expect([0, 1, 2, 3, 27, 137].map((count) => tellHomes(count))).toEqual([0, null, null, 3, 27, 130]);
  expect([0, 1, 137].map((count) => tellHomes(count, 1))).toEqual([0, 1, 130]);
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
