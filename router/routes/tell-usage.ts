// An account's usage in groups, as JSON and as a table. Pure.
import type { UsageAsk, UsageGroup } from '../billing/build-usage-query.ts';
import type { UsageSums } from '../billing/day-totals.ts';
import { writeCsv } from './write-csv.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** What a table tells of one line, behind its groups. */
const COUNTS = [
  'jobs',
  'parts',
  'prompt_tokens',
  'completion_tokens',
  'charged_micro',
  'energy_micro_wh',
  'energy_known_parts',
] as const;

interface Page {
  readonly rows: readonly UsageSums[];
  readonly all: UsageSums | null;
  /** Path and query of the next page; null for the last one. */
  readonly next: string | null;
}

/** What stands beside the balance in the answer. */
export function tellUsage(
  { groups, fromDay, toDay, key, model, kind, country = null }: UsageAsk,
  { rows, all, next }: Page,
): object {
  return {
    from: tellDay(fromDay),
    to: tellDay(toDay),
    group_by: groups,
    filters: { key, model, kind, country },
    period: all ? tellCounts(all) : null,
    data: rows.map((row) => ({
      ...Object.fromEntries(groups.flatMap((group) => tellGroup(group, row))),
      ...tellCounts(row),
    })),
    has_more: next !== null,
    next,
  };
}

/** A line a group; keys by their ids and names. */
export function tableUsage({ groups }: Pick<UsageAsk, 'groups'>, rows: readonly UsageSums[]): string {
  const header = [...groups.flatMap((group) => (group === 'key' ? ['key', 'key_name'] : [group])), ...COUNTS];
  const lines = rows.map((row) => ({
    ...Object.fromEntries(groups.flatMap((group) => tellGroup(group, row))),
    ...tellCounts(row),
  }));
  return writeCsv(header, lines);
}

/** Where the page after this row begins. */
export function placeAfter(groups: readonly UsageGroup[], row: UsageSums): string {
  return JSON.stringify(groups.map((group) => row[group === 'key' ? 'key_id' : group]));
}

function tellGroup(group: UsageGroup, row: UsageSums): (readonly [string, string | null])[] {
  if (group === 'key')
    return [
      ['key', row.key_id ?? null],
      ['key_name', row.key_name ?? null],
    ];
  if (group === 'day') return [['day', tellDay(row.day ?? 0)]];
  if (group === 'hour') return [['hour', tellHour(row.hour ?? 0)]];
  if (group === 'month') return [['month', tellMonth(row.month ?? 0)]];
  return [[group, row[group] ?? null]];
}

/** Energy is null where no part's is known: a zero would look measured. */
function tellCounts(row: UsageSums): Readonly<Record<(typeof COUNTS)[number], number | null>> {
  return {
    jobs: row.jobs,
    parts: row.parts,
    prompt_tokens: row.prompt_tokens,
    completion_tokens: row.output_tokens,
    charged_micro: row.charged,
    energy_micro_wh: row.energy_parts > 0 ? row.energy_micro_wh : null,
    energy_known_parts: row.energy_parts,
  };
}

function tellDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** When a UTC hour begins. */
function tellHour(hour: number): string {
  return `${new Date(hour * HOUR_MS).toISOString().slice(0, 16)}Z`;
}

function tellMonth(month: number): string {
  return new Date(Date.UTC(1970, month, 1)).toISOString().slice(0, 7);
}
