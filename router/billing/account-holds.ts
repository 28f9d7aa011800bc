// Credit set aside for running jobs, in an account's SQLite. Reads come from memory, which is written after the database is.

export interface Hold {
  /** Units. */
  readonly amount: number;
  /** When the hold lapses by itself, ms since epoch. */
  readonly expiresAt: number;
}

const TABLE =
  'CREATE TABLE IF NOT EXISTS holds (jobId TEXT PRIMARY KEY, amount INTEGER NOT NULL, expiresAt INTEGER NOT NULL) WITHOUT ROWID';

export class AccountHolds {
  readonly #sql: SqlStorage;
  readonly #holds = new Map<string, Hold>();
  #sum = 0;
  #nextExpiryAt = Number.POSITIVE_INFINITY;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(TABLE);
    const rows = sql.exec<{ jobId: string; amount: number; expiresAt: number }>('SELECT * FROM holds');
    for (const { jobId, amount, expiresAt } of rows) this.remember(jobId, { amount, expiresAt });
  }

  find(jobId: string): Hold | null {
    return this.#holds.get(jobId) ?? null;
  }

  /** Units held in all. */
  get sum(): number {
    return this.#sum;
  }

  /** Replaces a job's hold, or gives it back for null. A hold of nothing is kept in memory only. For the caller's transaction. */
  write(jobId: string, hold: Hold | null): void {
    const before = this.#holds.get(jobId)?.amount ?? 0;
    if (hold && hold.amount > 0)
      this.#sql.exec('INSERT OR REPLACE INTO holds VALUES (?, ?, ?)', jobId, hold.amount, hold.expiresAt);
    else if (before > 0) this.#sql.exec('DELETE FROM holds WHERE jobId = ?', jobId);
  }

  /** The same in memory, once it is written. */
  remember(jobId: string, hold: Hold | null): void {
    this.#sum -= this.#holds.get(jobId)?.amount ?? 0;
    this.#holds.delete(jobId);
    if (!hold) return;
    this.#holds.set(jobId, hold);
    this.#sum += hold.amount;
    this.#nextExpiryAt = Math.min(this.#nextExpiryAt, hold.expiresAt);
  }

  /** Drops lapsed holds; costs nothing while none has lapsed. */
  sweep(now: number): void {
    if (now < this.#nextExpiryAt) return;
    this.#sql.exec('DELETE FROM holds WHERE expiresAt <= ?', now);
    this.#nextExpiryAt = Number.POSITIVE_INFINITY;
    for (const [jobId, hold] of this.#holds) {
      if (hold.expiresAt <= now) this.remember(jobId, null);
      else this.#nextExpiryAt = Math.min(this.#nextExpiryAt, hold.expiresAt);
    }
  }
}
