// One account's money in its object's SQLite: the balance, the holds on it and what has been applied. An account can never spend
// more than it has: balance ≥ sum of holds ≥ 0 after every call. A job's parts are charged as one answer, when it is known how it
// ended. Reads come from memory, which is written after the database is.
import type { Fate, SettlementBatch, SettlementJson } from '../../schema/settlement.ts';
import { AccountBars } from './account-bars.ts';
import { AccountCredit } from './account-credit.ts';
import type { Grant } from './account-credit.ts';
import type { LeaseTerms } from './account-holds.ts';
import type { Totals } from './account-state.ts';
import { AccountStore } from './account-store.ts';
import type { NumberedFlush } from './build-flush.ts';
import type { CrowdLimits } from './decide-crowd.ts';
import type { HoldAnswer, HoldRequest } from './hold-answer.ts';
import { JobBookings } from './job-bookings.ts';
import type { Refused } from './job-bookings.ts';
import type { Outbox } from './outbox.ts';

export class AccountBook {
  readonly #store: AccountStore;
  readonly #terms: LeaseTerms;
  readonly #jobs: JobBookings;
  readonly #crowd: CrowdLimits;
  /** Keys and pools for which nothing is held any more. */
  readonly bars: AccountBars;
  /** What comes into the account and goes out of it otherwise than by jobs. */
  readonly credit: AccountCredit;

  constructor(
    storage: DurableObjectStorage,
    outbox: Outbox,
    { accountId, terms, crowd, now }: { accountId: string; terms: LeaseTerms; crowd: CrowdLimits; now: number },
  ) {
    this.#crowd = crowd;
    this.#terms = terms;
    this.bars = new AccountBars(storage.sql);
    this.#store = new AccountStore(storage, terms, now);
    this.#jobs = new JobBookings(this.#store, outbox, terms);
    this.credit = new AccountCredit(storage.sql, this.#store, { accountId, outbox });
  }

  /** Sets credit aside for a job. The same job again replaces its hold, so a repeated call holds once. */
  hold(request: HoldRequest, now: number): HoldAnswer {
    this.sweep(now);
    const available = this.available + (this.#store.holds.find(request.jobId)?.amount ?? 0);
    if (!Number.isSafeInteger(request.amount) || request.amount < 0)
      throw new RangeError('a hold is a whole number ≥ 0');
    if (this.isDisabled) return { ok: false, reason: 'account-disabled', available };
    const bar = this.bars.find(request);
    if (bar) return { ok: false, reason: bar, available };
    if (request.amount > available) return { ok: false, reason: 'no-credit', available };
    const isGuest = request.mayBeGuest === true && request.amount === 0 && this.#store.state.balance <= 0;
    const crowd = this.#store.holds.judgeCrowd(request, isGuest, this.#crowd);
    if (crowd) return { ok: false, reason: 'too-many', ...crowd };
    const { jobId, keyId, amount, expiresAt } = request;
    const known = this.#store.holds.find(jobId);
    const isFresh = known?.isFresh ?? this.#store.isNew(jobId, now);
    const [leaseAt, sinceAt] = [now + this.#terms.leaseMs, known?.sinceAt ?? now];
    this.#store.holds.set(jobId, { amount, expiresAt, leaseAt, keyId, isGuest, isFresh, sinceAt });
    this.#store.saveHolds(false, now);
    return isGuest ? { ok: true, isGuest } : { ok: true };
  }

  /** As JobBookings does. */
  renew(jobIds: readonly string[], now: number): void {
    this.#jobs.renew(jobIds, now);
  }

  /** As JobBookings does. */
  release(jobId: string, closing: { readonly interrupted: number; readonly fate: Fate }, now: number): void {
    this.#jobs.release(jobId, closing, now);
  }

  /** As JobBookings does. */
  settleBatch(batch: SettlementBatch, now: number, refused: Refused): boolean[] {
    this.sweep(now);
    return this.#jobs.settleBatch(batch, now, refused);
  }

  /** As JobBookings does. */
  settleAll(settlements: readonly SettlementJson[], now: number, refused: Refused): boolean[] {
    this.sweep(now);
    return this.#jobs.settleAll(settlements, now, refused);
  }

  /** As JobBookings does. */
  settle(settlement: SettlementJson, now: number): boolean {
    this.sweep(now);
    return this.#jobs.settle(settlement, now);
  }

  /** As AccountCredit does. */
  grant(grant: Grant, now: number): boolean | null {
    this.sweep(now);
    return this.credit.grant(grant, now);
  }

  /** From now on no hold at all. */
  disable(now: number): void {
    if (this.isDisabled) return;
    this.#store.commit(now, (staged) => {
      this.#store.state = { ...this.#store.state, disabledAt: now };
      staged.isChanged = true;
    });
  }

  /** Drops lapsed holds, books, free, the parts whose job nobody ended, and ends credit whose time is over. */
  sweep(now: number): void {
    this.#jobs.sweep(now);
    this.credit.expire(now);
  }

  /** Hands what was booked to the book in D1. Rejects when the book does. */
  handOver(apply: (flush: NumberedFlush) => Promise<void>): Promise<void> {
    return this.#store.handOver(apply);
  }

  /** Parts that the book is not known to have, and what they take from the balance. */
  get unbooked(): { readonly parts: number; readonly charge: number } {
    return this.#store.batches.waiting;
  }

  /** Settlements of a job that are decided and not known to be in the book; and the flushes that its parts are in. */
  findDecided(jobId: string): { readonly settlements: SettlementJson[]; readonly flushes: number[] } {
    const { batches } = this.#store;
    return { settlements: batches.findWaiting(jobId), flushes: batches.findFlushes(jobId) };
  }

  /** True while credit is held or a part waits for the job's end. */
  isOpen(jobId: string): boolean {
    return this.#store.holds.find(jobId) !== null || (this.#store.jobs.find(jobId)?.waiting ?? 0) > 0;
  }

  /** Parts of a job whose charge is not decided yet. */
  findWaiting(jobId: string): SettlementJson[] {
    return this.#store.jobs.findWaiting(jobId);
  }

  /** When parts that wait must be booked without their job's end; null where none do. A lapsed hold is given back by whoever asks next. */
  get nextBookingAt(): number | null {
    return this.#store.jobs.nextBookingAt;
  }

  /** When something lapses next, a hold or such parts; null when nothing does. */
  get nextLapseAt(): number | null {
    const at = Math.min(
      this.#store.jobs.nextBookingAt ?? Number.POSITIVE_INFINITY,
      this.#store.holds.sum > 0 ? this.#store.holds.nextLapseAt : Number.POSITIVE_INFINITY,
    );
    return at === Number.POSITIVE_INFINITY ? null : at;
  }

  get balance(): number {
    return this.#store.state.balance;
  }
  get isDisabled(): boolean {
    return this.#store.state.disabledAt !== null;
  }

  get held(): number {
    return this.#store.holds.sum;
  }

  get available(): number {
    return this.#store.state.balance - this.#store.holds.sum;
  }

  get totals(): Totals {
    const { jobs, promptTokens, outputTokens, charged } = this.#store.state;
    return { jobs, promptTokens, outputTokens, charged };
  }
}
