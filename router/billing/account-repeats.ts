// Calls that came with an Idempotency-Key, in an account's SQLite: which jobs a key stands for and what its body was, so that a call that is sent again is
// never run, and never charged, a second time. A key is written in the same breath as its jobs' holds, before anybody can charge them; one row each.
import { BoundedMap } from '../../schema/bounded-map.ts';
import type { Fate } from '../../schema/settlement.ts';
import type { RepeatAsked, RepeatRefusal } from './hold-answer.ts';

/** A key is known for so long, ms. */
export const REPEAT_LIFE_MS = 86_400_000;
/** An account that sends so many keys within a day forgets the oldest sooner, none of them before an hour has passed. */
const MOST_KEYS = 100_000;
const LEAST_LIFE_MS = 3_600_000;
/** Jobs of which it is remembered that they are over, or that they live though a restart has forgotten their holds. */
const REMEMBERED_JOBS = 10_000;

const columns = '(key TEXT PRIMARY KEY, body TEXT NOT NULL, jobs TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID';
const TURN =
  'CREATE TABLE IF NOT EXISTS repeatTurn (id INTEGER PRIMARY KEY CHECK (id = 1), slot INTEGER NOT NULL, since INTEGER NOT NULL)';

/** What the account knows of jobs. */
export interface RepeatJobs {
  /** Credit is held for it, or parts of it wait for its end. */
  readonly isOpen: (jobId: string) => boolean;
  /** Something of it has been booked, and whether that was charged. */
  readonly findBooked: (jobId: string) => { readonly isBooked: boolean; readonly isCharged: boolean };
  /** Nothing of it is charged any more, whatever still comes of it until `untilAt`. */
  readonly fence: (jobId: string, untilAt: number, now: number) => void;
}

interface Row {
  readonly body: string;
  readonly jobs: readonly string[];
  readonly at: number;
}

interface Turn {
  slot: 0 | 1;
  since: number;
  rows: number;
}

export class AccountRepeats {
  readonly #sql: SqlStorage;
  readonly #jobs: RepeatJobs;
  readonly #openedAt: number;
  readonly #toldMs: number;
  /** Which table is written to; read when the first key comes, since most accounts send none. */
  #turn: Turn | null = null;
  /** Jobs that ended without a word of a hub's, in this life. */
  readonly #over = new BoundedMap<string, Fate>(REMEMBERED_JOBS);
  /** When jobs were heard of last whose holds a restart has forgotten, ms since epoch. */
  readonly #heard = new BoundedMap<string, number>(REMEMBERED_JOBS);

  /** `toldMs`: within this time everybody who has a job tells that it lives. */
  constructor(sql: SqlStorage, { now, toldMs }: { readonly now: number; readonly toldMs: number }, jobs: RepeatJobs) {
    this.#sql = sql;
    this.#jobs = jobs;
    this.#openedAt = now;
    this.#toldMs = toldMs;
  }

  /** Why a call may not run under its key; null where it may: the key is new, or what ran under it has failed and cost nothing. */
  judge(asked: RepeatAsked, now: number): RepeatRefusal | null {
    const row = this.#find(asked.key, now);
    if (!row) return this.#isFull(now) ? { reason: 'repeats-full' } : null;
    if (row.body !== asked.body) return { reason: 'repeat-other' };
    const { jobs } = row;
    if (jobs.some((jobId) => this.#isRunning(jobId, row.at, now))) return { reason: 'repeat', state: 'running', jobs };
    const isKnownFree = jobs.every((jobId) => this.#over.get(jobId) === 'free') || isSame(asked.over ?? [], jobs);
    const isCharged = jobs.some((jobId) => this.#jobs.findBooked(jobId).isCharged);
    return isKnownFree && !isCharged ? null : { reason: 'repeat', state: 'over', jobs };
  }

  /** Writes that the key stands for the call's jobs; those that failed under it before are never charged from now on. */
  register({ key, body, jobs }: RepeatAsked, now: number): void {
    const before = this.#find(key, now);
    if (before) for (const jobId of before.jobs) this.#jobs.fence(jobId, now + REPEAT_LIFE_MS, now);
    const turn = this.#open(now);
    // It may stand in the older table: the newer one is looked into first.
    this.#sql.exec(
      `INSERT OR REPLACE INTO repeats${turn.slot} VALUES (?, ?, ?, ?)`,
      key,
      body,
      JSON.stringify(jobs),
      now,
    );
    turn.rows++;
  }

  /** These jobs live, by the word of an edge or a hub. */
  renew(jobIds: readonly string[], now: number): void {
    for (const jobId of jobIds) if (!this.#jobs.isOpen(jobId)) this.#heard.set(jobId, now);
  }

  /** A job ends without a further part; `fate`: what becomes of those that it had. */
  noteOver(jobId: string, fate: Fate): void {
    this.#over.set(jobId, fate);
  }

  /** A job of before a restart whose hold that has forgotten may run until everybody has had the time to tell of it. */
  #isRunning(jobId: string, registeredAt: number, now: number): boolean {
    if (this.#over.get(jobId)) return false;
    if (this.#jobs.isOpen(jobId)) return true;
    if (registeredAt > this.#openedAt || this.#jobs.findBooked(jobId).isBooked) return false;
    return now < Math.max(this.#openedAt, this.#heard.get(jobId) ?? 0) + this.#toldMs;
  }

  #find(key: string, now: number): Row | null {
    const { slot } = this.#open(now);
    for (const table of [`repeats${slot}`, `repeats${1 - slot}`]) {
      type Kept = { body: string; jobs: string; at: number };
      const query = `SELECT body, jobs, at FROM ${table} WHERE key = ?`;
      const row = this.#sql.exec<Kept>(query, key).toArray()[0];
      if (row)
        return now - row.at < REPEAT_LIFE_MS ? { ...row, jobs: JSON.parse(row.jobs) as readonly string[] } : null;
    }
    return null;
  }

  #isFull(now: number): boolean {
    return this.#open(now).rows >= MOST_KEYS;
  }

  /** Two tables take turns, so that what is old goes as a whole: a row lasts between one turn and two. */
  #open(now: number): Turn {
    this.#turn ??= this.#recall(now);
    const { since, rows, slot } = this.#turn;
    const age = now - since;
    if (age < REPEAT_LIFE_MS && (rows < MOST_KEYS || age < LEAST_LIFE_MS)) return this.#turn;
    const next = slot === 0 ? 1 : 0;
    this.#sql.exec(`DROP TABLE IF EXISTS repeats${next}`);
    this.#turn = { slot: next, since: now, rows: 0 };
    this.#write(this.#turn);
    return this.#turn;
  }

  #recall(now: number): Turn {
    this.#sql.exec(TURN);
    type Kept = { slot: number; since: number };
    const kept = this.#sql.exec<Kept>('SELECT slot, since FROM repeatTurn').toArray()[0];
    const turn: Turn = { slot: kept?.slot === 1 ? 1 : 0, since: kept?.since ?? now, rows: 0 };
    if (!kept) this.#write(turn);
    const count = `SELECT count(*) AS rows FROM repeats${turn.slot}`;
    return { ...turn, rows: this.#sql.exec<{ rows: number }>(count).one().rows };
  }

  #write({ slot, since }: Turn): void {
    for (const each of [0, 1]) this.#sql.exec(`CREATE TABLE IF NOT EXISTS repeats${each} ${columns}`);
    this.#sql.exec('INSERT OR REPLACE INTO repeatTurn VALUES (1, ?, ?)', slot, since);
  }
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one, i) => one === others[i]);
}
