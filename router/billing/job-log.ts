// The door to recent settlements in D1, for statistics: bounded rows, read at most every 10 s for a window and isolate.
import { readFacts } from './pack-facts.ts';
import { summariseJobs } from './summarise-jobs.ts';
import type { JobSummary } from './summarise-jobs.ts';

/** The newest parts that are looked at; a busier window tells of them only. */
export const MAX_PARTS = 2000;
const FRESH_MS = 10_000;
/** Models that are on no catalogue go by this name: what owners call their own models is theirs. */
export const OWN_MODELS = '(own models)';

export interface JobStats extends JobSummary {
  /** Window that the figures are of, ms since epoch; `fromAt` is later than asked for where the rows were too many. */
  readonly fromAt: number;
  readonly toAt: number;
  readonly isCut: boolean;
}

export interface JobLog {
  /** Figures of the parts that ended within the last `windowMs`. Rejects when D1 does. */
  readonly summarise: (windowMs: number, now: number) => Promise<JobStats>;
}

interface Row {
  readonly at: number;
  readonly parts: string;
}

export function makeJobLog(doors: {
  readonly db: D1Database;
  /** Ids of the catalogue. */
  readonly publicModels: () => Promise<ReadonlySet<string>>;
}): JobLog {
  const kept = new Map<number, { readonly at: number; readonly stats: Promise<JobStats> }>();
  const read = async (windowMs: number, now: number): Promise<JobStats> => {
    const [{ results }, models] = await Promise.all([
      doors.db
        .prepare(NEWEST)
        .bind(now - windowMs, MAX_PARTS)
        .all<Row>(),
      doors.publicModels(),
    ]);
    const found = results
      .flatMap(({ parts, at }) => readFacts(parts, at))
      .filter(({ endedAt }) => endedAt > now - windowMs)
      .toSorted((a, b) => b.endedAt - a.endedAt);
    const seen = found.slice(0, MAX_PARTS);
    const isCut = found.length >= MAX_PARTS;
    const fromAt = isCut ? (seen.at(-1)?.endedAt ?? now) : now - windowMs;
    const facts = seen.map((part) => ({ ...part, model: models.has(part.model) ? part.model : OWN_MODELS }));
    return { ...summariseJobs(facts), fromAt, toAt: now, isCut };
  };
  return {
    summarise: (windowMs, now) => {
      const known = kept.get(windowMs);
      if (known && now - known.at < FRESH_MS) return known.stats;
      const stats = read(windowMs, now);
      kept.set(windowMs, { at: now, stats });
      // A failure is not kept: the next one who asks may have more luck.
      stats.catch(() => kept.delete(windowMs));
      return stats;
    },
  };
}

/**
 * The newest lists, back to the first that is older than the window and any that is an hour older: lists come a few seconds after their parts, in
 * no strict order. No index is needed: their numbers are.
 */
const newest = (of: string): string => `
  SELECT at, parts, account FROM (
    SELECT at, parts, account_id AS account, sum(json_array_length(parts, '$.p')) OVER (ORDER BY seq DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS newer
    FROM flushes WHERE ${of} seq > coalesce((SELECT seq FROM flushes WHERE ${of} at <= ?1 - 3600000 ORDER BY seq DESC LIMIT 1), 0)
    ORDER BY seq DESC LIMIT ?2)
  WHERE coalesce(newer, 0) < ?2`;
export const NEWEST = newest('');
/** Of one account alone, ?3, by its own index. */
export const NEWEST_OF = newest('account_id = ?3 AND');
