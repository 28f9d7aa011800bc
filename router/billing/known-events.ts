// Which entries an object has made, long after the book has taken them: what makes a second delivery nothing. An event of a job is a few bytes
// for a month or two; ids of grants are kept for ever.
import { keyOfJob } from './job-key.ts';
import { BOOKED_BITS } from './booked-sql.ts';
import { TURN_MS, TurnedTables } from './turned-tables.ts';

/** How long the ids of a job's events are known at least, ms. An older one that comes again must be told by its ticket's age. */
export const KNOWN_MS = TURN_MS;

const COLUMNS =
  'job BLOB NOT NULL, part INTEGER NOT NULL, kind INTEGER NOT NULL, own INTEGER NOT NULL, PRIMARY KEY (job, part, kind)';

/** One entry as far as it has to be known. */
export interface KnownEvent {
  readonly id: string;
  readonly jobId: string | null;
  readonly part: number | null;
  /** What it does to the object's own balance, units. */
  readonly own: number;
}

export class KnownEvents {
  readonly #sql: SqlStorage;
  readonly #tables: TurnedTables;

  /** For the caller's transaction. */
  constructor(sql: SqlStorage, now: number) {
    this.#sql = sql;
    this.#tables = new TurnedTables(sql, { name: 'known', columns: COLUMNS }, now);
    sql.exec('CREATE TABLE IF NOT EXISTS known_ids (id TEXT PRIMARY KEY) WITHOUT ROWID');
  }

  /** Whether an entry without a job is known. */
  has(id: string): boolean {
    return this.#sql.exec('SELECT 1 FROM known_ids WHERE id = ?', id).toArray().length > 0;
  }

  /** Every settled part of a job that is still known, and what it did to the object's own balance. */
  findParts(jobId: string): { readonly part: number; readonly own: number }[] {
    const query = this.#tables.both
      .map((table) => `SELECT part, own FROM ${table} WHERE job = ?1 AND kind <> ${BOOKED_BITS.rest}`)
      .join(' UNION ALL ');
    return this.#sql.exec<{ part: number; own: number }>(query, keyOfJob(jobId)).toArray();
  }

  /** False for an entry that is known already. */
  add({ id, jobId, part, own }: KnownEvent, now: number): boolean {
    if (jobId === null || part === null) {
      const insert = 'INSERT INTO known_ids VALUES (?) ON CONFLICT DO NOTHING RETURNING 1';
      return this.#sql.exec(insert, id).toArray().length > 0;
    }
    const { table, older } = this.#tables.current(now);
    const insert = `INSERT INTO ${table} SELECT ?1, ?2, ?3, ?4
      WHERE NOT EXISTS (SELECT 1 FROM ${older} WHERE job = ?1 AND part = ?2 AND kind = ?3) ON CONFLICT DO NOTHING RETURNING 1`;
    return this.#sql.exec(insert, keyOfJob(jobId), part, kindOf(id), own).toArray().length > 0;
  }
}

function kindOf(id: string): number {
  const name = id.slice(0, id.indexOf(':'));
  return Object.hasOwn(BOOKED_BITS, name) ? BOOKED_BITS[name as keyof typeof BOOKED_BITS] : 0;
}
