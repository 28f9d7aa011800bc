// The jobs of several parts in an account's SQLite: their tallies, and the settlements that wait for their job's fate. A job of one
// part leaves nothing here. Tallies are read from memory, which is written after the database is.
import type { SettlementJson } from '../../schema/settlement.ts';
import type { JobTally } from './tally-job.ts';

/** How long after its hold has lapsed a job's fate is still known to parts that come late, ms: a job lives an hour at most. */
const FATE_MS = 7_200_000;

const TABLES = [
  'CREATE TABLE IF NOT EXISTS jobs (jobId TEXT PRIMARY KEY, tally TEXT NOT NULL) WITHOUT ROWID',
  `CREATE TABLE IF NOT EXISTS waiting (jobId TEXT NOT NULL, part INTEGER NOT NULL, settlement TEXT NOT NULL,
    PRIMARY KEY (jobId, part)) WITHOUT ROWID`,
];

export class AccountJobs {
  readonly #sql: SqlStorage;
  readonly #tallies = new Map<string, JobTally>();
  #nextAt = Number.POSITIVE_INFINITY;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    for (const table of TABLES) sql.exec(table);
    for (const row of sql.exec<{ jobId: string; tally: string }>('SELECT jobId, tally FROM jobs'))
      this.remember(row.jobId, JSON.parse(row.tally) as JobTally);
  }

  find(jobId: string): JobTally | null {
    return this.#tallies.get(jobId) ?? null;
  }

  /** Settlements of a job that are kept and not booked, by part. */
  findWaiting(jobId: string): SettlementJson[] {
    if (!this.#tallies.get(jobId)?.waiting) return [];
    return this.#sql
      .exec<{ settlement: string }>('SELECT settlement FROM waiting WHERE jobId = ? ORDER BY part', jobId)
      .toArray()
      .map((row) => JSON.parse(row.settlement) as SettlementJson);
  }

  /** Writes a tally and, while its fate is open, the settlement that came; for the caller's transaction. `remember` follows it. */
  write(jobId: string, tally: JobTally, arrived: SettlementJson | null): void {
    this.#sql.exec('INSERT OR REPLACE INTO jobs VALUES (?, ?)', jobId, JSON.stringify(tally));
    if (tally.waiting === 0) this.#sql.exec('DELETE FROM waiting WHERE jobId = ?', jobId);
    else if (arrived)
      this.#sql.exec('INSERT INTO waiting VALUES (?, ?, ?)', jobId, arrived.part, JSON.stringify(arrived));
  }

  remember(jobId: string, tally: JobTally): void {
    this.#tallies.set(jobId, tally);
    this.#nextAt = Math.min(this.#nextAt, dueAt(tally));
  }

  /** The job lives: its parts wait on, until `expiresAt` at least. */
  renew(jobId: string, expiresAt: number): void {
    const tally = this.#tallies.get(jobId);
    if (!tally?.waiting || tally.expiresAt >= expiresAt) return;
    const renewed = { ...tally, expiresAt };
    this.write(jobId, renewed, null);
    this.remember(jobId, renewed);
  }

  /** When something here lapses next; infinity for never. */
  get nextAt(): number {
    return this.#nextAt;
  }

  /** When the first part that waits must be booked without its job's end; null when none waits. */
  get nextBookingAt(): number | null {
    let at: number | null = null;
    for (const { waiting, expiresAt } of this.#tallies.values())
      if (waiting > 0) at = Math.min(at ?? expiresAt, expiresAt);
    return at;
  }

  /** Forgets the fates that are over and gives the jobs whose parts have waited long enough. */
  sweep(now: number): [jobId: string, tally: JobTally][] {
    if (now < this.#nextAt) return [];
    const lapsed: [string, JobTally][] = [];
    this.#nextAt = Number.POSITIVE_INFINITY;
    for (const [jobId, tally] of this.#tallies) {
      if (dueAt(tally) > now) this.#nextAt = Math.min(this.#nextAt, dueAt(tally));
      else if (tally.waiting > 0) lapsed.push([jobId, tally]);
      else {
        this.#sql.exec('DELETE FROM jobs WHERE jobId = ?', jobId);
        this.#tallies.delete(jobId);
      }
    }
    return lapsed;
  }
}

function dueAt(tally: JobTally): number {
  return tally.waiting > 0 ? tally.expiresAt : tally.expiresAt + FATE_MS;
}
