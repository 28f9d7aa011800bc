// One account's money in its object's SQLite: the balance, the holds on it and what has been applied. An account can never spend
// more than it has: balance ≥ sum of holds ≥ 0 after every call. A job's parts are charged as one answer, when it is known how it
// ended. Reads come from memory, which is written after the database is.
import type { Fate, SettlementJson } from '../../schema/settlement.ts';
import { AccountBars } from './account-bars.ts';
import { AccountHolds } from './account-holds.ts';
import type { Hold, LeaseTerms } from './account-holds.ts';
import { AccountJobs } from './account-jobs.ts';
import { buildChargeEntries, buildGrantEntry, buildSettleEntry, grantEventId } from './build-entry.ts';
import { countAsked } from './decide-charge.ts';
import { decideCrowd } from './decide-crowd.ts';
import type { CrowdLimits } from './decide-crowd.ts';
import { isForgotten } from './is-forgotten.ts';
import type { LedgerEntry } from './build-entry.ts';
import { failPart } from './fail-part.ts';
import type { HoldAnswer, HoldRequest } from './hold-answer.ts';
import type { Outbox } from './outbox.ts';
import { billPart, computeDue, decideFate, isCarried, isTallied, openTally, shareDue } from './tally-job.ts';
import type { JobTally } from './tally-job.ts';

export interface Totals {
  readonly jobs: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly charged: number;
}

/** The account's row: what a restart must know. */
interface State extends Totals {
  readonly balance: number;
  readonly disabledAt: number | null;
}

/** Settlements of one job that are booked together. */
interface Booking {
  readonly settlements: readonly SettlementJson[];
  /** Units by part, before what the hold allows. */
  readonly shares: ReadonlyMap<number, number>;
  /** Why a share may be lower than its hub decided. */
  readonly reason: string;
  /** Jobs that this adds to the totals: 0 or 1. */
  readonly jobs: number;
  readonly closesHold: boolean;
  /** What becomes of the job's tally; null for a job that leaves none. */
  readonly tally: JobTally | null;
  /** The entries of a settlement that is charged so many units; as a rule `buildChargeEntries`. */
  readonly build?: typeof buildChargeEntries;
}

/** Units that an account may own: four thousand million credits, with which every sum of a balance and a hold is a whole number still. */
export const MAX_BALANCE = 4_000_000_000_000_000;

/** A hold outlives its job's tickets by this much, which tells when one lapsed that is not known any more. */
const HOLD_MARGIN_MS = 5 * 60_000;
/** The longest that a job and its hold can last, assumed where nothing else is known of it. */
const LONGEST_HOLD_MS = 65 * 60_000;

const REASONS: Record<Fate, string> = {
  free: 'the answer was not finished',
  charged: 'the parts of a job are charged as one answer',
};

const TABLES = [
  `CREATE TABLE IF NOT EXISTS account (id INTEGER PRIMARY KEY CHECK (id = 1), balance INTEGER NOT NULL, disabledAt INTEGER,
    jobs INTEGER NOT NULL, promptTokens INTEGER NOT NULL, outputTokens INTEGER NOT NULL, charged INTEGER NOT NULL)`,
  'INSERT INTO account VALUES (1, 0, NULL, 0, 0, 0, 0) ON CONFLICT DO NOTHING',
];

export class AccountBook {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  readonly #outbox: Outbox;
  readonly #holds: AccountHolds;
  readonly #jobs: AccountJobs;
  /** Keys and pools for which nothing is held any more. */
  readonly bars: AccountBars;
  readonly #crowd: CrowdLimits;
  readonly #leaseMs: number;
  #state: State;

  constructor(
    storage: DurableObjectStorage,
    outbox: Outbox,
    { terms, crowd, now }: { terms: LeaseTerms; crowd: CrowdLimits; now: number },
  ) {
    this.#storage = storage;
    this.#crowd = crowd;
    this.#sql = storage.sql;
    this.#outbox = outbox;
    for (const table of TABLES) this.#sql.exec(table);
    this.#leaseMs = terms.leaseMs;
    this.#holds = new AccountHolds(storage, terms, now);
    this.#jobs = new AccountJobs(storage.sql);
    this.bars = new AccountBars(storage.sql);
    const columns = 'balance, disabledAt, jobs, promptTokens, outputTokens, charged';
    this.#state = this.#sql.exec<State & Record<string, SqlStorageValue>>(`SELECT ${columns} FROM account`).one();
  }

  /** Sets credit aside for a job. The same job again replaces its hold, so a repeated call holds once. */
  hold(request: HoldRequest, now: number): HoldAnswer {
    this.sweep(now);
    const available = this.available + (this.#holds.find(request.jobId)?.amount ?? 0);
    if (!Number.isSafeInteger(request.amount) || request.amount < 0)
      throw new RangeError('a hold is a whole number ≥ 0');
    if (this.#state.disabledAt !== null) return { ok: false, reason: 'account-disabled', available };
    const bar = this.bars.find(request);
    if (bar) return { ok: false, reason: bar, available };
    if (request.amount > available) return { ok: false, reason: 'no-credit', available };
    const isGuest = request.mayBeGuest === true && request.amount === 0 && this.#state.balance <= 0;
    const crowd = this.#judgeCrowd(request, isGuest);
    if (crowd) return { ok: false, reason: 'too-many', ...crowd };
    const { keyId, amount, expiresAt } = request;
    this.#replaceHold(request.jobId, { amount, expiresAt, leaseAt: now + this.#leaseMs, keyId, isGuest });
    return isGuest ? { ok: true, isGuest } : { ok: true };
  }

  /**
   * These jobs live: an edge looks for a home for them, or a hub has a part of them. What has been given back, and what was never held,
   * stays so.
   */
  renew(jobIds: readonly string[], now: number): void {
    this.sweep(now);
    const leaseAt = now + this.#leaseMs;
    for (const jobId of jobIds) {
      const hold = this.#holds.find(jobId);
      if (hold) this.#replaceHold(jobId, { ...hold, leaseAt });
      this.#jobs.renew(jobId, Math.min(leaseAt, hold?.expiresAt ?? leaseAt));
    }
  }

  /**
   * The job ends without a further part. `interrupted` earlier parts delivered something: they and those still to come are charged
   * (as one answer) or free. Where nothing was delivered the hold goes back; a job that has ended already is left as it is.
   */
  release(jobId: string, closing: { readonly interrupted: number; readonly fate: Fate }, now: number): void {
    this.sweep(now);
    const known = this.#jobs.find(jobId);
    if (!known && closing.interrupted === 0) return this.#replaceHold(jobId, null);
    const tally = known ?? this.#openTally(jobId, now + LONGEST_HOLD_MS, now);
    if (decideFate(tally, now) === null) this.#advance(jobId, { ...tally, release: closing }, { arrived: null, now });
  }

  /**
   * Takes a part once. A job of one part is charged at once; the parts of several when it is known how the job ended, together and
   * never more than one undisturbed answer. Never more than the job still holds, and, where its hold has lapsed, never more
   * than is available: what is missing then is the network's loss and stands in the event's memo. False for a part known already.
   */
  settle(settlement: SettlementJson, now: number): boolean {
    this.sweep(now);
    const { jobId, part } = settlement;
    const booked = this.#outbox.findParts(jobId);
    const known = this.#jobs.find(jobId);
    if (booked.some((one) => one.part === part)) return false;
    if (known?.parts.some((one) => one.part === part)) return false;
    const bill = billPart(settlement);
    if (isForgotten(settlement, now)) {
      this.#bookForgotten(settlement);
      return true;
    }
    if (!known && booked.length === 0 && bill.isFinal && !bill.isLost && bill.interrupted === 0) {
      this.#bookWhole(settlement);
      return true;
    }
    const tally = known ?? this.#openTally(jobId, Number(settlement.ticket.expiresAtMs) + HOLD_MARGIN_MS, now);
    const parts = [...tally.parts, bill];
    if (bill.isLost) {
      this.#bookLost(settlement, { ...tally, parts }, known === null);
      return true;
    }
    // A later part that left no tally began the answer anew: the caller was never given what this one sent.
    const isFenced = !known && booked.some((one) => one.part > part);
    const release = isFenced ? ({ fate: 'free', interrupted: 0 } as const) : tally.release;
    this.#advance(jobId, { ...tally, parts, release }, { arrived: settlement, now });
    return true;
  }

  /** Adds credit once by its event id; false for one known already, null for one that would make the balance more than may be. */
  grant(
    grant: {
      readonly eventId: string;
      readonly accountId: string;
      readonly amount: number;
      readonly memo: string | null;
    },
    now: number,
  ): boolean | null {
    if (!Number.isSafeInteger(grant.amount) || grant.amount <= 0)
      throw new RangeError('a grant is a whole number above 0');
    if (this.#outbox.has(grantEventId(grant.eventId))) return false;
    if (this.#state.balance + grant.amount > MAX_BALANCE) return null;
    const state = { ...this.#state, balance: this.#state.balance + grant.amount };
    this.#storage.transactionSync(() => {
      this.#outbox.add(buildGrantEntry({ ...grant, at: now }), grant.amount);
      this.#writeState(state);
    });
    this.#state = state;
    return true;
  }

  /** From now on no hold at all. */
  disable(now: number): void {
    if (this.#state.disabledAt !== null) return;
    const state = { ...this.#state, disabledAt: now };
    this.#writeState(state);
    this.#state = state;
  }

  /** Drops lapsed holds and books, free, the parts whose job nobody ended; costs nothing while none has lapsed. */
  sweep(now: number): void {
    this.#holds.sweep(now);
    for (const [jobId, tally] of this.#jobs.sweep(now)) this.#advance(jobId, tally, { arrived: null, now });
  }

  /** True while credit is held or a part waits for the job's end. */
  isOpen(jobId: string): boolean {
    return this.#holds.find(jobId) !== null || (this.#jobs.find(jobId)?.waiting ?? 0) > 0;
  }

  /** Parts of a job whose charge is not decided yet. */
  findWaiting(jobId: string): SettlementJson[] {
    return this.#jobs.findWaiting(jobId);
  }

  /** When something lapses next: a hold, or parts that wait and must be booked without their job's end; null when nothing does. */
  get nextLapseAt(): number | null {
    const at = Math.min(
      this.#jobs.nextBookingAt ?? Number.POSITIVE_INFINITY,
      this.#holds.sum > 0 ? this.#holds.nextLapseAt : Number.POSITIVE_INFINITY,
    );
    return at === Number.POSITIVE_INFINITY ? null : at;
  }

  get balance(): number {
    return this.#state.balance;
  }

  /** Keys that hold nothing any more, and whether all of them do. */
  get closed(): { revokedKeys: string[]; isDisabled: boolean } {
    return { revokedKeys: this.bars.revokedKeys, isDisabled: this.#state.disabledAt !== null };
  }

  get held(): number {
    return this.#holds.sum;
  }

  get available(): number {
    return this.#state.balance - this.#holds.sum;
  }

  get totals(): Totals {
    const { jobs, promptTokens, outputTokens, charged } = this.#state;
    return { jobs, promptTokens, outputTokens, charged };
  }

  /** Begins the tally of a job that turns out to have several parts. */
  #openTally(jobId: string, expiresAt: number, now: number): JobTally {
    const booked = this.#outbox.findParts(jobId);
    const charge = booked.reduce((sum, { own }) => sum - own, 0);
    return openTally(Math.min(this.#holds.find(jobId)?.expiresAt ?? expiresAt, now + this.#leaseMs), {
      charge,
      parts: booked.length,
    });
  }

  #bookWhole(settlement: SettlementJson): void {
    const shares = new Map([[settlement.part, settlement.charge]]);
    const booking = { settlements: [settlement], shares, reason: '', jobs: 1, closesHold: true, tally: null };
    this.#book(settlement.jobId, booking);
  }

  /**
   * A part so old that the outbox may have forgotten its id. Nobody can tell here whether the caller has paid for it, so it charges
   * nothing. The book can tell: it ignores an event that it knows, and has the fees pay the home of one that it does not.
   */
  #bookForgotten(settlement: SettlementJson): void {
    const reason = 'it came too late to know that it is the first';
    const shares = new Map<number, number>();
    // One entry with all that it pays: another one would be new to a book that knows this.
    const build = (part: SettlementJson, charge: number): LedgerEntry[] => [
      buildSettleEntry({ ...part, charge }, `charge lowered from ${part.charge} to ${charge}: ${reason}`),
    ];
    const booking = { settlements: [settlement], shares, reason, jobs: 0, closesHold: true, tally: null, build };
    this.#book(settlement.jobId, booking);
  }

  /** A part that its hub forgot is free whatever becomes of its job. Where nothing else is known of the job its credit goes back now. */
  #bookLost(settlement: SettlementJson, tally: JobTally, isAlone: boolean): void {
    const closesHold = isAlone && settlement.isFinal;
    this.#book(settlement.jobId, {
      settlements: [failPart(settlement)],
      shares: new Map(),
      reason: REASONS.free,
      jobs: closesHold && !tally.isCounted ? 1 : 0,
      closesHold,
      tally: { ...tally, isCounted: tally.isCounted || closesHold },
    });
  }

  /** Books what the job's fate allows; while it is open, what arrived waits. */
  #advance(
    jobId: string,
    tally: JobTally,
    { arrived, now }: { readonly arrived: SettlementJson | null; readonly now: number },
  ): void {
    const fate = decideFate(tally, now);
    if (!fate) {
      const kept = { ...tally, waiting: tally.waiting + 1 };
      this.#storage.transactionSync(() => this.#jobs.write(jobId, kept, arrived));
      this.#jobs.remember(jobId, kept);
      // A part that came is news of its job.
      this.renew([jobId], now);
      return;
    }
    const all = [...this.#jobs.findWaiting(jobId), ...(arrived ? [arrived] : [])];
    const settlements = fate === 'charged' && isCarried(tally) ? all : all.map(failPart);
    this.#book(jobId, {
      settlements,
      shares: shareDue(settlements, computeDue(tally, now) - tally.booked),
      reason: REASONS[fate],
      jobs: tally.isCounted ? 0 : 1,
      closesHold: isTallied(tally, now),
      tally: { ...tally, waiting: 0, isCounted: true },
    });
  }

  #book(jobId: string, booking: Booking): void {
    const { settlements, shares, reason, jobs, closesHold, tally, build = buildChargeEntries } = booking;
    const hold = this.#holds.find(jobId);
    let room = hold ? hold.amount : this.available;
    const charged = settlements.map((settlement) => {
      const share = shares.get(settlement.part) ?? 0;
      const charge = Math.min(share, room);
      room -= charge;
      const limit = hold ? 'the hold' : 'the credit left after its hold had lapsed';
      return { charge, entries: build(settlement, charge, charge < share ? limit : reason) };
    });
    const charge = charged.reduce((sum, one) => sum + one.charge, 0);
    const state = addToTotals(this.#state, { settlements, charge, jobs });
    const rest = closesHold || !hold ? null : { ...hold, amount: hold.amount - charge };
    const kept = tally && { ...tally, booked: tally.booked + charge };
    this.#storage.transactionSync(() => {
      for (const { charge: own, entries } of charged)
        for (const entry of entries) this.#outbox.add(entry, entry === entries[0] ? -own : 0);
      this.#writeState(state);
      this.#holds.write(jobId, rest);
      if (kept) this.#jobs.write(jobId, kept, null);
    });
    this.#state = state;
    this.#holds.remember(jobId, rest);
    if (kept) this.#jobs.remember(jobId, kept);
  }

  #judgeCrowd({ jobId, keyId, ended = [] }: HoldRequest, isGuest: boolean): ReturnType<typeof decideCrowd> {
    for (const one of ended) {
      const hold = this.#holds.find(one);
      if (hold) this.#holds.remember(one, { ...hold, isOver: true });
    }
    return this.#holds.find(jobId) ? null : decideCrowd(this.#holds.listRunning(), { keyId, isGuest }, this.#crowd);
  }

  #replaceHold(jobId: string, hold: Hold | null): void {
    this.#holds.write(jobId, hold);
    this.#holds.remember(jobId, hold);
  }

  #writeState(state: State): void {
    const { balance, disabledAt, jobs, promptTokens, outputTokens, charged } = state;
    const set = 'balance = ?, disabledAt = ?, jobs = ?, promptTokens = ?, outputTokens = ?, charged = ?';
    this.#sql.exec(`UPDATE account SET ${set}`, balance, disabledAt, jobs, promptTokens, outputTokens, charged);
  }
}

/** A prompt counts once, however many of the parts charge it; output counts with every part. */
function addToTotals(
  state: State,
  added: { readonly settlements: readonly SettlementJson[]; readonly charge: number; readonly jobs: number },
): State {
  const { settlements } = added;
  const prompts = settlements.map((settlement) => (settlement.ticket.chargePrompt ? countAsked(settlement) : 0));
  const promptTokens = state.promptTokens + Math.max(0, ...prompts);
  const outputTokens = settlements.reduce((sum, settlement) => sum + settlement.outputTokens, state.outputTokens);
  return {
    ...state,
    balance: state.balance - added.charge,
    jobs: state.jobs + added.jobs,
    promptTokens,
    outputTokens,
    charged: state.charged + added.charge,
  };
}
