// The door to parts of jobs that went wrong or were slow lately, with the account that called them: for the operator. Bounded as the statistics are.
import { MAX_PARTS, NEWEST } from './job-log.ts';
import { pickOdd } from './pick-odd.ts';
import type { OddParts } from './pick-odd.ts';
import { readFacts } from './pack-facts.ts';

export interface OddJobs {
  /** Of the parts that ended within the last `windowMs`, the newest `limit` of each kind. Rejects when D1 does. */
  readonly find: (windowMs: number, now: number, limit: number) => Promise<OddParts>;
}

interface Row {
  readonly at: number;
  readonly account: string;
  readonly parts: string;
}

export function makeOddJobs(db: D1Database): OddJobs {
  return {
    find: async (windowMs, now, limit) => {
      const { results } = await db
        .prepare(NEWEST)
        .bind(now - windowMs, MAX_PARTS)
        .all<Row>();
      const found = results
        .flatMap(({ at, account, parts }) => readFacts(parts, at).map((fact) => ({ ...fact, account })))
        .filter(({ endedAt }) => endedAt > now - windowMs)
        .toSorted((a, b) => b.endedAt - a.endedAt);
      return { ...pickOdd(found.slice(0, MAX_PARTS), limit), isCut: found.length >= MAX_PARTS };
    },
  };
}
