// The energy of an account's usage from the totals of days, by model, month or country. Pure.
import type { UsageAsk } from '../billing/build-usage-query.ts';
import type { UsageSums } from '../billing/day-totals.ts';
import { gramsOf, METHOD_URL, roundMicro, toWh } from '../billing/tell-energy.ts';
import { TIER_HALF_WIDTH } from '../../schema/energy.ts';
import { GRID_SOURCE, readGrid } from '../../schema/grid-intensity.ts';
import { writeCsv } from './write-csv.ts';

export type EnergyBy = 'model' | 'month' | 'country';

/** What stands beside every figure of ours, so that nobody takes a home for greener than it is. */
const REFERENCE = {
  told: 'A model of 8 billion parameters in a data centre, everything counted: about 0.25 J for a token of output. Smaller models take less, larger ones more.',
  j_per_token: 0.25,
  source:
    'ML.ENERGY Leaderboard: 0.10 to 0.12 J for a token of an 8B model on an H100, 64 to 128 requests at once; twice that for the machine around it, cooling and rest',
} as const;
const WH_PER_JOULE = 1 / 3600;
const DAY_MS = 86_400_000;
/** Totals of days keep no intervals: theirs is that of the least sure method. */
const HALF_WIDTH = TIER_HALF_WIDTH.D;
const COLUMNS = [
  'wh',
  'wh_low',
  'wh_high',
  'g_co2e',
  'g_co2e_marginal',
  'completion_tokens',
  'unknown_energy_tokens',
  'known_tokens_share',
  'reference_wh',
] as const;

interface Sum {
  /** Of parts whose energy is known, and grams as far as their grids are. */
  microWh: number;
  isKnown: boolean;
  mean: number | null;
  marginal: number | null;
  tokens: number;
  unknownTokens: number;
}

/** `rows`: by country too, and by day where `by` is month. */
export function tellUsageEnergy(
  { fromDay, toDay, key, model, kind }: UsageAsk,
  {
    by,
    rows,
    methodUrl = METHOD_URL,
  }: { readonly by: EnergyBy; readonly rows: readonly UsageSums[]; readonly methodUrl?: string },
): object {
  const groups = sumUp(by, rows);
  const total = sumUp(null, rows).get('') ?? emptySum();
  return {
    object: 'usage.energy',
    from: tellDay(fromDay),
    to: tellDay(toDay),
    by,
    filters: { key, model, kind },
    total: tellSum(total),
    data: [...groups].map(([name, sum]) => ({ [by]: name, ...tellSum(sum) })),
    grids: tellGrids(rows),
    interval:
      'wh_90 is that of the least sure method (half of the figure each way): totals of days keep no closer one.',
    unknown:
      'Tokens whose home told no energy are in no figure; where some parts of a day told it their tokens are shared by parts.',
    boundary: 'wall-above-idle',
    reference: REFERENCE,
    method_url: methodUrl,
  };
}

/** A line a group. */
export function tableUsageEnergy(by: EnergyBy, rows: readonly UsageSums[]): string {
  const lines = [...sumUp(by, rows)].map(([name, sum]) => {
    const { wh_90: interval, reference_wh, ...told } = tellSum(sum);
    return { [by]: name, ...told, wh_low: interval?.[0] ?? null, wh_high: interval?.[1] ?? null, reference_wh };
  });
  return writeCsv([by, ...COLUMNS], lines);
}

function sumUp(by: EnergyBy | null, rows: readonly UsageSums[]): Map<string, Sum> {
  const sums = new Map<string, Sum>();
  for (const row of rows) {
    const name = nameOf(by, row);
    const sum = sums.get(name) ?? emptySum();
    sums.set(name, sum);
    add(sum, row);
  }
  return new Map([...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function nameOf(by: EnergyBy | null, row: UsageSums): string {
  if (by === null) return '';
  return by === 'month' ? tellDay(row.day ?? 0).slice(0, 7) : (row[by] ?? '');
}

function add(sum: Sum, row: UsageSums): void {
  const { output_tokens: tokens, parts, energy_parts: knownParts, energy_micro_wh: microWh, country } = row;
  sum.tokens += tokens;
  const isPart = knownParts < parts;
  sum.unknownTokens += isPart ? Math.round((tokens * (parts - knownParts)) / parts) : 0;
  if (knownParts === 0) return;
  const grid = readGrid(country ?? null);
  sum.isKnown = true;
  sum.microWh += microWh;
  sum.mean = addGrams(sum.mean, microWh, grid?.mean ?? null);
  sum.marginal = addGrams(sum.marginal, microWh, grid?.marginal ?? null);
}

/** Once a grid is unknown the grams are. */
function addGrams(sum: number | null, microWh: number, perKwh: number | null): number | null {
  return sum === null || perKwh === null ? null : sum + gramsOf(microWh, perKwh);
}

interface SumTold {
  readonly wh: number | null;
  readonly wh_90: readonly [number, number] | null;
  readonly g_co2e: number | null;
  readonly g_co2e_marginal: number | null;
  readonly completion_tokens: number;
  readonly unknown_energy_tokens: number;
  readonly known_tokens_share: number | null;
  /** What as many tokens of an 8B model take in a data centre as those whose energy is known. */
  readonly reference_wh: number | null;
}

function tellSum({ microWh, isKnown, mean, marginal, tokens, unknownTokens }: Sum): SumTold {
  const known = tokens - unknownTokens;
  const grams = (value: number | null): number | null => (isKnown && value !== null ? roundMicro(value) : null);
  return {
    wh: isKnown ? toWh(microWh) : null,
    wh_90: isKnown ? [toWh(microWh * (1 - HALF_WIDTH)), toWh(microWh * (1 + HALF_WIDTH))] : null,
    g_co2e: grams(mean),
    g_co2e_marginal: grams(marginal),
    completion_tokens: tokens,
    unknown_energy_tokens: unknownTokens,
    known_tokens_share: tokens > 0 ? Math.round((known / tokens) * 1000) / 1000 : null,
    reference_wh: isKnown && known > 0 ? roundMicro(known * REFERENCE.j_per_token * WH_PER_JOULE) : null,
  };
}

/** Every country's grid that a figure rests on. */
function tellGrids(rows: readonly UsageSums[]): object[] {
  const countries = new Set(rows.flatMap((row) => (row.energy_parts > 0 && row.country ? [row.country] : [])));
  const { kind, meanYear, marginalYear, source } = GRID_SOURCE;
  return [...countries].toSorted().map((country) => {
    const grid = readGrid(country);
    return {
      country,
      zone: grid?.zone ?? null,
      g_per_kwh: grid?.mean ?? null,
      g_per_kwh_marginal: grid?.marginal ?? null,
      kind,
      year: meanYear,
      marginal_year: marginalYear,
      source,
    };
  });
}

function emptySum(): Sum {
  return { microWh: 0, isKnown: false, mean: 0, marginal: 0, tokens: 0, unknownTokens: 0 };
}

function tellDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
