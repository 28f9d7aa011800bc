// The energy of an answer as its caller is told it: the parts whose energy is known, added up. Pure.
import { chooseWorseMethod, ENERGY_TIER } from '../../schema/energy.ts';
import type { EnergyTold, GridTold, PartEnergy, TokensEnergy } from '../../schema/energy-told.ts';
import { GRID_SOURCE, readGrid } from '../../schema/grid-intensity.ts';
import type { GridIntensity } from '../../schema/grid-intensity.ts';
import type { PartCounts } from '../../schema/records.ts';

/** Of the router that tells the figures. */
export const METHOD_URL = '/docs#energy';
const UNKNOWN_REASON = 'No home has told what this took: its agent has no meter, or its receipt has not come.';

/** Nothing of it is known. */
const UNKNOWN_TOLD: EnergyTold = {
  wh: null,
  wh_90: null,
  g_co2e: null,
  g_co2e_marginal: null,
  idle_wh: null,
  boundary: 'wall-above-idle',
  method: 'unknown',
  tier: null,
  bounded: false,
  known_tokens_share: 0,
  grid: null,
  method_url: METHOD_URL,
  reason: UNKNOWN_REASON,
};

/** `parts` in their order, none of them twice; `methodUrl`: as the caller can open it. */
export function tellEnergy(parts: readonly TokensEnergy[], methodUrl = METHOD_URL): EnergyTold {
  const known = parts.flatMap(({ energy }) => energy ?? []);
  const [first, ...others] = known;
  if (!first) return { ...UNKNOWN_TOLD, method_url: methodUrl };
  const sum = (read: (part: PartEnergy) => number): number => known.reduce((all, one) => all + read(one), 0);
  const method = others.reduce((worst, one) => chooseWorseMethod(worst, one.method), first.method);
  const sums = {
    microWh: sum((one) => one.microWh),
    low: sum((one) => one.lowMicroWh),
    high: sum((one) => one.highMicroWh),
  };
  return {
    ...UNKNOWN_BUT_WHY,
    wh: toWh(sums.microWh),
    wh_90: [toWh(sums.low), toWh(sums.high)],
    ...tellCarbon(known),
    method,
    tier: ENERGY_TIER[method],
    bounded: known.some(({ isBounded }) => isBounded),
    known_tokens_share: shareKnown(parts),
    method_url: methodUrl,
  };
}

const { reason: _reason, ...UNKNOWN_BUT_WHY } = UNKNOWN_TOLD;

/** Several answers to one call, whose energies are told already. */
export function addEnergy(told: readonly EnergyTold[], tokens: readonly number[]): EnergyTold {
  const known = told.flatMap((one, i) => (one.wh === null ? [] : [{ one, tokens: tokens[i] ?? 0 }]));
  const [first] = known;
  if (!first) return told[0] ?? UNKNOWN_TOLD;
  const add = (read: (one: EnergyTold) => number | null): number | null => {
    const values = known.map(({ one }) => read(one));
    return values.includes(null) ? null : roundMicro(values.reduce<number>((all, value) => all + (value ?? 0), 0));
  };
  const method = known.reduce((worst, { one }) => chooseWorseMethod(worst, one.method), first.one.method);
  const wh = add((one) => one.wh);
  const g = add((one) => one.g_co2e);
  const all = tokens.reduce((sum, count) => sum + count, 0);
  const knownTokens = known.reduce((sum, { one, tokens: count }) => sum + count * one.known_tokens_share, 0);
  return {
    ...first.one,
    wh,
    wh_90: [add((one) => one.wh_90?.[0] ?? 0) ?? 0, add((one) => one.wh_90?.[1] ?? 0) ?? 0],
    g_co2e: g,
    g_co2e_marginal: add((one) => one.g_co2e_marginal),
    method,
    tier: ENERGY_TIER[method],
    bounded: known.some(({ one }) => one.bounded),
    known_tokens_share: all > 0 ? roundShare(knownTokens / all) : known.length / told.length,
    grid: joinGrids(
      known.map(({ one }) => one.grid),
      g === null || !wh ? null : (g / wh) * 1000,
    ),
  };
}

/** Each settled part of an answer with its energy; `unsettled`: output tokens of parts that no hub has settled. */
export function listEnergies(
  parts: readonly Pick<PartCounts, 'outputTokens' | 'energy'>[],
  unsettled: number,
): TokensEnergy[] {
  const settled = parts.map(({ outputTokens, energy = null }) => ({ outputTokens, energy }));
  return unsettled > 0 ? [...settled, { outputTokens: unsettled, energy: null }] : settled;
}

/** Where one part's grid is unknown the answer's carbon is. */
function tellCarbon(known: readonly PartEnergy[]): Pick<EnergyTold, 'g_co2e' | 'g_co2e_marginal' | 'grid'> {
  const parts = known.map(({ microWh, country }) => ({ microWh, grid: readGrid(country) }));
  const mean = toGrams(parts, 'mean');
  const marginal = toGrams(parts, 'marginal');
  const microWh = parts.reduce((all, one) => all + one.microWh, 0);
  const perKwh = mean === null ? null : microWh > 0 ? (mean / microWh) * 1e9 : (parts[0]?.grid?.mean ?? null);
  const grids = parts.map(({ grid }) => (grid && perKwh !== null ? tellGrid(grid.zone, perKwh) : null));
  return {
    g_co2e: mean === null ? null : roundMicro(mean),
    g_co2e_marginal: marginal === null ? null : roundMicro(marginal),
    grid: joinGrids(grids, perKwh),
  };
}

function toGrams(
  parts: readonly { readonly microWh: number; readonly grid: GridIntensity | null }[],
  kind: 'mean' | 'marginal',
): number | null {
  let grams = 0;
  for (const { microWh, grid } of parts) {
    const perKwh = grid?.[kind] ?? null;
    if (perKwh === null) return null;
    grams += gramsOf(microWh, perKwh);
  }
  return grams;
}

/** `perKwh`: g a kilowatt-hour. */
export function gramsOf(microWh: number, perKwh: number): number {
  return (microWh * perKwh) / 1e9;
}

function tellGrid(zone: string, perKwh: number): GridTold {
  const { kind, meanYear: year, source } = GRID_SOURCE;
  return { zone, g_per_kwh: Math.round(perKwh), kind, year, source };
}

function joinGrids(grids: readonly (GridTold | null)[], perKwh: number | null): GridTold | null {
  const zones = new Set(grids.flatMap((grid) => grid?.zone.split('+') ?? []));
  return perKwh === null || zones.size === 0 ? null : tellGrid([...zones].join('+'), perKwh);
}

function shareKnown(parts: readonly TokensEnergy[]): number {
  const all = parts.reduce((sum, { outputTokens }) => sum + outputTokens, 0);
  const known = parts.filter(({ energy }) => energy !== null);
  if (all === 0) return known.length / parts.length;
  return roundShare(known.reduce((sum, { outputTokens }) => sum + outputTokens, 0) / all);
}

/** Whole millionths of a watt-hour as watt-hours. */
export function toWh(microWh: number): number {
  return Math.round(microWh) / 1e6;
}

/** To millionths: what comes beyond is of no figure here. Of what is smaller three digits, since a little is not nothing. */
export function roundMicro(value: number): number {
  return value < 1e-3 ? Number(value.toPrecision(3)) : Math.round(value * 1e6) / 1e6;
}

function roundShare(share: number): number {
  return Math.round(share * 1000) / 1000;
}
