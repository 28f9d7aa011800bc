// Ledger entries on their way from a Durable Object's SQLite to D1: kept until the book has them, and their ids long after (a grant's
// for ever), which is what makes a second delivery nothing. Filled inside the object's transaction; drained by its alarm only.
import { makeLog } from '../log.ts';
import type { LogFacts } from '../log.ts';
import type { LedgerEntry } from './build-entry.ts';
import type { Ledger } from './ledger.ts';

const log = makeLog('billing');

/** Entries wait this long, so that those of a busy object share one write to D1. */
const COALESCE_MS = 250;
const BATCH = 64;
/** How long the ids of settlements are known at least, ms. An older one that comes again must be told by its ticket's age. */
export const KNOWN_MS = 30 * 86_400_000;
/** How often the newest entry's number is noted, to know later which ones are old. */
const MARK_MS = 86_400_000;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;

export class Outbox {
  readonly #storage: DurableObjectStorage;
  readonly #apply: Ledger['apply'];
  readonly #owner: Pick<LogFacts, 'accountId' | 'nodeId'>;
  #alarmAt = Number.POSITIVE_INFINITY;
  #isDraining = false;
  #hasNew = false;
  #failures = 0;
  /** Entries that the fees could not pay, and when the book is asked again. */
  #unpayable: readonly string[] = [];
  #unpayableUntil = 0;
  #unpayableTries = 0;
  #markedAt: number;

  /** `owner` is whose entries they are, for the operator's log. */
  constructor(storage: DurableObjectStorage, apply: Ledger['apply'], owner: Pick<LogFacts, 'accountId' | 'nodeId'>) {
    this.#storage = storage;
    this.#apply = apply;
    this.#owner = owner;
    openTables(storage);
    this.#markedAt = storage.sql.exec<{ at: number | null }>('SELECT max(at) AS at FROM marks').one().at ?? 0;
    if (this.waiting().events > 0) this.ring(Date.now());
  }

  has(id: string): boolean {
    return this.#storage.sql.exec('SELECT 1 FROM outbox WHERE id = ?', id).toArray().length > 0;
  }

  /** Every settled part of a job that is still known, and what it did to the object's own balance. */
  findParts(jobId: string): { readonly part: number; readonly own: number }[] {
    const query = "SELECT part, own FROM outbox WHERE jobId = ? AND id NOT LIKE 'rest:%'";
    return this.#storage.sql.exec<{ part: number; own: number }>(query, jobId).toArray();
  }

  /** Keeps an entry unless its id is known; `own` is what it does to the object's own balance. Call `ring` after. */
  add(entry: LedgerEntry, own: number): boolean {
    const text = JSON.stringify(entry);
    const { id, jobId, part } = entry;
    const into = 'INSERT INTO outbox (id, own, entry, jobId, part) VALUES (?, ?, ?, ?, ?)';
    const insert = `${into} ON CONFLICT DO NOTHING RETURNING seq`;
    const isNew = this.#storage.sql.exec(insert, id, own, text, jobId, part).toArray().length > 0;
    this.#hasNew ||= isNew;
    return isNew;
  }

  /** True when entries were added since the last alarm began, so that `ring` is due. */
  get hasNew(): boolean {
    return this.#hasNew;
  }

  /** Asks for an alarm soon; it becomes durable together with the entries written before it. */
  ring(now: number): void {
    // While the book fails its next try stands, whatever is added.
    if (this.#failures === 0 || this.#alarmAt === Number.POSITIVE_INFINITY) this.ringBy(now + COALESCE_MS);
  }

  /** Asks for an alarm at `at` (ms since epoch) or sooner; while `drain` runs nothing is asked, since it takes everything. */
  ringBy(at: number): void {
    if (this.#alarmAt <= at || this.#isDraining) return;
    this.#alarmAt = at;
    void this.#storage.setAlarm(at);
  }

  /**
   * Hands every waiting entry to the book; for the object's `alarm`. Being killed between the book's answer and ours delivers
   * a batch twice, which the book takes as once. A book that fails is asked again later, ever less often. Entries that the fees cannot
   * pay yet stay and hold up no others.
   */
  async drain(): Promise<void> {
    this.#alarmAt = Number.POSITIVE_INFINITY;
    this.#isDraining = true;
    this.#hasNew = false;
    try {
      await this.#handOver();
      this.#prune(Date.now());
      if (this.#unpayable.length > 0) await this.#setAlarm(Math.max(this.#unpayableUntil, Date.now() + COALESCE_MS));
    } catch (error) {
      const waitMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++);
      log.warn('book-away', { ...this.#owner, count: this.#failures, waitMs, error });
      await this.#setAlarm(Date.now() + waitMs);
    } finally {
      this.#isDraining = false;
    }
  }

  /** How many of the waiting entries the fees could not pay when they were last handed to the book. */
  get unpayable(): number {
    return this.#unpayable.length;
  }

  /** Entries that the book has not acknowledged: how many, and what they do to the object's own balance. */
  waiting(): { readonly events: number; readonly own: number } {
    const query = 'SELECT count(*) AS events, coalesce(sum(own), 0) AS own FROM outbox WHERE entry IS NOT NULL';
    return this.#storage.sql.exec<{ events: number; own: number }>(query).one();
  }

  /** Waiting settlements of a job. */
  findWaiting(jobId: string): LedgerEntry[] {
    return this.#storage.sql
      .exec<{ entry: string }>(
        "SELECT entry FROM outbox WHERE jobId = ? AND entry IS NOT NULL AND id NOT LIKE 'rest:%' ORDER BY part",
        jobId,
      )
      .toArray()
      .map((row) => JSON.parse(row.entry) as LedgerEntry);
  }

  async #handOver(): Promise<void> {
    const isRetry = Date.now() >= this.#unpayableUntil;
    const before = this.#unpayable.length;
    if (isRetry) this.#unpayable = [];
    let batch = this.#read(0);
    while (batch.entries.length > 0) {
      const unpayable = await this.#apply(batch.entries);
      this.#failures = 0;
      this.#unpayable = [...this.#unpayable, ...unpayable];
      const acknowledge = `UPDATE outbox SET entry = NULL WHERE seq > ? AND seq <= ? AND entry IS NOT NULL AND ${IS_PAYABLE}`;
      this.#storage.sql.exec(acknowledge, batch.afterSeq, batch.lastSeq, JSON.stringify(this.#unpayable));
      batch = this.#read(batch.lastSeq);
    }
    const count = this.#unpayable.length;
    if (count === 0) this.#unpayableTries = 0;
    if (count === 0 || (!isRetry && count === before)) return;
    const waitMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#unpayableTries++);
    this.#unpayableUntil = Date.now() + waitMs;
    log.warn('fees-too-low', { ...this.#owner, count, waitMs });
  }

  async #setAlarm(at: number): Promise<void> {
    this.#alarmAt = at;
    await this.#storage.setAlarm(at);
  }

  /** Once a day: notes the newest entry's number, and forgets the ids of settlements that were booked before a note old enough. */
  #prune(now: number): void {
    if (now < this.#markedAt + MARK_MS) return;
    const { sql } = this.#storage;
    this.#storage.transactionSync(() => {
      sql.exec('INSERT OR REPLACE INTO marks SELECT ?, coalesce(max(seq), 0) FROM outbox', now);
      const old = 'SELECT max(seq) AS seq FROM marks WHERE at <= ?';
      const seq = sql.exec<{ seq: number | null }>(old, now - KNOWN_MS).one().seq ?? 0;
      // The newest row stays whatever it is, so that no number is given twice.
      sql.exec(
        `DELETE FROM outbox WHERE seq <= ? AND seq < (SELECT max(seq) FROM outbox) AND entry IS NULL
          AND (id LIKE 'settle:%' OR id LIKE 'rest:%')`,
        seq,
      );
      sql.exec('DELETE FROM marks WHERE seq < ?', seq);
    });
    this.#markedAt = now;
  }

  /** The next entries after a number, without those that the fees could not pay just now. */
  #read(afterSeq: number): {
    readonly entries: LedgerEntry[];
    readonly afterSeq: number;
    readonly lastSeq: number;
  } {
    const query = `SELECT seq, entry FROM outbox WHERE seq > ? AND entry IS NOT NULL AND ${IS_PAYABLE} ORDER BY seq LIMIT ?`;
    const rows = this.#storage.sql
      .exec<{ seq: number; entry: string }>(query, afterSeq, JSON.stringify(this.#unpayable), BATCH)
      .toArray();
    const entries = rows.map((row) => JSON.parse(row.entry) as LedgerEntry);
    return { entries, afterSeq, lastSeq: rows.at(-1)?.seq ?? afterSeq };
  }
}

const IS_PAYABLE = 'id NOT IN (SELECT value FROM json_each(?))';

const TABLE = `CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, own INTEGER NOT NULL,
  entry TEXT, jobId TEXT, part INTEGER)`;
const OTHERS = [
  'CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (seq) WHERE entry IS NOT NULL',
  'CREATE INDEX IF NOT EXISTS outbox_jobs ON outbox (jobId, part) WHERE jobId IS NOT NULL',
  'CREATE TABLE IF NOT EXISTS marks (at INTEGER PRIMARY KEY, seq INTEGER NOT NULL)',
];
/** Objects older than the columns for job and part: the ids of their rows say both, as in `settle:job_1:0`. */
const ADD_COLUMNS = [
  'ALTER TABLE outbox ADD COLUMN jobId TEXT',
  'ALTER TABLE outbox ADD COLUMN part INTEGER',
  `UPDATE outbox SET jobId = substr(tail, 1, instr(tail, ':') - 1), part = CAST(substr(tail, instr(tail, ':') + 1) AS INTEGER)
    FROM (SELECT seq AS known, substr(id, instr(id, ':') + 1) AS tail FROM outbox WHERE id LIKE 'settle:%' OR id LIKE 'late:%')
    WHERE seq = known`,
];

function openTables(storage: DurableObjectStorage): void {
  const { sql } = storage;
  // In one transaction: an object killed on the way has the old table or the new one.
  storage.transactionSync(() => {
    sql.exec(TABLE);
    const isOld = sql.exec("SELECT 1 FROM pragma_table_info('outbox') WHERE name = 'jobId'").toArray().length === 0;
    for (const statement of isOld ? [...ADD_COLUMNS, ...OTHERS] : OTHERS) sql.exec(statement);
  });
}
