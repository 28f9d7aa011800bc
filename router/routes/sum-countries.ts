// How many homes a country or a model has, as far as that tells nobody's own. Pure.
import { UNKNOWN_PLACE } from '../../schema/places.ts';

export interface CountryHomes {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly homes: number;
}

/** Of fewer homes than this nothing is told: they may be one household's. */
const LEAST_HOMES = 3;

/** Two digits that count: 3, 27, 130, 4,200. */
function roundDown(count: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, count))) - 1);
  return Math.floor(count / step) * step;
}

/** Of one model: null for fewer than are told, which are not none. `least`: from how many on they are. */
export function tellHomes(count: number, least = LEAST_HOMES): number | null {
  return count > 0 && count < least ? null : roundDown(count);
}

/** The largest first; `elsewhere`: homes of countries that are not told. `least`: from how many on one is. */
export function sumCountries(
  countries: readonly string[],
  least = LEAST_HOMES,
): { readonly countries: readonly CountryHomes[]; readonly elsewhere: number } {
  const counts = [...Map.groupBy(countries, (country) => country)].map(([country, of]) => ({
    country,
    homes: of.length,
  }));
  const isTold = ({ country, homes }: CountryHomes): boolean =>
    homes >= least && country !== UNKNOWN_PLACE.country && /^[A-Z]{2}$/.test(country);
  const told = counts.filter(isTold).map(({ country, homes }) => ({ country, homes: roundDown(homes) }));
  const elsewhere = counts.filter((one) => !isTold(one)).reduce((sum, { homes }) => sum + homes, 0);
  return {
    countries: told.toSorted((a, b) => b.homes - a.homes || (a.country < b.country ? -1 : 1)),
    // One or two elsewhere would tell what is not to be told.
    elsewhere: elsewhere >= least ? roundDown(elsewhere) : 0,
  };
}
