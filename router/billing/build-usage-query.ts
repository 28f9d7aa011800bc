// The question for an account's totals by whatever they are grouped by, in SQL: daily totals, those of hours where these are asked for, and of whole
// months where neither days nor countries are; beside them what flushes hold that are not summed up yet. So a year of millions of jobs is some thousand
// rows. Pure.
import { monthOf } from './compute-periods.ts';
import { FRESH_USAGE, monthSql } from './usage-sql.ts';

export const USAGE_GROUPS = ['key', 'model', 'hour', 'day', 'month', 'country', 'kind'] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

const COLUMNS: Readonly<Record<UsageGroup, string>> = {
  key: 'key_id',
  model: 'model',
  hour: 'hour',
  day: 'day',
  month: 'month',
  country: 'country',
  kind: 'kind',
};
const DAY_MS = 86_400_000;
const COUNTS = [
  'jobs',
  'parts',
  'prompt_tokens',
  'output_tokens',
  'charged',
  'energy_micro_wh',
  'energy_parts',
] as const;
export type UsageCount = (typeof COUNTS)[number];

export interface UsageAsk {
  readonly accountId: string;
  /** The only key that whoever asks may see; null for one who may see the account's. */
  readonly ownKeyId: string | null;
  /** In the order of the answer; none: one row for all. */
  readonly groups: readonly UsageGroup[];
  /** UTC days since 1970, both included. */
  readonly fromDay: number;
  readonly toDay: number;
  /** Ids or names; null: all. */
  readonly key: string | null;
  readonly model: string | null;
  readonly kind: string | null;
  readonly country?: string | null;
  /** The groups of the last row of the page before; null for the first page. */
  readonly after: readonly (string | number)[] | null;
  /** Rows at most. */
  readonly limit: number;
  /** The largest first, where that is asked for; else in the order of the groups, which alone goes on from a place. */
  readonly largest?: UsageCount | null;
  /** Rows before the first one. */
  readonly skip?: number;
}

export interface UsageQuery {
  readonly text: string;
  readonly values: readonly (string | number | null)[];
}

/** Gives rows of the chosen groups in their order, with `key_name` where keys are one of them; one more than `limit` where there are more. */
export function buildUsageQuery(ask: UsageAsk): UsageQuery {
  const { accountId, fromDay, toDay, key, model, kind, country = null, ownKeyId, groups, after, limit, skip = 0 } = ask;
  const columns = groups.map((group) => COLUMNS[group]);
  const [list, sums] = [columns.join(', '), COUNTS.map((name) => `sum(${name}) AS ${name}`).join(', ')];
  const last = columns.map((_, i) => `json_extract(?8, '$[${i}]')`).join(', ');
  const isAfter = columns.length > 0 && after ? `AND (${list}) > (${last})` : '';
  const order = (names: readonly string[], of: string): string => [...orderBy(ask, of), ...names].join(', ');
  const grouped = columns.length > 0 ? `GROUP BY ${list} ORDER BY ${order(columns, '')}` : 'HAVING count(*) > 0';
  const told = columns.map((column) => `t.${column}`);
  const named = groups.includes('key');
  const text = `SELECT ${[...told, ...(named ? ['k.name AS key_name'] : []), ...COUNTS].join(', ')} FROM (
      SELECT ${[...columns, sums].join(', ')} FROM (
        ${readTotals(ask)})
      WHERE (?4 IS NULL OR key_id = ?4 OR key_id IN (SELECT id FROM api_keys WHERE account_id = ?1 AND name = ?4))
        AND (?5 IS NULL OR model = ?5) AND (?6 IS NULL OR kind = ?6) AND (?7 IS NULL OR key_id = ?7)
        AND (?10 IS NULL OR country = ?10) ${isAfter}
      ${grouped} LIMIT ?9 OFFSET ?11) AS t${named ? ' LEFT JOIN api_keys AS k ON k.id = t.key_id' : ''}${
        columns.length > 0 ? ` ORDER BY ${order(told, 't.')}` : ''
      }`;
  const place = after && JSON.stringify(after);
  return { text, values: [accountId, fromDay, toDay, key, model, kind, ownKeyId, place, limit + 1, country, skip] };
}

/** What stands before the groups' own order. Of equal sums, as where nothing is charged, who had more jobs. */
function orderBy({ largest = null }: UsageAsk, of: string): string[] {
  if (largest === null) return [];
  return [...new Set([largest, 'jobs'])].map((name) => (of === '' ? `sum(${name}) DESC` : `${of}${name} DESC`));
}

/** Rows of ?1 from the day ?2 to the day ?3, of the tables that have the fewest of them. */
function readTotals({ groups, country = null, fromDay, toDay }: UsageAsk): string {
  const fresh = `SELECT ${columnsOf('hour', 'day', monthSql('day'), 'country')} FROM (${FRESH_USAGE})
          WHERE account_id = ?1 AND day BETWEEN ?2 AND ?3`;
  if (groups.includes('hour')) {
    const day = 'hour / 24';
    return `SELECT ${columnsOf('hour', day, monthSql(day), 'country')} FROM usage_hours
          WHERE account_id = ?1 AND hour BETWEEN ?2 * 24 AND ?3 * 24 + 23 UNION ALL ${fresh}`;
  }
  const days = (where: string): string =>
    `SELECT ${columnsOf('NULL', 'day', monthSql('day'), 'country')} FROM usage_days WHERE account_id = ?1 AND ${where}`;
  const months = country === null && !groups.includes('day') && !groups.includes('country');
  const whole = months ? findWholeMonths(fromDay, toDay) : null;
  if (!whole) return `${days('day BETWEEN ?2 AND ?3')} UNION ALL ${fresh}`;
  const { from, to } = whole;
  return `SELECT ${columnsOf('NULL', 'NULL', 'month', 'NULL')} FROM usage_months WHERE account_id = ?1 AND month BETWEEN ${from} AND ${to}
        UNION ALL ${days(`day BETWEEN ?2 AND ${firstDayOf(from) - 1}`)}
        UNION ALL ${days(`day BETWEEN ${firstDayOf(to + 1)} AND ?3`)} UNION ALL ${fresh}`;
}

function columnsOf(hour: string, day: string, month: string, country: string): string {
  const times = [`${hour} AS hour`, `${day} AS day`, `${month} AS month`, `${country} AS country`];
  return ['key_id', 'model', 'kind', ...times, ...COUNTS].join(', ');
}

/** Months that a span has all days of; null where there are none. */
export function findWholeMonths(fromDay: number, toDay: number): { readonly from: number; readonly to: number } | null {
  const [first, last] = [monthOf(fromDay), monthOf(toDay)];
  const from = firstDayOf(first) === fromDay ? first : first + 1;
  const to = firstDayOf(last + 1) === toDay + 1 ? last : last - 1;
  return to < from ? null : { from, to };
}

/** Of a month since 1970. */
export function firstDayOf(month: number): number {
  return Date.UTC(1970, month, 1) / DAY_MS;
}
