// The door to what the book has of homes' days, for their owner: by day, home and model, with what is not summed up yet.

/** One UTC day of one home and model; energy in millionths of a watt-hour, of those parts whose energy is known. */
export interface EarningDay {
  /** Days since 1970. */
  readonly day: number;
  readonly nodeId: string;
  readonly model: string;
  readonly jobs: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Units. */
  readonly earned: number;
  readonly energyMicroWh: number;
  readonly energyParts: number;
}

/** Rows of one answer at most. */
const MOST_EARNING_DAYS = 5000;

/** Days from one on of these homes, the oldest first. Rejects when D1 does. */
export async function listEarningDays(
  database: D1Database,
  nodeIds: readonly string[],
  fromDay: number,
): Promise<EarningDay[]> {
  const { results } = await database
    .prepare(LIST_DAYS)
    .bind(JSON.stringify(nodeIds), fromDay, MOST_EARNING_DAYS)
    .all<EarningDay & { day: number }>();
  return results.toReversed();
}

/** What one home did today and in the last days, today among them. Units. */
export interface EarningSum {
  readonly nodeId: string;
  readonly jobsToday: number;
  readonly earnedToday: number;
  readonly jobs: number;
  readonly earned: number;
}

/** Sums of those of these homes that did anything from a day on. Rejects when D1 does. */
export async function sumEarningDays(
  database: D1Database,
  nodeIds: readonly string[],
  { fromDay, today }: { readonly fromDay: number; readonly today: number },
): Promise<EarningSum[]> {
  const { results } = await database.prepare(SUM_DAYS).bind(JSON.stringify(nodeIds), fromDay, today).all<EarningSum>();
  return results;
}

const NODES = '(SELECT value FROM json_each(?1))';
/** Rows of flushes as billing/build-usage.ts has them. */
const LIST_DAYS = `
    SELECT day, nodeId, model, sum(jobs) AS jobs, sum(promptTokens) AS promptTokens, sum(outputTokens) AS outputTokens, sum(earned) AS earned,
      sum(energyMicroWh) AS energyMicroWh, sum(energyParts) AS energyParts
    FROM (
      SELECT day, node_id AS nodeId, model, jobs, prompt_tokens AS promptTokens, output_tokens AS outputTokens, earned,
        energy_micro_wh AS energyMicroWh, energy_parts AS energyParts
      FROM node_days WHERE node_id IN ${NODES} AND day >= ?2
      UNION ALL
      SELECT r.value->>0, r.value->>1, r.value->>3, r.value->>4, r.value->>6, r.value->>7, r.value->>8, r.value->>9, r.value->>10
      FROM flushes AS f, json_each(f.earnings) AS r
      WHERE f.seq > (SELECT summed FROM book_marks) AND r.value->>1 IN ${NODES} AND r.value->>0 >= ?2)
    GROUP BY day, nodeId, model ORDER BY day DESC, nodeId, model LIMIT ?3`;

const SUM_DAYS = `
    SELECT nodeId, sum(jobs * (day = ?3)) AS jobsToday, sum(earned * (day = ?3)) AS earnedToday, sum(jobs) AS jobs, sum(earned) AS earned
    FROM (
      SELECT day, node_id AS nodeId, jobs, earned FROM node_days WHERE node_id IN ${NODES} AND day >= ?2
      UNION ALL
      SELECT r.value->>0, r.value->>1, r.value->>4, r.value->>8 FROM flushes AS f, json_each(f.earnings) AS r
      WHERE f.seq > (SELECT summed FROM book_marks) AND r.value->>1 IN ${NODES} AND r.value->>0 >= ?2)
    GROUP BY nodeId`;
