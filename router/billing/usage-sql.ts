// The statements of what parts add to the totals of their days, for callers and for owners. Rows stand as arrays in the flushes that brought them
// (build-usage.ts) and, summed up, in `usage_days` and `node_days`.

/** Columns of the counts, in the order of a row. */
const COUNTS = ['jobs', 'parts', 'prompt_tokens', 'output_tokens', 'units', 'energy_micro_wh', 'energy_parts'];

interface Projection {
  readonly table: string;
  /** Its list in a flush. */
  readonly list: 'usage' | 'earnings';
  /** Columns by the places in a row; those of the key first. */
  readonly columns: readonly string[];
  /** A column that it has not. */
  readonly left?: string;
  /** Columns that are made of what stands in a row, and of when its flush's newest part ended. */
  readonly made?: Readonly<Record<string, (at: string) => string>>;
  /** A column that is the flush's, unless a row that came alone has it at this place, behind all others. */
  readonly ofFlush?: { readonly column: string; readonly place: number };
}

const USAGE: Projection = {
  table: 'usage_days',
  list: 'usage',
  columns: [
    'day',
    'key_id',
    'model',
    'country',
    'kind',
    ...COUNTS.map((name) => (name === 'units' ? 'charged' : name)),
  ],
  ofFlush: { column: 'account_id', place: 12 },
};
const DAY = 'CAST(r.value->>0 AS INTEGER)';
/** An hour of the row's own day, so that hours sum to days: a flush spans seconds, and what came alone may be days late. */
export const HOUR_OF_ROW = (at: string): string =>
  `max(${DAY} * 24, min(${DAY} * 24 + 23, CAST(${at} AS INTEGER) / 3600000))`;
/** Months since 1970 of a day. */
export const monthSql = (day: string): string =>
  `((CAST(strftime('%Y', ${day} * 86400, 'unixepoch') AS INTEGER) - 1970) * 12 + CAST(strftime('%m', ${day} * 86400, 'unixepoch') AS INTEGER) - 1)`;
export const MONTH_OF_ROW = monthSql(DAY);

const HOURS: Projection = {
  ...USAGE,
  table: 'usage_hours',
  columns: ['hour', ...USAGE.columns.slice(1)],
  made: { hour: HOUR_OF_ROW },
};
/** Its list has a country at its place, which is not taken. */
const MONTHS: Projection = {
  ...USAGE,
  table: 'usage_months',
  columns: ['month', ...USAGE.columns.slice(1)],
  left: 'country',
  made: { month: () => MONTH_OF_ROW },
};
const EARNINGS: Projection = {
  table: 'node_days',
  list: 'earnings',
  columns: ['day', 'node_id', 'account_id', 'model', ...COUNTS.map((name) => (name === 'units' ? 'earned' : name))],
};

interface OfFlush {
  /** Whose rows are where they do not say, and when the newest part ended. */
  readonly account: string;
  readonly at: string;
}

/** Rows by their columns, of lists that `from` joins as `r`. */
function readRows({ columns, made = {}, ofFlush }: Projection, { account, at }: OfFlush): string {
  const read = columns.map((column, place) => `${made[column]?.(at) ?? `r.value->>${place}`} AS ${column}`);
  return [...(ofFlush ? [`coalesce(r.value->>${ofFlush.place}, ${account}) AS ${ofFlush.column}`] : []), ...read].join(
    ', ',
  );
}

function namesOf({ columns, left, ofFlush }: Projection): {
  readonly keys: readonly string[];
  readonly counts: readonly string[];
} {
  const counts = columns.slice(-COUNTS.length);
  const keys = columns.slice(0, -COUNTS.length).filter((name) => name !== left);
  return { keys: [...(ofFlush ? [ofFlush.column] : []), ...keys], counts };
}

/** Adds rows to a projection. `from`: what joins the lists as `r`, and which of them. */
function addRows(projection: Projection, { from, ...flush }: OfFlush & { readonly from: string }): string {
  const { keys, counts } = namesOf(projection);
  const sums = counts.map((name) => `sum(${name})`);
  return `INSERT INTO ${projection.table} (${[...keys, ...counts].join(', ')})
    SELECT ${[...keys, ...sums].join(', ')} FROM (SELECT ${readRows(projection, flush)} FROM ${from}) WHERE true GROUP BY ${keys.join(', ')}
    ON CONFLICT (${keys.join(', ')}) DO UPDATE SET ${counts.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')}`;
}

/** Of flushes `f`, which `where` says. */
export function sumUpUsage(where: string): string[] {
  return [USAGE, HOURS, MONTHS, EARNINGS].map((projection) =>
    addRows(projection, {
      account: 'f.account_id',
      at: 'f.at',
      from: `flushes AS f, json_each(f.${projection.list}) AS r WHERE ${where}`,
    }),
  );
}

/** Of one flush whose rows are given. */
export function addUsageOf(given: {
  readonly account: string;
  readonly at: string;
  readonly usage: string;
  readonly earnings: string;
  readonly where: string;
}): string[] {
  const { account, at, where } = given;
  return [USAGE, HOURS, MONTHS, EARNINGS].map((projection) =>
    addRows(projection, { account, at, from: `json_each(${given[projection.list]}) AS r WHERE ${where}` }),
  );
}

const FRESH = 'f.seq > (SELECT summed FROM book_marks)';

/** The callers' totals of flushes that are not summed up yet; ?1: the account they are read for. */
export const FRESH_USAGE = `SELECT ${HOUR_OF_ROW('f.at')} AS hour, ${readRows(USAGE, { account: 'f.account_id', at: 'f.at' })} FROM flushes AS f, json_each(f.usage) AS r
      WHERE ${FRESH} AND f.account_id IN (?1, '')`;

/** ?1: a home. */
export const EARNED_BY = `SELECT coalesce(sum(earned), 0) AS earned FROM (
    SELECT earned FROM node_days WHERE node_id = ?1
    UNION ALL SELECT r.value->>8 FROM flushes AS f, json_each(f.earnings) AS r WHERE ${FRESH} AND r.value->>1 = ?1)`;

/** What all homes have done, ever. */
export const ALL_WORK = `SELECT coalesce(sum(jobs), 0) AS jobs, coalesce(sum(parts), 0) AS parts, coalesce(sum(prompt_tokens), 0) AS promptTokens,
      coalesce(sum(output_tokens), 0) AS outputTokens, coalesce(sum(energy_micro_wh), 0) AS energyMicroWh, coalesce(sum(energy_parts), 0) AS energyParts
    FROM (SELECT jobs, parts, prompt_tokens, output_tokens, energy_micro_wh, energy_parts FROM node_days
      UNION ALL SELECT r.value->>4, r.value->>5, r.value->>6, r.value->>7, r.value->>9, r.value->>10
        FROM flushes AS f, json_each(f.earnings) AS r WHERE ${FRESH})`;

/** Lets go of callers' days before ?1, ?2 rows at most: flushes and files that they were made of stay. */
export const FORGET_DAYS = [
  'UPDATE book_marks SET kept_from = ?1 WHERE kept_from < ?1',
  `DELETE FROM usage_days WHERE (account_id, day, key_id, model, country, kind) IN
    (SELECT account_id, day, key_id, model, country, kind FROM usage_days WHERE day < ?1 LIMIT ?2)`,
] as const;

/** The same for hours before ?1. */
export const FORGET_HOURS = [
  'UPDATE book_marks SET hours_from = ?1 WHERE hours_from < ?1',
  `DELETE FROM usage_hours WHERE (account_id, hour, key_id, model, country, kind) IN
    (SELECT account_id, hour, key_id, model, country, kind FROM usage_hours WHERE hour < ?1 LIMIT ?2)`,
] as const;
