// The door to what all homes together did of each model, day by day: read from the days' totals, at most once an hour and isolate.

export interface ModelDay {
  readonly model: string;
  /** Days since 1970. */
  readonly day: number;
  readonly jobs: number;
  /** Units that owners earned. */
  readonly earned: number;
}

const DAYS = 30;
const FRESH_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Of so many models at most, the ones with most jobs. */
const MOST_ROWS = 30_000;
const LIST = `SELECT model, day, sum(jobs) AS jobs, sum(earned) AS earned FROM node_days
  WHERE day >= ?1 AND day < ?2 GROUP BY model, day ORDER BY jobs DESC LIMIT ?3`;

export interface ModelDays {
  /** The last 30 whole UTC days in which anybody did anything, by model. Rejects when D1 does. */
  readonly list: (now: number) => Promise<ReadonlyMap<string, readonly ModelDay[]>>;
}

export function makeModelDays(database: D1Database): ModelDays {
  let kept: { readonly at: number; readonly days: Promise<ReadonlyMap<string, readonly ModelDay[]>> } | null = null;
  const read = async (now: number): Promise<ReadonlyMap<string, readonly ModelDay[]>> => {
    const today = Math.floor(now / DAY_MS);
    const rows = await database
      .prepare(LIST)
      .bind(today - DAYS, today, MOST_ROWS)
      .all<ModelDay>();
    return Map.groupBy(rows.results, ({ model }) => model);
  };
  return {
    list: (now) => {
      const isFresh = kept && now - kept.at < FRESH_MS && Math.floor(now / DAY_MS) === Math.floor(kept.at / DAY_MS);
      if (kept && isFresh) return kept.days;
      const days = read(now);
      kept = { at: now, days };
      // A failure is not kept.
      days.catch(() => (kept = null));
      return days;
    },
  };
}
