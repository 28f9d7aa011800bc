// The door to an account's jobs in D1, the newest first: read out of the flushes that brought them, by the account's own index, and no more of them than
// one page takes. Where old flushes move to files the list ends with them; a job's receipt is found by its number for ever.
import { fromHex } from '../../schema/bytes.ts';
import { placeOf, PLACES_TAKEN } from './ledger-sql.ts';
import { listFlushJobs, tellDecision } from './list-flush-jobs.ts';
import type { JobLine, ToldDecision } from './list-flush-jobs.ts';
import { readFacts } from './pack-facts.ts';
import { unpackSettlements } from './pack-settlement.ts';

/** Flushes of one read, and reads of one page: a key that hardly calls is looked for in so many and the next page goes on. */
const FLUSHES_A_READ = 8;
const MOST_READS = 8;

/** Where a page begins: at a flush, behind so many of its jobs. */
export interface JobPlace {
  readonly seq: number;
  readonly skip: number;
}

export interface JobAsk {
  readonly accountId: string;
  /** The only key that whoever asks may see; null for all. */
  readonly ownKeyId: string | null;
  /** The key whose jobs are asked for; null for all. */
  readonly keyId: string | null;
  /** Null for the newest. */
  readonly before: JobPlace | null;
  readonly limit: number;
}

export type NamedJobLine = JobLine & { readonly key_name: string | null };

export interface JobList {
  /** `next`: null where nothing is left; a page may have fewer than `limit` and a next one. Rejects when D1 does. */
  readonly list: (ask: JobAsk) => Promise<{ readonly data: NamedJobLine[]; readonly next: JobPlace | null }>;
  /** Why a job's homes were chosen, the last of them; null where that is not kept any more. `flushes`: those its account names. */
  readonly findDecision: (accountId: string, jobId: string, flushes: readonly number[]) => Promise<ToldDecision | null>;
}

interface Row {
  readonly seq: number;
  readonly at: number;
  readonly parts: string;
  readonly packed: string;
}

export function makeJobList(db: D1Database): JobList {
  const read = async (accountId: string, seq: number): Promise<Row[]> =>
    (await db.prepare(NEWEST).bind(accountId, seq, FLUSHES_A_READ).all<Row>()).results;
  return {
    list: async (ask) => {
      const { data, next } = await readPage(ask, read);
      const { results } = await db
        .prepare('SELECT id, name FROM api_keys WHERE account_id = ?1 AND id IN (SELECT value FROM json_each(?2))')
        .bind(ask.accountId, JSON.stringify([...new Set(data.map(({ key }) => key))]))
        .all<{ id: string; name: string | null }>();
      const names = new Map(results.map(({ id, name }) => [id, name]));
      return { data: data.map((line) => ({ ...line, key_name: names.get(line.key) ?? null })), next };
    },
    findDecision: async (accountId, jobId, flushes) => {
      const places = JSON.stringify(flushes.map((number) => placeOf(accountId, number)));
      const { results } = await db.prepare(NAMED).bind(accountId, places).all<Pick<Row, 'at' | 'parts'>>();
      const decided = results
        .flatMap(({ at, parts }) => readFacts(parts, at))
        .filter((fact) => fact.jobId === jobId)
        .findLast(({ decision }) => decision !== null)?.decision;
      return decided ? tellDecision(decided) : null;
    },
  };
}

async function readPage(
  { accountId, ownKeyId, keyId, before, limit }: JobAsk,
  read: (accountId: string, seq: number) => Promise<Row[]>,
): Promise<{ data: JobLine[]; next: JobPlace | null }> {
  const data: JobLine[] = [];
  // Of another's key who may see one alone sees nothing.
  if (ownKeyId !== null && keyId !== null && ownKeyId !== keyId) return { data, next: null };
  const only = ownKeyId ?? keyId;
  let from: JobPlace = before ?? { seq: Number.MAX_SAFE_INTEGER, skip: 0 };
  for (let reads = 0; reads < MOST_READS; reads++) {
    const rows = await read(accountId, from.seq);
    for (const { seq, at, parts, packed } of rows) {
      const skip = seq === from.seq ? from.skip : 0;
      const jobs = listFlushJobs(unpackSettlements(fromHex(`0x${packed}`)), readFacts(parts, at), only).slice(skip);
      const room = limit - data.length;
      data.push(...jobs.slice(0, room));
      if (jobs.length > room) return { data, next: { seq, skip: skip + room } };
    }
    const last = rows.at(-1);
    if (!last || rows.length < FLUSHES_A_READ) return { data, next: null };
    from = { seq: last.seq - 1, skip: 0 };
  }
  return { data, next: from };
}

const NEWEST = `SELECT seq, at, parts, lower(hex(packed)) AS packed FROM flushes
    WHERE account_id = ?1 AND seq <= ?2 AND packed IS NOT NULL ORDER BY seq DESC LIMIT ?3`;

const NAMED = `SELECT f.at, f.parts FROM json_each(?2) AS n JOIN flushes AS f
    ON f.seq BETWEEN n.value AND n.value + ${PLACES_TAKEN - 1} AND f.account_id = ?1 ORDER BY f.seq`;
