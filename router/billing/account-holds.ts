// Credit set aside for running jobs, in memory, and in one row of an account's SQLite as far as a restart must know of it. A hold is a lease: it lasts
// while somebody tells that its job lives, so that one whose edge and hub are gone is given back soon.
import { decideCrowd } from './decide-crowd.ts';
import type { CrowdLimits } from './decide-crowd.ts';
import type { HoldRequest } from './hold-answer.ts';

export interface Hold {
  /** Units. */
  readonly amount: number;
  /** When the hold lapses whatever is heard of its job, ms since epoch. */
  readonly expiresAt: number;
  /** When it lapses unless its job is heard of until then, ms since epoch. */
  readonly leaseAt: number;
  /** Whose it is; not known of one that was saved before version 0.2. */
  readonly keyId?: string;
  /** Nothing of its job has been booked, which nobody need look for. In memory only, as those that follow. */
  readonly isFresh?: boolean;
  /** When it was held first, ms since epoch: credit that ended before is not for it. */
  readonly sinceAt?: number;
  readonly isGuest?: boolean;
  /** The answer has ended; its credit is held until it is settled. */
  readonly isOver?: boolean;
}

/** How long a hold lasts without news of its job, ms. */
export interface LeaseTerms {
  readonly leaseMs: number;
  /** What lapsed while nobody was awake to hear news is kept this much longer, once: what is on its way arrives first. */
  readonly graceMs: number;
  /** Within this time everybody who has a job tells that it lives, unless a telling is lost. */
  readonly toldMs: number;
}

/**
 * Where so many jobs run, one part in so many of what is available is set aside for holds that are not written one by one: so many rows are saved,
 * and a restart, which forgets those holds, holds all of it while a job is told of that it does not know. So an account never spends more than it has.
 */
const SHARED_FROM = 16;
const SHARE = 20;
const SHARED_MS = 7_200_000;
/** What was set aside so stands among the holds under this name once a restart has made it one. */
const FORGOTTEN = 'forgotten';

/** Keys whose spending is limited: as the account has something set aside, each of them has a share of what its limits leave. */
export interface LimitedKeys {
  readonly isLimited: (keyId: string) => boolean;
}

interface SavedWith {
  readonly available: number;
  readonly now: number;
  /** Units that a key's limits leave beside what is held; null for a key without. */
  readonly leftOf: (keyId: string) => number | null;
}

const TABLE = `CREATE TABLE IF NOT EXISTS held (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, holds TEXT NOT NULL,
  shared INTEGER NOT NULL, sharedUntil INTEGER NOT NULL)`;

/** What is set aside for keys, units by key: empty in objects of before version 0.2. */
const ADD_KEYS = "ALTER TABLE held ADD COLUMN keys TEXT NOT NULL DEFAULT '{}'";

type SavedHold = readonly [
  jobId: string,
  amount: number,
  expiresAt: number,
  leaseAt: number | null,
  isWarned: 0 | 1,
  keyId?: string,
];

interface HeldRow {
  readonly seq: number;
  readonly holds: readonly SavedHold[];
  readonly shared: number;
  readonly sharedUntil: number;
  readonly keys: Readonly<Record<string, number>>;
}

export class AccountHolds {
  readonly #sql: SqlStorage;
  readonly #terms: LeaseTerms;
  readonly #holds = new Map<string, Hold>();
  /** Jobs whose holds the row has, and how much it has of each. */
  #saved = new Map<string, number>();
  /** What the row sets aside for holds that it does not have, units, and until when. */
  #shared = 0;
  #sharedUntil = 0;
  /** By key, for those whose spending is limited: what is set aside so, or what a restart has forgotten of it; never both are at once. */
  #shares: Map<string, number>;
  readonly #warned = new Set<string>();
  #sum = 0;
  /** Units held by key. */
  readonly #byKey = new Map<string, number>();
  #nextLapseAt = Number.POSITIVE_INFINITY;

  /** `jobsSince` gives the jobs that were booked after a row was written: their holds are over. For the caller's transaction. */
  constructor(
    sql: SqlStorage,
    terms: LeaseTerms,
    opened: { readonly now: number; readonly jobsSince: (seq: number) => string[] },
  ) {
    this.#sql = sql;
    this.#terms = terms;
    sql.exec(TABLE);
    const row = this.#readRow();
    this.#shares = new Map(Object.entries(row.keys));
    if (row.holds.length === 0 && row.shared === 0) return;
    const over = new Set(opened.jobsSince(row.seq));
    let isChanged = row.shared > 0;
    for (const [jobId, amount, expiresAt, leaseAt, isWarned, keyId] of row.holds) {
      if (over.has(jobId)) continue;
      const known = leaseAt ?? opened.now + terms.leaseMs;
      // One whose lease ran out while this object slept, or was down, gets one last respite.
      const isRespite = known <= opened.now && isWarned === 0;
      if (isRespite || isWarned === 1) this.#warned.add(jobId);
      const hold = { amount, expiresAt, leaseAt: isRespite ? opened.now + terms.graceMs : known };
      this.set(jobId, keyId === undefined ? hold : { ...hold, keyId });
      isChanged ||= isRespite || leaseAt === null;
    }
    const forgotten = this.find(FORGOTTEN)?.amount ?? 0;
    // Of those jobs nobody knows the ids: any that is told of and not held may be one. Where none is told of they are over, as after a crash of all.
    const leaseAt = opened.now + terms.toldMs;
    if (row.shared > 0)
      this.set(FORGOTTEN, { amount: forgotten + row.shared, expiresAt: row.sharedUntil, leaseAt, isOver: true });
    if (isChanged) this.#write(row.seq, { shared: 0, sharedUntil: 0 });
    else this.#saved = new Map([...this.#holds].map(([jobId, { amount }]) => [jobId, amount]));
  }

  find(jobId: string): Hold | null {
    return this.#holds.get(jobId) ?? null;
  }

  /** The limit that one more job would break, by what is known to run; jobs that have ended are told of. */
  judgeCrowd(
    { jobId, keyId, ended = [] }: HoldRequest,
    isGuest: boolean,
    limits: CrowdLimits,
    beside = 0,
  ): ReturnType<typeof decideCrowd> {
    for (const one of ended) {
      const hold = this.#holds.get(one);
      if (hold) this.set(one, { ...hold, isOver: true });
    }
    if (this.#holds.has(jobId)) return null;
    const running = [...this.#holds.values()].filter(({ isOver }) => !isOver);
    const jobs = running.map(({ keyId: of = null, isGuest: guest = false }) => ({ keyId: of, isGuest: guest }));
    for (let i = 0; i < beside; i++) jobs.push({ keyId, isGuest });
    return decideCrowd(jobs, { keyId, isGuest }, limits);
  }

  /** Units that jobs hold since before a time, ms since epoch; those that a restart left are old. */
  heldBefore(at: number): number {
    let sum = 0;
    for (const { amount, sinceAt = 0 } of this.#holds.values()) if (sinceAt < at) sum += amount;
    return sum;
  }

  get count(): number {
    return this.#holds.size;
  }

  /** Units held for jobs of a key, with what a restart may have forgotten of them. */
  heldBy(keyId: string): number {
    return (this.#byKey.get(keyId) ?? 0) + this.forgottenOf(keyId);
  }

  /** Of these what a restart may have forgotten. */
  forgottenOf(keyId: string): number {
    return this.#holds.has(FORGOTTEN) ? (this.#shares.get(keyId) ?? 0) : 0;
  }

  /** Jobs of a key that run. */
  countRunning(keyId: string): number {
    let count = 0;
    for (const hold of this.#holds.values()) if (hold.keyId === keyId && !hold.isOver) count++;
    return count;
  }

  /** Units held in all. */
  get sum(): number {
    return this.#sum;
  }

  /** The soonest at which a hold may lapse, ms since epoch; infinity where none is held. */
  get nextLapseAt(): number {
    return this.#nextLapseAt;
  }

  /** Replaces a job's hold, or gives it back for null: in memory. */
  set(jobId: string, hold: Hold | null): void {
    const before = this.#holds.get(jobId);
    this.#count(before, -1);
    this.#holds.delete(jobId);
    if (hold) {
      this.#holds.set(jobId, hold);
      this.#count(hold, 1);
      this.#nextLapseAt = Math.min(this.#nextLapseAt, lapsesAt(hold));
    } else if (this.#holds.size === 0) this.#nextLapseAt = Number.POSITIVE_INFINITY;
  }

  #count(hold: Hold | undefined, sign: 1 | -1): void {
    if (!hold) return;
    this.#sum += sign * hold.amount;
    if (hold.keyId === undefined) return;
    const amount = (this.#byKey.get(hold.keyId) ?? 0) + sign * hold.amount;
    if (amount === 0) this.#byKey.delete(hold.keyId);
    else this.#byKey.set(hold.keyId, amount);
  }

  /** The job is booked in a batch that is written now: who reads the row later reads that too. */
  close(jobId: string): void {
    this.set(jobId, null);
    this.#saved.delete(jobId);
  }

  /** The job of a hold is heard of: it gets a lease, and its respite if it needs one again. True where the row has to say so. */
  renew(jobId: string, now: number): boolean {
    const hold = this.#holds.get(jobId);
    if (hold) return this.#extend(jobId, hold, now + this.#terms.leaseMs);
    const forgotten = this.#holds.get(FORGOTTEN);
    return forgotten !== undefined && this.#extend(FORGOTTEN, forgotten, now + this.#terms.toldMs);
  }

  #extend(jobId: string, hold: Hold, leaseAt: number): boolean {
    this.#warned.delete(jobId);
    this.set(jobId, { ...hold, leaseAt });
    return this.#saved.has(jobId);
  }

  /** What may be taken for a job whose hold a restart has forgotten, units. */
  get forgotten(): number {
    return this.find(FORGOTTEN)?.amount ?? 0;
  }

  /** Such a job of a key was charged: so much less is held for the others. */
  takeForgotten(amount: number, keyId: string): void {
    const hold = this.find(FORGOTTEN);
    if (!hold) return;
    const share = this.#shares.get(keyId);
    if (share !== undefined) this.#shares.set(keyId, Math.max(0, share - amount));
    this.set(FORGOTTEN, amount < hold.amount ? { ...hold, amount: hold.amount - amount } : null);
  }

  /** True where nothing is held that the row sets something aside for. */
  get isIdle(): boolean {
    return this.#holds.size === 0 && this.#shared > 0;
  }

  /**
   * True where a restart would not hold enough, of the account's credit or within a key's limits, or where it would hold what an account cannot spare:
   * `save` is due before anybody is answered.
   */
  isSaveDue(available: number, keys: LimitedKeys): boolean {
    let missing = 0;
    let spare = 0;
    let missingOf: Map<string, number> | null = null;
    for (const [jobId, { amount, expiresAt, keyId }] of this.#holds) {
      const more = amount - (this.#saved.get(jobId) ?? 0);
      if (more > 0 && expiresAt > this.#sharedUntil) return true;
      missing += Math.max(0, more);
      spare += Math.max(0, 0 - more);
      if (more <= 0 || keyId === undefined || !keys.isLimited(keyId)) continue;
      missingOf ??= new Map();
      const ofKey = (missingOf.get(keyId) ?? 0) + more;
      if (ofKey > (this.#shares.get(keyId) ?? 0)) return true;
      missingOf.set(keyId, ofKey);
    }
    for (const [jobId, amount] of this.#saved) if (!this.#holds.has(jobId)) spare += amount;
    return missing > this.#shared || spare * SHARE > available;
  }

  /** Writes all holds as one row, and sets aside what others may take; `seq` is the last batch that they know of. For the caller's transaction. */
  save(seq: number, { available, now, leftOf }: SavedWith): void {
    // While a restart's are held there are no others: restarts on end set aside one share.
    const hasForgotten = this.#holds.has(FORGOTTEN);
    let held = 0;
    for (const { amount } of this.#holds.values()) if (amount > 0) held++;
    const isShared = held >= SHARED_FROM && !hasForgotten;
    const shared = isShared ? Math.floor(Math.max(0, available) / SHARE) : 0;
    if (!hasForgotten) this.#shares = new Map();
    for (const keyId of shared > 0 ? this.#byKey.keys() : []) {
      const left = leftOf(keyId);
      if (left !== null) this.#shares.set(keyId, Math.floor(left / SHARE));
    }
    this.#write(seq, { shared, sharedUntil: shared > 0 ? now + SHARED_MS : 0 });
  }

  #write(seq: number, { shared, sharedUntil }: { readonly shared: number; readonly sharedUntil: number }): void {
    const rows: SavedHold[] = [];
    for (const [jobId, { amount, expiresAt, leaseAt, keyId }] of this.#holds) {
      if (amount === 0) continue;
      const row = [jobId, amount, expiresAt, leaseAt, this.#warned.has(jobId) ? 1 : 0] as const;
      rows.push(keyId === undefined ? row : [...row, keyId]);
    }
    this.#shared = shared;
    this.#sharedUntil = sharedUntil;
    const insert = 'INSERT OR REPLACE INTO held VALUES (1, ?, ?, ?, ?, ?)';
    const keys = JSON.stringify(Object.fromEntries(this.#shares));
    this.#sql.exec(insert, seq, JSON.stringify(rows), shared, sharedUntil, keys);
    this.#saved = new Map(rows.map(([jobId, amount]) => [jobId, amount]));
  }

  /** Drops lapsed holds; costs nothing while none has lapsed. True where the row still has one of them. */
  sweep(now: number): boolean {
    if (now < this.#nextLapseAt) return false;
    const lapsed = [...this.#holds].filter(([, hold]) => lapsesAt(hold) <= now).map(([jobId]) => jobId);
    for (const jobId of lapsed) this.set(jobId, null);
    this.#nextLapseAt = Math.min(...[...this.#holds.values()].map(lapsesAt), Number.POSITIVE_INFINITY);
    return lapsed.some((jobId) => this.#saved.has(jobId));
  }

  #readRow(): HeldRow {
    const hasKeys = this.#sql.exec("SELECT 1 FROM pragma_table_info('held') WHERE name = 'keys'").toArray().length > 0;
    if (!hasKeys) this.#sql.exec(ADD_KEYS);
    type Row = { seq: number; holds: string; shared: number; sharedUntil: number; keys: string };
    const row = this.#sql.exec<Row>('SELECT seq, holds, shared, sharedUntil, keys FROM held').toArray()[0];
    if (!row) return { seq: 0, holds: this.#takeOldRows(), shared: 0, sharedUntil: 0, keys: {} };
    return {
      ...row,
      holds: JSON.parse(row.holds) as SavedHold[],
      keys: JSON.parse(row.keys) as Record<string, number>,
    };
  }

  /** Objects of before version 0.2 have a row a hold. */
  #takeOldRows(): SavedHold[] {
    if (this.#sql.exec("SELECT 1 FROM pragma_table_info('holds') LIMIT 1").toArray().length === 0) return [];
    type OldRow = { jobId: string; amount: number; expiresAt: number; leaseAt?: number | null; isWarned?: number };
    const rows = this.#sql.exec<OldRow>('SELECT * FROM holds').toArray();
    const holds = rows.map(({ jobId, amount, expiresAt, leaseAt = null, isWarned = 0 }): SavedHold => [
      jobId,
      amount,
      expiresAt,
      leaseAt,
      isWarned === 1 ? 1 : 0,
    ]);
    this.#sql.exec("INSERT INTO held VALUES (1, 0, ?, 0, 0, '{}')", JSON.stringify(holds));
    this.#sql.exec('DROP TABLE holds');
    return holds;
  }
}

function lapsesAt({ expiresAt, leaseAt }: Hold): number {
  return Math.min(expiresAt, leaseAt);
}
