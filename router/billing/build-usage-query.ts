// The question for an account's totals by whatever they are grouped by, in SQL: daily totals, and beside them what flushes hold that are not summed
// up yet. So a year of millions of jobs is some thousand rows. Pure.
import { FRESH_USAGE } from './usage-sql.ts';

export const USAGE_GROUPS = ['key', 'model', 'day', 'country', 'kind'] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

const COLUMNS: Readonly<Record<UsageGroup, string>> = {
  key: 'key_id',
  model: 'model',
  day: 'day',
  country: 'country',
  kind: 'kind',
};
const COUNTS = ['jobs', 'parts', 'prompt_tokens', 'output_tokens', 'charged', 'energy_micro_wh', 'energy_parts'];

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
  /** The groups of the last row of the page before; null for the first page. */
  readonly after: readonly (string | number)[] | null;
  /** Rows at most. */
  readonly limit: number;
}

export interface UsageQuery {
  readonly text: string;
  readonly values: readonly (string | number | null)[];
}

/** Gives rows of the chosen groups in their order, with `key_name` where keys are one of them; one more than `limit` where there are more. */
export function buildUsageQuery(ask: UsageAsk): UsageQuery {
  const { accountId, fromDay, toDay, key, model, kind, ownKeyId, groups, after, limit } = ask;
  const columns = groups.map((group) => COLUMNS[group]);
  const [list, sums] = [columns.join(', '), COUNTS.map((name) => `sum(${name}) AS ${name}`).join(', ')];
  const last = columns.map((_, i) => `json_extract(?8, '$[${i}]')`).join(', ');
  const isAfter = columns.length > 0 && after ? `AND (${list}) > (${last})` : '';
  const grouped = columns.length > 0 ? `GROUP BY ${list} ORDER BY ${list}` : 'HAVING count(*) > 0';
  const told = columns.map((column) => `t.${column}`);
  const named = groups.includes('key');
  const text = `SELECT ${[...told, ...(named ? ['k.name AS key_name'] : []), ...COUNTS].join(', ')} FROM (
      SELECT ${[...columns, sums].join(', ')} FROM (
        SELECT key_id, model, day, country, kind, ${COUNTS.join(', ')} FROM usage_days WHERE account_id = ?1 AND day BETWEEN ?2 AND ?3
        UNION ALL SELECT key_id, model, day, country, kind, ${COUNTS.join(', ')} FROM (${FRESH_USAGE})
          WHERE account_id = ?1 AND day BETWEEN ?2 AND ?3)
      WHERE (?4 IS NULL OR key_id = ?4 OR key_id IN (SELECT id FROM api_keys WHERE account_id = ?1 AND name = ?4))
        AND (?5 IS NULL OR model = ?5) AND (?6 IS NULL OR kind = ?6) AND (?7 IS NULL OR key_id = ?7) ${isAfter}
      ${grouped} LIMIT ?9) AS t${named ? ' LEFT JOIN api_keys AS k ON k.id = t.key_id' : ''}${
        columns.length > 0 ? ` ORDER BY ${told.join(', ')}` : ''
      }`;
  const place = after && JSON.stringify(after);
  return { text, values: [accountId, fromDay, toDay, key, model, kind, ownKeyId, place, limit + 1] };
}
