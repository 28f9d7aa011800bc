// How much CO2e a country's grid gives off for a kilowatt-hour: the mean of a year, which a footprint is told in, and at the margin, what one more
// kilowatt-hour adds. From a table that is made of public data (grid-table.ts tells which, and its licence); nobody is asked at run time.
import { GRID_TABLE, GRID_YEARS } from './grid-table.ts';

/** Grams of CO2e a kilowatt-hour; null where nobody tells it, and never 0. */
export interface GridIntensity {
  /** Whose grid it is: ISO 3166-1 alpha-2. Of a place that is on a neighbour's grid the neighbour's. */
  readonly zone: string;
  readonly mean: number | null;
  readonly marginal: number | null;
}

/** Where the figures are from, as answers tell it. */
export const GRID_SOURCE = {
  kind: 'average-year',
  meanYear: GRID_YEARS.mean,
  marginalYear: GRID_YEARS.marginal,
  source: 'Ember yearly electricity data, margin UNFCCC and Green Web Foundation, by @tgwf/co2 0.19.0 (CC BY-SA 4.0)',
} as const;

/** Codes that are wrong and common, or were withdrawn; and places that have no figure of their own and draw from a neighbour's grid. */
const OTHER_CODES: Readonly<Record<string, string>> = {
  UK: 'GB',
  EL: 'GR',
  DD: 'DE',
  FX: 'FR',
  TP: 'TL',
  ZR: 'CD',
  BU: 'MM',
  YU: 'RS',
  CS: 'RS',
  AX: 'FI',
  SJ: 'NO',
  IM: 'GB',
  JE: 'FR',
  GG: 'FR',
  MC: 'FR',
  SM: 'IT',
  VA: 'IT',
  LI: 'CH',
};

const known = new Map(Object.entries(GRID_TABLE).map(([zone, [mean, marginal]]) => [zone, { zone, mean, marginal }]));
for (const [code, zone] of Object.entries(OTHER_CODES)) {
  const grid = known.get(zone);
  if (grid) known.set(code, grid);
}

/** The grid of a country by its two letters in any case; null for a code that nobody knows, such as XX or T1, and for null. */
export function readGrid(country: string | null): GridIntensity | null {
  if (country === null) return null;
  return known.get(country) ?? known.get(country.trim().toUpperCase()) ?? null;
}
