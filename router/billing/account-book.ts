// One account's money in its object's SQLite: the balance, the holds on it and what has been applied. An account can never spend
// more than it has: balance ≥ sum of holds ≥ 0 after every call. A job's parts are charged as one answer, when it is known how it
// ended. Reads come from memory, which is written after the database is.
import type { Fate, SettlementBatch, SettlementJson } from '../../schema/settlement.ts';
import type { KeyLimits } from '../../schema/key-limits.ts';
import type { AccountAlerts, AlertSettings } from './account-alerts.ts';
import { AccountBars } from './account-bars.ts';
import { AccountCredit } from './account-credit.ts';
import type { Grant } from './account-credit.ts';
import { AccountReturns } from './account-returns.ts';
import type { LeaseTerms } from './account-holds.ts';
import type { Totals } from './account-state.ts';
import { AccountStore } from './account-store.ts';
import type { StoreOptions } from './account-store.ts';
import type { NumberedFlush } from './build-flush.ts';
import type { CrowdLimits } from './decide-crowd.ts';
import type { HoldAnswer, HoldLeft, HoldRefusal, HoldRequest } from './hold-answer.ts';
import { JobBookings } from './job-bookings.ts';
import type { Refused } from './job-bookings.ts';
import { judgeSpend, resetOf, SPEND_LIMITS } from './judge-spend.ts';
import type { Outbox } from './outbox.ts';
import type { RateUse } from './rate-window.ts';
import type { Spent } from './sum-spending.ts';

/** What one key has used, of what it may. */
export interface KeyUsage {
  readonly limits: KeyLimits | null;
  /** Units. */
  readonly spent: Spent;
  readonly held: number;
  /** Jobs that run. */
  readonly running: number;
  readonly left: HoldLeft;
}

/** A job as it is judged; with `beside` others of a call that only asks, `amount` is of all and `most` of the dearest. Units. */
interface Judged {
  readonly limits: KeyLimits | null;
  readonly use: RateUse;
  readonly isGuest: boolean;
  readonly amount?: number;
  readonly most?: number;
  readonly beside?: number;
}

export class AccountBook {
  readonly #store: AccountStore;
  readonly #terms: LeaseTerms;
  readonly #jobs: JobBookings;
  readonly #crowd: CrowdLimits;
  /** Keys and pools for which nothing is held any more. */
  readonly bars: AccountBars;
  /** What comes into the account and goes out of it otherwise than by jobs. */
  readonly credit: AccountCredit;
  /** What goes back to where it was bought. */
  readonly returns: AccountReturns;

  constructor(
    storage: DurableObjectStorage,
    outbox: Outbox,
    {
      crowd,
      isPaused = () => false,
      ...options
    }: StoreOptions & { crowd: CrowdLimits; isPaused?: (now: number) => boolean },
  ) {
    const { terms } = options;
    this.#crowd = crowd;
    this.#terms = terms;
    this.bars = new AccountBars(storage.sql);
    this.#store = new AccountStore(storage, options);
    this.#jobs = new JobBookings(this.#store, outbox, terms);
    this.credit = new AccountCredit(storage.sql, this.#store, { accountId: options.accountId ?? '', outbox, isPaused });
    this.returns = new AccountReturns(storage.sql, this.#store, outbox);
  }

  /**
   * Sets credit aside for a job. The same job again replaces its hold, so a repeated call holds once. `isFurther`: of a call whose first job is counted
   * as a request.
   */
  hold(request: HoldRequest, now: number, isFurther = false): HoldAnswer {
    this.sweep(now);
    if (!Number.isSafeInteger(request.amount) || request.amount < 0)
      throw new RangeError('a hold is a whole number ≥ 0');
    const { jobId, keyId, amount, expiresAt } = request;
    const isGuest = request.mayBeGuest === true && amount === 0 && this.#store.state.balance <= 0;
    const limits = this.#store.keys.limitsOf(keyId);
    const use = { requests: isFurther ? 0 : 1, tokens: request.tokens ?? 0 };
    const refusal = this.#judge(request, { limits, use, isGuest }, now);
    const told = (): { leaves?: HoldLeft } => (request.tells ? { leaves: this.#tellLeft(keyId, now) } : {});
    if (refusal) return { ok: false, ...refusal, ...told() };
    const before = this.#store.holds.find(jobId);
    const isFresh = before?.isFresh ?? this.#store.isNew(jobId, now);
    const [leaseAt, sinceAt] = [now + this.#terms.leaseMs, before?.sinceAt ?? now];
    this.#store.holds.set(jobId, { amount, expiresAt, leaseAt, keyId, isGuest, isFresh, sinceAt });
    this.#store.saveHolds(false, now);
    if (!before && isByTheMinute(limits)) this.#store.rates.take(jobId, keyId, use, now);
    return { ok: true, ...(isGuest && { isGuest }), ...told() };
  }

  /**
   * Why the jobs of one call would not be held for now; null where they would. Nothing is held, told of or written; it counts as one request of those that
   * its key may begin in a minute, as long as there are any.
   */
  judge([first, ...others]: readonly [HoldRequest, ...HoldRequest[]], now: number): HoldRefusal | null {
    this.sweep(now);
    const { keyId } = first;
    const limits = this.#store.keys.limitsOf(keyId);
    const requests = [first, ...others];
    const sum = (of: (one: HoldRequest) => number): number => requests.reduce((all, one) => all + of(one), 0);
    const tokens = sum((one) => one.tokens ?? 0);
    const total = sum(({ amount }) => amount);
    const most = requests.reduce((max, { amount }) => Math.max(max, amount), 0);
    const isGuest = first.mayBeGuest === true && total === 0 && this.#store.state.balance <= 0;
    const asked = { limits, use: { requests: 1, tokens }, isGuest, amount: total, most, beside: others.length };
    const refusal = this.#judge(first, asked, now);
    const one = { requests: 1, tokens: 0 };
    const { rates } = this.#store;
    if (limits?.requests != null && !rates.judge(keyId, limits, one, now)) rates.take(first.jobId, keyId, one, now);
    return refusal;
  }

  /** Why a job is not held for; null where it is. */
  #judge(request: HoldRequest, { limits, use, isGuest, ...asked }: Judged, now: number): HoldRefusal | null {
    const { jobId, keyId } = request;
    const { amount = request.amount, most = amount, beside } = asked;
    const { holds, rates } = this.#store;
    const own = holds.find(jobId);
    const available = this.available + (own?.amount ?? 0);
    if (this.isDisabled) return { reason: 'account-disabled', available };
    const bar = this.bars.find(request);
    if (bar) return { reason: bar, available };
    if (limits && amount > 0) {
      const { spent, held } = this.#store.spendOf(keyId, now);
      const others = held - (own?.keyId === keyId ? own.amount : 0);
      const spend = judgeSpend(limits, { spent, held: others }, { amount, most, now });
      if (spend && spend.of !== 'job' && beside === undefined)
        this.#store.noteBlocked({ keyId, limits, spent, of: spend.of, amount }, now);
      if (spend) return { reason: 'spend-limit', ...spend };
    }
    if (amount > available) return { reason: 'no-credit', available };
    const key = Math.min(this.#crowd.key, limits?.concurrent ?? this.#crowd.key);
    const crowd = holds.judgeCrowd(request, isGuest, { ...this.#crowd, key }, beside);
    if (crowd) return { reason: 'too-many', ...crowd };
    const rate = limits && !own ? rates.judge(keyId, limits, use, now) : null;
    return rate && { reason: 'rate-limit', ...rate };
  }

  /** Takes the hold of a job back whose call was refused after all: it counts nothing. */
  takeBack(jobId: string, now: number): void {
    this.#store.rates.giveBack(jobId);
    this.release(jobId, { interrupted: 0, fate: 'free' }, now);
  }

  #tellLeft(keyId: string, now: number): HoldLeft {
    const { available } = this;
    const limits = this.#store.keys.limitsOf(keyId);
    if (!limits) return { available, spend: [] };
    const { spent, held } = this.#store.spendOf(keyId, now);
    const spend = SPEND_LIMITS.flatMap((of) => {
      const limit = limits[of];
      return limit === null
        ? []
        : [{ of, limit, left: Math.max(0, limit - spent[of] - held), resetAt: resetOf(of, now) }];
    });
    const { requests, tokens } = limits;
    const { rates } = this.#store;
    return {
      available,
      spend,
      ...(requests !== null && { requests: rates.tell(keyId, 'requests', requests, now) }),
      ...(tokens !== null && { tokens: rates.tell(keyId, 'tokens', tokens, now) }),
    };
  }

  /** What a key has used, and what is left to it. */
  keyUsage(keyId: string, now: number): KeyUsage {
    this.sweep(now);
    const running = this.#store.holds.countRunning(keyId);
    const limits = this.#store.keys.limitsOf(keyId);
    return { limits, ...this.#store.spendOf(keyId, now), running, left: this.#tellLeft(keyId, now) };
  }

  /** What limits a key from now on; null for nothing. What it has spent counts whenever it is limited. */
  setKeyLimits(keyId: string, limits: KeyLimits | null, now: number): void {
    this.#store.commit(now, (staged) => {
      this.#store.keys.setLimits(keyId, limits);
      // What is held for the key is to be known after a restart, from now on within its limits.
      staged.savesHolds = true;
    });
  }

  /** What is to be told, and to whom: null ends it. False where no secret is known and none is given. */
  changeAlerts(settings: AlertSettings | null, secret: string | null, now: number): boolean {
    return this.#store.commit(now, () => {
      const isSet = this.#store.alerts.change(settings, secret);
      this.#store.alerts.noteBalance(this.balance, now);
      return isSet;
    });
  }

  /** Null where nothing is told. */
  testAlerts(now: number): string | null {
    return this.#store.commit(now, () => this.#store.alerts.test(now));
  }

  get alerts(): AccountAlerts {
    return this.#store.alerts;
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
  fence(jobId: string, untilAt: number, now: number): void {
    this.#jobs.fence(jobId, untilAt, now);
  }

  /** Whether something of a job has been booked, and was charged. */
  findBooked(jobId: string): { readonly isBooked: boolean; readonly isCharged: boolean } {
    return this.#jobs.findBooked(jobId);
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

  /**
   * For an account that was opened for one payment: once nothing of its `jobs` is open any more it is closed for ever, and what is left goes back.
   * `isPatient`: jobs that were never booked are waited for. `charged`: units, final where `isOpen` is false. The same again gives the same.
   */
  closePayment(
    closing: { readonly accountId: string; readonly jobs: number; readonly isPatient: boolean },
    now: number,
  ): { isOpen: boolean; charged: number } {
    this.sweep(now);
    const { jobs, charged } = this.totals;
    const isRunning = this.held > 0 || this.#store.jobs.nextBookingAt !== null;
    if (!this.isDisabled && (isRunning || (closing.isPatient && jobs < closing.jobs))) return { isOpen: true, charged };
    this.returns.close(closing.accountId, now);
    return { isOpen: false, charged };
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

  /** Jobs that hold something, be it nothing, and one more where parts wait for their job's end. */
  get openJobs(): number {
    return this.#store.holds.count + (this.nextBookingAt === null ? 0 : 1);
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

/** Whether what a key begins must be counted by the minute. */
function isByTheMinute(limits: KeyLimits | null): boolean {
  return limits !== null && (limits.requests !== null || limits.tokens !== null);
}
