// Ledger entries on their way from a Durable Object's SQLite to D1: kept until the book has them, and known long after (known-events.ts), which
// is what makes a second delivery nothing. Filled inside the object's transaction; drained by its alarm only.
import { makeLog } from '../log.ts';
import type { LogFacts } from '../log.ts';
import type { LedgerEntry } from './build-entry.ts';
import { KnownEvents } from './known-events.ts';
import type { Ledger } from './ledger.ts';

const log = makeLog('billing');

/** Entries wait this long, so that those of a busy object share one write to D1. */
const COALESCE_MS = 250;
const BATCH = 64;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;

export class Outbox {
  readonly #storage: DurableObjectStorage;
  readonly #apply: Ledger['apply'];
  readonly #owner: Pick<LogFacts, 'accountId' | 'nodeId'>;
  readonly #handOverBetween: () => Promise<void>;
  readonly #known: KnownEvents;
  #alarmAt = Number.POSITIVE_INFINITY;
  #draining: Promise<void> | null = null;
  #hasNew = false;
  #failures = 0;
  /** Entries that the fees could not pay, and when the book is asked again. */
  #unpayable: readonly string[] = [];
  #unpayableUntil = 0;
  #unpayableTries = 0;

  /** `owner` is whose entries they are, for the operator's log; `handOverBetween` hands what else there is to the book, after what was granted. */
  constructor(
    storage: DurableObjectStorage,
    apply: Ledger['apply'],
    owner: Pick<LogFacts, 'accountId' | 'nodeId'>,
    handOverBetween: () => Promise<void> = async () => undefined,
  ) {
    this.#storage = storage;
    this.#apply = apply;
    this.#owner = owner;
    this.#handOverBetween = handOverBetween;
    this.#known = openTables(storage, Date.now());
    if (this.waiting().events > 0) this.ring(Date.now());
  }

  /** Whether an entry without a job is known. */
  has(id: string): boolean {
    return this.#known.has(id);
  }

  /** Every settled part of a job that is still known, and what it did to the object's own balance. */
  findParts(jobId: string): { readonly part: number; readonly own: number }[] {
    return this.#known.findParts(jobId);
  }

  /** Keeps an entry unless its id is known; `own` is what it does to the object's own balance. Call `ring` after. */
  add(entry: LedgerEntry, own: number): boolean {
    const { id, jobId, part } = entry;
    const isNew = this.#known.add({ id, jobId, part, own }, Date.now());
    if (isNew) {
      const into = 'INSERT INTO outbox (id, own, entry, jobId, part) VALUES (?, ?, ?, ?, ?)';
      this.#storage.sql.exec(into, id, own, JSON.stringify(entry), jobId, part);
    }
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
    if (!this.isDraining) this.ensureAlarm(at);
  }

  /** The same whatever runs: for what a drain that runs may not take any more. */
  ensureAlarm(at: number): void {
    if (this.#alarmAt <= at) return;
    this.#alarmAt = at;
    void this.#storage.setAlarm(at);
  }

  /** The alarm that an earlier life of the object asked for, ms since epoch; null for none. */
  recallAlarm(at: number | null): void {
    if (at !== null) this.#alarmAt = Math.min(this.#alarmAt, at);
  }

  /** The alarm rings: none is asked for any more. */
  noteAlarm(): void {
    this.#alarmAt = Number.POSITIVE_INFINITY;
  }

  /** When the object is asked next to hand things over; infinity for never. */
  get alarmAt(): number {
    return this.#alarmAt;
  }

  /** True while the book did not take what it was given last. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  get isDraining(): boolean {
    return this.#draining !== null;
  }

  /**
   * Hands every waiting entry to the book; for the object's `alarm`. Being killed between the book's answer and ours delivers
   * a batch twice, which the book takes as once. A book that fails is asked again later, ever less often. Entries that the fees cannot
   * pay yet stay and hold up no others.
   */
  drain(): Promise<void> {
    this.#draining ??= this.#drain().finally(() => void (this.#draining = null));
    return this.#draining;
  }

  /** The same for an object whose alarm has rung. */
  drainOnAlarm(): Promise<void> {
    this.noteAlarm();
    return this.drain();
  }

  async #drain(): Promise<void> {
    this.#hasNew = false;
    try {
      // What was granted comes first: it is what the rest was paid from.
      await this.#handOverThose(IS_GRANTED);
      await this.#handOverBetween();
      this.#failures = 0;
      await this.#handOver();
      if (this.#unpayable.length > 0) await this.#setAlarm(Math.max(this.#unpayableUntil, Date.now() + COALESCE_MS));
    } catch (error) {
      const waitMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++);
      log.warn('book-away', { ...this.#owner, count: this.#failures, waitMs, error });
      await this.#setAlarm(Date.now() + waitMs);
    }
  }

  /** How many of the waiting entries the fees could not pay when they were last handed to the book. */
  get unpayable(): number {
    return this.#unpayable.length;
  }

  /** Entries that the book has not acknowledged: how many, and what they do to the object's own balance. */
  waiting(): { readonly events: number; readonly own: number } {
    const query = 'SELECT count(*) AS events, coalesce(sum(own), 0) AS own FROM outbox';
    return this.#storage.sql.exec<{ events: number; own: number }>(query).one();
  }

  /** Units that waiting settlements bring to their homes' owners. */
  waitingEarnings(): number {
    const query = `SELECT coalesce(sum(p.value->>'amount'), 0) AS units FROM outbox, json_each(entry, '$.postings') AS p
      WHERE jobId IS NOT NULL AND p.value->>'book' LIKE 'owner:%'`;
    return this.#storage.sql.exec<{ units: number }>(query).one().units;
  }

  /** Waiting settlements of a job. */
  findWaiting(jobId: string): LedgerEntry[] {
    return this.#storage.sql
      .exec<{ entry: string }>("SELECT entry FROM outbox WHERE jobId = ? AND id NOT LIKE 'rest:%' ORDER BY part", jobId)
      .toArray()
      .map((row) => JSON.parse(row.entry) as LedgerEntry);
  }

  async #handOver(): Promise<void> {
    const isRetry = Date.now() >= this.#unpayableUntil;
    const before = this.#unpayable.length;
    if (isRetry) this.#unpayable = [];
    await this.#handOverThose('true');
    const count = this.#unpayable.length;
    if (count === 0) this.#unpayableTries = 0;
    if (count === 0 || (!isRetry && count === before)) return;
    const waitMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#unpayableTries++);
    this.#unpayableUntil = Date.now() + waitMs;
    log.warn('fees-too-low', { ...this.#owner, count, waitMs });
  }

  /** Those for which a condition holds, in their order. */
  async #handOverThose(which: string): Promise<void> {
    let batch = this.#read(0, which);
    while (batch.entries.length > 0) {
      const unpayable = await this.#apply(batch.entries);
      this.#failures = 0;
      this.#unpayable = [...this.#unpayable, ...unpayable];
      const acknowledge = `DELETE FROM outbox WHERE seq > ? AND seq <= ? AND ${which} AND ${IS_PAYABLE}`;
      this.#storage.sql.exec(acknowledge, batch.afterSeq, batch.lastSeq, JSON.stringify(this.#unpayable));
      batch = this.#read(batch.lastSeq, which);
    }
  }

  async #setAlarm(at: number): Promise<void> {
    this.#alarmAt = at;
    await this.#storage.setAlarm(at);
  }

  /** The next entries after a number, without those that the fees could not pay just now. */
  #read(
    afterSeq: number,
    which: string,
  ): {
    readonly entries: LedgerEntry[];
    readonly afterSeq: number;
    readonly lastSeq: number;
  } {
    const query = `SELECT seq, entry FROM outbox WHERE seq > ? AND ${which} AND ${IS_PAYABLE} ORDER BY seq LIMIT ?`;
    const rows = this.#storage.sql
      .exec<{ seq: number; entry: string }>(query, afterSeq, JSON.stringify(this.#unpayable), BATCH)
      .toArray();
    const entries = rows.map((row) => JSON.parse(row.entry) as LedgerEntry);
    return { entries, afterSeq, lastSeq: rows.at(-1)?.seq ?? afterSeq };
  }
}

const IS_GRANTED = 'jobId IS NULL';
const IS_PAYABLE = 'id NOT IN (SELECT value FROM json_each(?))';

/** Waiting entries only; `entry` may be null in objects that were last awake before `known0`. */
const TABLE = `CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, own INTEGER NOT NULL,
  entry TEXT, jobId TEXT, part INTEGER)`;
const INDEX = 'CREATE INDEX IF NOT EXISTS outbox_jobs ON outbox (jobId, part) WHERE jobId IS NOT NULL';
/** Objects older than the columns for job and part: the ids of their rows say both, as in `settle:job_1:0`. */
const ADD_COLUMNS = [
  'ALTER TABLE outbox ADD COLUMN jobId TEXT',
  'ALTER TABLE outbox ADD COLUMN part INTEGER',
  `UPDATE outbox SET jobId = substr(tail, 1, instr(tail, ':') - 1), part = CAST(substr(tail, instr(tail, ':') + 1) AS INTEGER)
    FROM (SELECT seq AS known, substr(id, instr(id, ':') + 1) AS tail FROM outbox WHERE id LIKE 'settle:%' OR id LIKE 'late:%')
    WHERE seq = known`,
];
/** Objects that kept a row of each entry that the book had taken: they are known from now on. */
const FORGET_TAKEN = [
  'DELETE FROM outbox WHERE entry IS NULL',
  'DROP INDEX IF EXISTS outbox_waiting',
  'DROP TABLE IF EXISTS marks',
];

/** In one transaction: an object killed on the way has the old tables or the new ones. */
function openTables(storage: DurableObjectStorage, now: number): KnownEvents {
  const { sql } = storage;
  return storage.transactionSync(() => {
    sql.exec(TABLE);
    const hasColumns = sql.exec("SELECT 1 FROM pragma_table_info('outbox') WHERE name = 'jobId'").toArray().length > 0;
    for (const statement of hasColumns ? [INDEX] : [...ADD_COLUMNS, INDEX]) sql.exec(statement);
    const isOld = sql.exec("SELECT 1 FROM pragma_table_info('known0')").toArray().length === 0;
    const known = new KnownEvents(sql, now);
    if (!isOld) return known;
    for (const event of sql.exec<Row>('SELECT id, jobId, part, own FROM outbox').toArray()) known.add(event, now);
    for (const statement of FORGET_TAKEN) sql.exec(statement);
    return known;
  });
}

type Row = { id: string; jobId: string | null; part: number | null; own: number };
