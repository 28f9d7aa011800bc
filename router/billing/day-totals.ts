// The door to the totals of hours, days and months in D1, for callers.
import { buildUsageQuery } from './build-usage-query.ts';
import type { UsageAsk } from './build-usage-query.ts';

/** The sums of one group; the groups that were not asked for are absent. */
export interface UsageSums {
  readonly key_id?: string;
  /** Null for a key that is not there any more. */
  readonly key_name?: string | null;
  readonly model?: string;
  /** Since 1970, each. */
  readonly hour?: number;
  readonly day?: number;
  readonly month?: number;
  readonly country?: string;
  readonly kind?: string;
  readonly jobs: number;
  readonly parts: number;
  readonly prompt_tokens: number;
  readonly output_tokens: number;
  /** Units. */
  readonly charged: number;
  /** Of `energy_parts` of the parts: nobody knows that of the others. */
  readonly energy_micro_wh: number;
  readonly energy_parts: number;
}

export interface DayTotals {
  /** A page of an account's totals, and the sums over all pages. Rejects when D1 does. */
  readonly find: (ask: UsageAsk) => Promise<{
    readonly rows: readonly UsageSums[];
    readonly hasMore: boolean;
    /** Null where there is nothing. */
    readonly all: UsageSums | null;
  }>;
  /** The page alone. Rejects when D1 does. */
  readonly page: (ask: UsageAsk) => Promise<{ readonly rows: readonly UsageSums[]; readonly hasMore: boolean }>;
}

export function makeDayTotals(database: D1Database): DayTotals {
  const prepare = (ask: UsageAsk): D1PreparedStatement => {
    const { text, values } = buildUsageQuery(ask);
    return database.prepare(text).bind(...values);
  };
  const page: DayTotals['page'] = async (ask) => {
    const { results } = await prepare(ask).all<UsageSums>();
    const rows = results.slice(0, ask.limit);
    return { rows, hasMore: rows.length < results.length };
  };
  return {
    page,
    find: async (ask) => {
      const { rows, hasMore } = await page(ask);
      const isWhole = ask.after === null && !hasMore;
      const whole = { ...ask, groups: [], after: null, limit: 1 };
      return { rows, hasMore, all: isWhole ? addRows(rows) : await prepare(whole).first<UsageSums>() };
    },
  };
}

function addRows(rows: readonly UsageSums[]): UsageSums | null {
  const sum = (count: (row: UsageSums) => number): number => rows.reduce((total, row) => total + count(row), 0);
  if (rows.length === 0) return null;
  return {
    jobs: sum(({ jobs }) => jobs),
    parts: sum(({ parts }) => parts),
    prompt_tokens: sum((row) => row.prompt_tokens),
    output_tokens: sum((row) => row.output_tokens),
    charged: sum(({ charged }) => charged),
    energy_micro_wh: sum((row) => row.energy_micro_wh),
    energy_parts: sum((row) => row.energy_parts),
  };
}
