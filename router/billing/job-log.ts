// The door to recent settlements in D1, for statistics: bounded rows, read at most every 10 s for a window and isolate.
import type { Outcome } from '../../schema/settlement.ts';
import { summariseJobs } from './summarise-jobs.ts';
import type { JobSummary, PartFacts } from './summarise-jobs.ts';

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
  readonly jobId: string;
  readonly model: string;
  readonly outcome: Outcome;
  readonly endedAt: number;
  readonly attempts: number | null;
  readonly ttftMs: number | null;
  readonly resumed: string | null;
  readonly mode: string | null;
  readonly km: number | null;
  readonly predictedMs: number | null;
  readonly edgeMs: number | null;
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
    const isCut = results.length === MAX_PARTS;
    const fromAt = isCut ? (results.at(-1)?.endedAt ?? now) : now - windowMs;
    return { ...summariseJobs(results.map((row) => toFacts(row, models))), fromAt, toAt: now, isCut };
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

const NEWEST = `
  SELECT job_id AS jobId, model, outcome, ended_at AS endedAt,
    settlement->>'$.attempts' AS attempts, settlement->>'$.ttftMs' AS ttftMs, settlement->>'$.resumed' AS resumed,
    settlement->>'$.decision.mode' AS mode, settlement->>'$.decision.km' AS km,
    settlement->>'$.decision.ttftMs' AS predictedMs, settlement->>'$.decision.edgeRttMs' AS edgeMs
  FROM receipts WHERE ended_at > ?1 ORDER BY ended_at DESC LIMIT ?2`;

function toFacts(row: Row, models: ReadonlySet<string>): PartFacts {
  const { jobId, model, outcome, attempts, ttftMs, resumed, mode, km, predictedMs, edgeMs } = row;
  return {
    jobId,
    model: models.has(model) ? model : OWN_MODELS,
    outcome,
    attempts: attempts ?? 1,
    ttftMs,
    isResumed: resumed !== null,
    decision: mode === null ? null : { mode, km: km ?? 0, ttftMs: predictedMs ?? 0, edgeMs: edgeMs ?? 0 },
  };
}
