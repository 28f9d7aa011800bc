// Which entries an object has made, long after the book has taken them: what makes a second delivery nothing. An event of a job is a few bytes
// in one of two tables, each of 30 days: when a table's turn comes again it is emptied as a whole. Ids of grants are kept for ever.
import { fromHex } from '../../schema/bytes.ts';
import { isId } from '../../schema/ids.ts';
import { BOOKED_BITS } from './receipt-shelves.ts';

/** How long the ids of a job's events are known at least, ms. An older one that comes again must be told by its ticket's age. */
export const KNOWN_MS = 30 * 86_400_000;

const SLOTS = [0, 1] as const;
type Slot = (typeof SLOTS)[number];

const TABLES = [
  ...SLOTS.map(
    (slot) =>
      `CREATE TABLE IF NOT EXISTS known${slot} (job BLOB NOT NULL, part INTEGER NOT NULL, kind INTEGER NOT NULL, own INTEGER NOT NULL,
        PRIMARY KEY (job, part, kind)) WITHOUT ROWID`,
  ),
  'CREATE TABLE IF NOT EXISTS known_ids (id TEXT PRIMARY KEY) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS known_turns (slot INTEGER PRIMARY KEY, turn INTEGER NOT NULL)',
];

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
  #turn = -1;

  /** For the caller's transaction. */
  constructor(sql: SqlStorage, now: number) {
    this.#sql = sql;
    for (const table of TABLES) sql.exec(table);
    this.#takeTurn(now);
  }

  /** Whether an entry without a job is known. */
  has(id: string): boolean {
    return this.#sql.exec('SELECT 1 FROM known_ids WHERE id = ?', id).toArray().length > 0;
  }

  /** Every settled part of a job that is still known, and what it did to the object's own balance. */
  findParts(jobId: string): { readonly part: number; readonly own: number }[] {
    const of = (slot: Slot): string =>
      `SELECT part, own FROM known${slot} WHERE job = ?1 AND kind <> ${BOOKED_BITS.rest}`;
    const query = `${of(0)} UNION ALL ${of(1)}`;
    return this.#sql.exec<{ part: number; own: number }>(query, keyOf(jobId)).toArray();
  }

  /** False for an entry that is known already. */
  add(event: KnownEvent, now: number): boolean {
    this.#takeTurn(now);
    const { id, jobId, part, own } = event;
    if (jobId === null || part === null) {
      const insert = 'INSERT INTO known_ids VALUES (?) ON CONFLICT DO NOTHING RETURNING 1';
      return this.#sql.exec(insert, id).toArray().length > 0;
    }
    const slot = this.#turn % SLOTS.length;
    const insert = `INSERT INTO known${slot} SELECT ?1, ?2, ?3, ?4
      WHERE NOT EXISTS (SELECT 1 FROM known${1 - slot} WHERE job = ?1 AND part = ?2 AND kind = ?3) ON CONFLICT DO NOTHING RETURNING 1`;
    return this.#sql.exec(insert, keyOf(jobId), part, kindOf(id), own).toArray().length > 0;
  }

  /** Empties the table whose turn comes again. */
  #takeTurn(now: number): void {
    const turn = Math.floor(now / KNOWN_MS);
    if (turn <= this.#turn) return;
    const slot = turn % SLOTS.length;
    const row = this.#sql.exec<{ turn: number }>('SELECT turn FROM known_turns WHERE slot = ?', slot).toArray()[0];
    if (row?.turn !== turn) {
      this.#sql.exec(`DELETE FROM known${slot}`);
      this.#sql.exec('INSERT OR REPLACE INTO known_turns VALUES (?, ?)', slot, turn);
    }
    this.#turn = turn;
  }
}

function kindOf(id: string): number {
  const name = id.slice(0, id.indexOf(':'));
  return Object.hasOwn(BOOKED_BITS, name) ? BOOKED_BITS[name as keyof typeof BOOKED_BITS] : 0;
}

/** A job's 16 bytes; an id of another form is its own bytes. */
function keyOf(jobId: string): Uint8Array {
  return isId('job', jobId) ? fromHex(`0x${jobId.slice(4)}`) : new TextEncoder().encode(jobId);
}
