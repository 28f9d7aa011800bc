// The door to parts of jobs that went wrong or were slow lately, with the account that called them: for the operator. Bounded as the statistics are.
import { MAX_PARTS, NEWEST, NEWEST_OF } from './job-log.ts';
import { pickOdd } from './pick-odd.ts';
import type { OddParts } from './pick-odd.ts';
import { readFacts } from './pack-facts.ts';

export interface OddJobs {
  /** Of the parts that ended within the last `windowMs`, or of an account's alone, the newest `limit` of each kind. Rejects when D1 does. */
  readonly find: (
    asked: { readonly windowMs: number; readonly limit: number; readonly account?: string | undefined },
    now: number,
  ) => Promise<OddParts>;
}

interface Row {
  readonly at: number;
  readonly account: string;
  readonly parts: string;
}

export function makeOddJobs(db: D1Database): OddJobs {
  return {
    find: async ({ windowMs, limit, account: of }, now) => {
      const bounds = [now - windowMs, MAX_PARTS];
      const { results } = await db
        .prepare(of === undefined ? NEWEST : NEWEST_OF)
        .bind(...bounds, ...(of === undefined ? [] : [of]))
        .all<Row>();
      const found = results
        .flatMap(({ at, account, parts }) => readFacts(parts, at).map((fact) => ({ ...fact, account })))
        .filter(({ endedAt }) => endedAt > now - windowMs)
        .toSorted((a, b) => b.endedAt - a.endedAt);
      const seen = found.slice(0, MAX_PARTS);
      return { ...pickOdd(seen, limit), cutAt: found.length >= MAX_PARTS ? (seen.at(-1)?.endedAt ?? now) : null };
    },
  };
}
