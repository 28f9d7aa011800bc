// What an account keeps: its state, holds, jobs and booked parts in memory and in its object's SQLite, and how a call changes all of them at once or
// none.
import { BoundedMap } from '../../schema/bounded-map.ts';
import { AccountAlerts } from './account-alerts.ts';
import { AccountBatches } from './account-batches.ts';
import type { KnownPart } from './account-batches.ts';
import { AccountHolds } from './account-holds.ts';
import type { LeaseTerms } from './account-holds.ts';
import { AccountJobs } from './account-jobs.ts';
import { AccountKeys } from './account-keys.ts';
import { readState } from './account-state.ts';
import type { AccountState } from './account-state.ts';
import { sumCredit } from './credit-books.ts';
import { sumLots } from './credit-lots.ts';
import type { Lot } from './credit-lots.ts';
import { buildFlush } from './build-flush.ts';
import type { ChargedPart, NumberedFlush } from './build-flush.ts';
import type { SpendFacts, SpendLimit } from './judge-spend.ts';
import type { KeyLimits } from '../../schema/key-limits.ts';
import type { Spent } from './sum-spending.ts';
import { KeyRates } from './key-rates.ts';

/** How long after it woke an object looks up a job that it holds credit for: none is held anew that was settled so long ago. */
const FRESH_AFTER_MS = 600_000;
/** So many of the jobs that were booked since it woke are remembered. */
const REMEMBERED_JOBS = 10_000;

/** What one call makes of the account, written as one row. */
interface Staged {
  readonly now: number;
  readonly parts: ChargedPart[];
  /** The state has changed, with or without a part. */
  isChanged: boolean;
  savesHolds: boolean;
}

export interface StoreOptions {
  readonly terms: LeaseTerms;
  readonly now: number;
  /** Whose it is, for what it is told of. */
  readonly accountId?: string | undefined;
  /** The minute of limits by the minute, ms. */
  readonly rateWindowMs?: number;
}

interface Blocked {
  readonly keyId: string;
  readonly limits: KeyLimits;
  readonly spent: Spent;
  readonly of: SpendLimit;
  /** Units that the job may cost. */
  readonly amount: number;
}

const MINUTE_MS = 60_000;

export class AccountStore {
  readonly #storage: DurableObjectStorage;
  readonly #terms: LeaseTerms;
  readonly #accountId: string;
  readonly #openedAt: number;
  readonly booked = new BoundedMap<string, true>(REMEMBERED_JOBS);
  batches: AccountBatches;
  holds: AccountHolds;
  jobs: AccountJobs;
  keys: AccountKeys;
  alerts: AccountAlerts;
  state: AccountState;
  readonly rates: KeyRates;
  #staged: Staged | null = null;

  constructor(storage: DurableObjectStorage, { terms, now, accountId = '', rateWindowMs = MINUTE_MS }: StoreOptions) {
    this.#storage = storage;
    this.#terms = terms;
    this.#accountId = accountId;
    this.#openedAt = now;
    this.rates = new KeyRates(rateWindowMs);
    [this.batches, this.jobs, this.holds, this.keys, this.alerts, this.state] = this.#open(now);
  }

  /** Units that no job holds. */
  get available(): number {
    return this.state.balance - this.holds.sum;
  }

  /** Hands what was booked to the book in D1, and drops what it has where that is worth while. Rejects when the book does. */
  async handOver(apply: (flush: NumberedFlush) => Promise<void>): Promise<void> {
    await this.batches.handOver(apply);
    const now = Date.now();
    this.batches.tidy(now, () => this.writeHolds(now));
  }

  inTransaction<T>(work: () => T): T {
    return this.#storage.transactionSync(work);
  }

  /** What has been booked of a job: in this call, and since `sinceAt`. */
  findParts(jobId: string, sinceAt: number): KnownPart[] {
    const staged = (this.#staged?.parts ?? []).flatMap(({ settlement }) =>
      settlement.jobId === jobId ? [{ part: settlement.part, own: 0 - settlement.charge }] : [],
    );
    return [...staged, ...this.batches.findParts(jobId, sinceAt)];
  }

  /** True where a job that is held for the first time cannot have been booked before. */
  isNew(jobId: string, now: number): boolean {
    return now - this.#openedAt > FRESH_AFTER_MS && !this.booked.has(jobId);
  }

  /** Writes the holds where `isDue` or a restart would forget too much of them. */
  saveHolds(isDue: boolean, now: number): void {
    if (!isDue && !this.holds.isIdle && !this.holds.isSaveDue(this.available, this.keys)) return;
    if (this.#staged) this.#staged.savesHolds = true;
    else this.writeHolds(now);
  }

  writeHolds(now: number): void {
    const leftOf = (keyId: string): number | null => this.keys.leftOf(keyId, this.spendOf(keyId, now));
    this.holds.save(this.batches.seq, { available: this.available, now, leftOf });
  }

  /** What a key has spent by now, this call included, and what is held for its jobs. */
  spendOf(keyId: string, now: number): SpendFacts {
    const spent = this.keys.spentBy(this.state, keyId, now, this.#staged ? chargesOf(this.#staged).get(keyId) : 0);
    return { spent, held: this.holds.heldBy(keyId) };
  }

  /** Units that parts of a key may be charged whose hold is not there any more: what no other job holds, within the key's limits. */
  roomFor(keyId: string): number {
    const room = this.available + this.holds.forgotten;
    if (!this.#staged || !this.keys.isLimited(keyId)) return room;
    const { spent, held } = this.spendOf(keyId, this.#staged.now);
    const left = this.keys.leftOf(keyId, { spent, held: held - this.holds.forgottenOf(keyId) });
    return Math.min(room, left ?? room);
  }

  /** A job was refused for a limit of its key: where it would not have fitted beside what is spent either, the limit is as good as used up. */
  noteBlocked({ of, amount, ...facts }: Blocked, now: number): void {
    if (!this.alerts.isOn || facts.spent[of] + amount <= (facts.limits[of] ?? 0)) return;
    this.commit(now, () => this.alerts.noteSpending({ ...facts, blocked: of }, now));
  }

  /** Counts what each key spent in a call, and has told what is to be told. */
  #noteCharges(staged: Staged): void {
    const { now } = staged;
    const charges = chargesOf(staged);
    if (charges.size > 0) this.state = this.keys.charge(this.state, charges, now);
    if (!this.alerts.isOn) return;
    for (const keyId of charges.keys()) {
      const limits = this.keys.limitsOf(keyId);
      if (limits) this.alerts.noteSpending({ keyId, limits, spent: this.keys.spentBy(this.state, keyId, now) }, now);
    }
    this.alerts.noteBalance(this.state.balance, now);
  }

  /** What the account has from now on: within a call that writes it. */
  setLots(lots: readonly Lot[]): void {
    this.state = { ...this.state, lots, balance: sumCredit(sumLots(lots)) };
  }

  /** When a job was held, ms since epoch, as far as it bears on what it may spend: 0 for long ago, now for one that holds nothing any more. */
  heldSince(jobId: string): number {
    const hold = this.holds.find(jobId);
    if (hold) return hold.sinceAt ?? 0;
    return this.holds.forgotten > 0 ? 0 : (this.#staged?.now ?? 0);
  }

  stage(made: { readonly parts: readonly ChargedPart[]; readonly savesHolds: boolean }): void {
    if (!this.#staged) throw new Error('money moves within a call only');
    this.#staged.parts.push(...made.parts);
    this.#staged.isChanged = true;
    this.#staged.savesHolds ||= made.savesHolds;
  }

  /**
   * Runs what a call does to the account and writes all of it in one transaction. Where that fails nothing has happened: what is in memory is read
   * anew from what was written before.
   */
  commit<T>(now: number, work: (staged: Staged) => T): T {
    if (this.#staged) return work(this.#staged);
    const staged: Staged = { now, parts: [], isChanged: false, savesHolds: false };
    this.#staged = staged;
    try {
      return this.#storage.transactionSync(() => {
        const result = work(staged);
        if (staged.isChanged) {
          this.#noteCharges(staged);
          checkLots(this.state);
          this.batches.write(JSON.stringify(this.state), buildFlush(staged.parts), now);
        }
        // Its charges are in the state.
        this.#staged = null;
        if (staged.savesHolds || this.holds.isIdle) this.writeHolds(now);
        return result;
      });
    } catch (error) {
      [this.batches, this.jobs, this.holds, this.keys, this.alerts, this.state] = this.#open(now);
      throw error;
    } finally {
      this.#staged = null;
    }
  }

  #open(now: number): [AccountBatches, AccountJobs, AccountHolds, AccountKeys, AccountAlerts, AccountState] {
    const { sql } = this.#storage;
    return this.#storage.transactionSync(() => {
      const batches = new AccountBatches(this.#storage, now);
      const state = readState(sql, batches.state);
      if (batches.state === null) batches.lay(JSON.stringify(state));
      const jobsSince = (seq: number): string[] => batches.jobsSince(seq);
      const holds = new AccountHolds(sql, this.#terms, { now, jobsSince });
      const alerts = new AccountAlerts(sql, this.#accountId);
      return [batches, new AccountJobs(sql), holds, new AccountKeys(sql), alerts, state];
    });
  }
}

/** A call that moves money past the lots would leave credit of no kind: it is undone as a whole. */
function checkLots({ balance, lots }: AccountState): void {
  if (sumCredit(sumLots(lots)) !== balance) throw new Error('the lots of an account do not sum to its balance');
}

/** Units that a call charges by key. */
function chargesOf({ parts }: Staged): Map<string, number> {
  const charges = new Map<string, number>();
  for (const { settlement } of parts)
    if (settlement.charge > 0) charges.set(settlement.keyId, (charges.get(settlement.keyId) ?? 0) + settlement.charge);
  return charges;
}
