// Credit set aside for running jobs, in an account's SQLite. A hold is a lease: it lasts while somebody tells that its job lives, so that one
// whose edge and hub are gone is given back soon. Reads come from memory, which is written after the database is.
import type { CrowdJob } from './decide-crowd.ts';

export interface Hold {
  /** Units. */
  readonly amount: number;
  /** When the hold lapses whatever is heard of its job, ms since epoch. */
  readonly expiresAt: number;
  /** When it lapses unless its job is heard of until then, ms since epoch. */
  readonly leaseAt: number;
  /** In memory only, as the next two: a restart forgets whose it is. */
  readonly keyId?: string;
  readonly isGuest?: boolean;
  /** The answer has ended; its credit is held until it is settled. */
  readonly isOver?: boolean;
}

/** How long a hold lasts without news of its job, ms. */
export interface LeaseTerms {
  readonly leaseMs: number;
  /** What lapsed while nobody was awake to hear news is kept this much longer, once: what is on its way arrives first. */
  readonly graceMs: number;
}

type HoldRow = { jobId: string; amount: number; expiresAt: number; leaseAt: number | null; isWarned: number };

const TABLE =
  'CREATE TABLE IF NOT EXISTS holds (jobId TEXT PRIMARY KEY, amount INTEGER NOT NULL, expiresAt INTEGER NOT NULL) WITHOUT ROWID';
/** Objects older than leases. */
const ADD_COLUMNS = [
  'ALTER TABLE holds ADD COLUMN leaseAt INTEGER',
  'ALTER TABLE holds ADD COLUMN isWarned INTEGER NOT NULL DEFAULT 0',
];

export class AccountHolds {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  readonly #holds = new Map<string, Hold>();
  #sum = 0;
  #nextLapseAt = Number.POSITIVE_INFINITY;

  constructor(storage: DurableObjectStorage, terms: LeaseTerms, now: number) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#openTable();
    for (const row of this.#sql.exec<HoldRow>('SELECT * FROM holds').toArray()) this.#recall(row, terms, now);
  }

  find(jobId: string): Hold | null {
    return this.#holds.get(jobId) ?? null;
  }

  /** Jobs that run, as far as it is known. */
  listRunning(): CrowdJob[] {
    const running: CrowdJob[] = [];
    for (const { keyId = null, isGuest = false, isOver } of this.#holds.values())
      if (!isOver) running.push({ keyId, isGuest });
    return running;
  }

  /** Units held in all. */
  get sum(): number {
    return this.#sum;
  }

  /** The soonest at which a hold may lapse, ms since epoch; infinity where none is held. */
  get nextLapseAt(): number {
    return this.#nextLapseAt;
  }

  /** Replaces a job's hold, or gives it back for null. A hold of nothing is kept in memory only. For the caller's transaction. */
  write(jobId: string, hold: Hold | null): void {
    const before = this.#holds.get(jobId)?.amount ?? 0;
    if (hold && hold.amount > 0) {
      const { amount, expiresAt, leaseAt } = hold;
      const insert =
        'INSERT OR REPLACE INTO holds (jobId, amount, expiresAt, leaseAt, isWarned) VALUES (?, ?, ?, ?, 0)';
      this.#sql.exec(insert, jobId, amount, expiresAt, leaseAt);
    } else if (before > 0) this.#sql.exec('DELETE FROM holds WHERE jobId = ?', jobId);
  }

  /** The same in memory, once it is written. */
  remember(jobId: string, hold: Hold | null): void {
    this.#sum -= this.#holds.get(jobId)?.amount ?? 0;
    this.#holds.delete(jobId);
    if (hold) {
      this.#holds.set(jobId, hold);
      this.#sum += hold.amount;
      this.#nextLapseAt = Math.min(this.#nextLapseAt, lapsesAt(hold));
    } else if (this.#holds.size === 0) this.#nextLapseAt = Number.POSITIVE_INFINITY;
  }

  /** Drops lapsed holds and gives their jobs; costs nothing while none has lapsed. */
  sweep(now: number): string[] {
    if (now < this.#nextLapseAt) return [];
    const lapsed = [...this.#holds].filter(([, hold]) => lapsesAt(hold) <= now).map(([jobId]) => jobId);
    this.#storage.transactionSync(() => {
      for (const jobId of lapsed) this.write(jobId, null);
    });
    for (const jobId of lapsed) this.remember(jobId, null);
    this.#nextLapseAt = Math.min(...[...this.#holds.values()].map(lapsesAt), Number.POSITIVE_INFINITY);
    return lapsed;
  }

  /** A hold as the disk has it. One whose lease ran out while this object slept, or was down, gets one last respite. */
  #recall(
    { jobId, amount, expiresAt, leaseAt, isWarned }: HoldRow,
    { leaseMs, graceMs }: LeaseTerms,
    now: number,
  ): void {
    const known = leaseAt ?? now + leaseMs;
    const isRespite = known <= now && isWarned === 0;
    const hold = { amount, expiresAt, leaseAt: isRespite ? now + graceMs : known };
    if (isRespite || leaseAt === null) {
      const update = 'UPDATE holds SET leaseAt = ?, isWarned = ? WHERE jobId = ?';
      this.#sql.exec(update, hold.leaseAt, isRespite ? 1 : 0, jobId);
    }
    this.remember(jobId, hold);
  }

  #openTable(): void {
    this.#storage.transactionSync(() => {
      this.#sql.exec(TABLE);
      const isOld =
        this.#sql.exec("SELECT 1 FROM pragma_table_info('holds') WHERE name = 'leaseAt'").toArray().length === 0;
      for (const statement of isOld ? ADD_COLUMNS : []) this.#sql.exec(statement);
    });
  }
}

function lapsesAt({ expiresAt, leaseAt }: Hold): number {
  return Math.min(expiresAt, leaseAt);
}
