// What becomes of the jobs of one account: their parts are charged as one answer, once, when it is known how the job ended. Writes nothing itself: it
// stages what its store then writes as one row.
import type { Fate, SettlementBatch, SettlementJson } from '../../schema/settlement.ts';
import type { KnownPart } from './account-batches.ts';
import type { LeaseTerms } from './account-holds.ts';
import { addToTotals, countTokens, findAnswer, noteAnswer } from './account-state.ts';
import type { AccountStore } from './account-store.ts';
import { shareJob } from './build-usage.ts';
import { drawLots } from './credit-lots.ts';
import { chargeAlone, chargePart, checkCounts } from './charge-part.ts';
import { failPart } from './fail-part.ts';
import { isForgotten } from './is-forgotten.ts';
import type { Outbox } from './outbox.ts';
import {
  billPart,
  computeDue,
  decideFate,
  isCarried,
  isTallied,
  openTally,
  raiseShares,
  shareDue,
} from './tally-job.ts';
import type { JobTally } from './tally-job.ts';

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
  /** True where the book is to judge for itself whether it knows the part. */
  readonly isAlone?: true;
}

/** A hold outlives its job's tickets by so much, and lasts so long at the longest: for those that are not known any more. */
const HOLD_MARGIN_MS = 5 * 60_000;
const LONGEST_HOLD_MS = 65 * 60_000;

const REASONS: Record<Fate, string> = {
  free: 'the answer was not finished',
  charged: 'the parts of a job are charged as one answer',
};
/** Whatever was booked of a job came after the job began, and that is at most an hour before any of its tickets: twice as long, ms. */
const LOOK_BACK_MS = 2 * 3_600_000;
export type Refused = (settlement: SettlementJson, error: unknown) => void;

export class JobBookings {
  readonly #store: AccountStore;
  readonly #outbox: Outbox;
  readonly #terms: LeaseTerms;

  constructor(store: AccountStore, outbox: Outbox, terms: LeaseTerms) {
    this.#store = store;
    this.#outbox = outbox;
    this.#terms = terms;
  }

  /**
   * These jobs live: an edge looks for a home for them, or a hub has a part of them. What has been given back, and what was never held,
   * stays so.
   */
  renew(jobIds: readonly string[], now: number): void {
    this.sweep(now);
    const leaseAt = now + this.#terms.leaseMs;
    let isSaved = false;
    for (const jobId of jobIds) {
      const expiresAt = this.#store.holds.find(jobId)?.expiresAt ?? leaseAt;
      isSaved = this.#store.holds.renew(jobId, now) || isSaved;
      this.#store.jobs.renew(jobId, Math.min(leaseAt, expiresAt));
    }
    if (isSaved) this.#store.saveHolds(true, now);
  }

  /**
   * The job ends without a further part. `interrupted` earlier parts delivered something: they and those still to come are charged
   * (as one answer) or free. Where nothing was delivered the hold goes back; a job that has ended already is left as it is.
   */
  release(jobId: string, closing: { readonly interrupted: number; readonly fate: Fate }, now: number): void {
    this.sweep(now);
    const known = this.#store.jobs.find(jobId);
    if (!known && closing.interrupted === 0) {
      this.#store.holds.set(jobId, null);
      this.#store.rates.settle(jobId, 0, true);
      return this.#store.saveHolds(false, now);
    }
    const tally = known ?? this.#openTally(jobId, now + LONGEST_HOLD_MS, now);
    if (decideFate(tally, now) !== null) return;
    this.#store.commit(now, () => this.#advance(jobId, { ...tally, release: closing }, { arrived: null, now }));
  }

  /**
   * The job's call runs anew as another job: whatever still comes of this one is free, until `untilAt` at least. For one that is over and of which nothing
   * has been charged.
   */
  fence(jobId: string, untilAt: number, now: number): void {
    this.sweep(now);
    const known = this.#store.jobs.find(jobId);
    if (known && decideFate(known, now) === 'charged') throw new RangeError('what is charged is not run anew');
    const { parts } = this.#findAll(jobId);
    const tally = known ?? openTally(untilAt, { charge: 0, parts });
    const fenced: JobTally = {
      ...tally,
      expiresAt: untilAt,
      isCounted: tally.isCounted || !tally.waiting,
      release: { fate: 'free', interrupted: 0 },
    };
    this.#store.commit(now, () => this.#advance(jobId, fenced, { arrived: null, now }));
  }

  /** Whether something of a job has been booked, and was charged. */
  findBooked(jobId: string): { readonly isBooked: boolean; readonly isCharged: boolean } {
    const { parts, charge } = this.#findAll(jobId);
    return { isBooked: parts > 0, isCharged: charge > 0 };
  }

  #findAll(jobId: string): { readonly parts: number; readonly charge: number } {
    const booked = this.#findParts(jobId, 0);
    return { parts: booked.length, charge: booked.reduce((sum, { own }) => sum - own, 0) };
  }

  /**
   * Takes the parts of a hub's batch, each once, and writes them as one row. A batch with the number of the hub's last one gets the first answer;
   * of any other each part is judged for itself, whatever the number: none is lost, and none is charged twice. False for a part that cannot be
   * taken, which must not hold up the others: `refused` hears of it.
   */
  settleBatch(batch: SettlementBatch, now: number, refused: Refused): boolean[] {
    const known = findAnswer(this.#store.state, batch);
    if (known) return known;
    return this.#store.commit(now, (staged) => {
      const taken = this.settleAll(batch.settlements, now, refused);
      // Where nothing was new the same answer is found again.
      if (staged.isChanged) this.#store.state = noteAnswer(this.#store.state, batch, taken);
      return taken;
    });
  }

  /** The same without a number. */
  settleAll(settlements: readonly SettlementJson[], now: number, refused: Refused): boolean[] {
    return this.#store.commit(now, () =>
      settlements.map((settlement) => {
        try {
          this.settle(settlement, now);
          return true;
        } catch (error) {
          refused(settlement, error);
          return false;
        }
      }),
    );
  }

  /**
   * Takes a part once. A job of one part is charged at once; the parts of several when it is known how the job ended, together and
   * never more than one undisturbed answer. Never more than the job still holds, and, where its hold has lapsed, never more
   * than is available: what is missing then is the network's loss and stands in the event's memo. False for a part known already.
   */
  settle(settlement: SettlementJson, now: number): boolean {
    this.sweep(now);
    return this.#store.commit(now, () => this.#settle(settlement, now));
  }

  #settle(settlement: SettlementJson, now: number): boolean {
    const { jobId, part } = settlement;
    checkCounts(settlement);
    const isFresh = this.#store.holds.find(jobId)?.isFresh === true;
    const booked = isFresh ? [] : this.#findParts(jobId, Number(settlement.ticket.issuedAtMs) - LOOK_BACK_MS);
    const known = this.#store.jobs.find(jobId);
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

  /** Drops lapsed holds and books, free, the parts whose job nobody ended; costs nothing while none has lapsed. */
  sweep(now: number): void {
    if (this.#store.holds.sweep(now)) this.#store.saveHolds(true, now);
    if (now < this.#store.jobs.nextAt) return;
    this.#store.commit(now, () => {
      for (const [jobId, tally] of this.#store.jobs.sweep(now)) this.#advance(jobId, tally, { arrived: null, now });
    });
  }

  /** Begins the tally of a job that turns out to have several parts. */
  #openTally(jobId: string, expiresAt: number, now: number): JobTally {
    const hold = this.#store.holds.find(jobId);
    const booked = hold?.isFresh ? [] : this.#findParts(jobId, expiresAt - LONGEST_HOLD_MS - LOOK_BACK_MS);
    const charge = booked.reduce((sum, { own }) => sum - own, 0);
    const lapsesAt = Math.min(hold?.expiresAt ?? expiresAt, now + this.#terms.leaseMs);
    return openTally(lapsesAt, { charge, parts: booked.length });
  }

  /** What has been booked of a job: in this call, since `sinceAt`, and ever by what the outbox knows. */
  #findParts(jobId: string, sinceAt: number): KnownPart[] {
    return [...this.#store.findParts(jobId, sinceAt), ...this.#outbox.findParts(jobId)];
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
    this.#book(settlement.jobId, {
      settlements: [settlement],
      shares: new Map(),
      reason,
      jobs: 0,
      closesHold: true,
      tally: null,
      isAlone: true,
    });
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
      this.#store.inTransaction(() => this.#store.jobs.write(jobId, kept, arrived));
      this.#store.jobs.remember(jobId, kept);
      // A part that came is news of its job.
      this.renew([jobId], now);
      return;
    }
    const all = [...this.#store.jobs.findWaiting(jobId), ...(arrived ? [arrived] : [])];
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
    const hold = this.#store.holds.find(jobId);
    const { settlements, shares, reason, jobs, closesHold, tally, isAlone } = this.#toAgreed(booking);
    const limit = hold ? 'the hold' : 'the credit left after its hold had lapsed';
    const keyId = settlements[0]?.keyId ?? '';
    let room = hold ? hold.amount : this.#store.roomFor(keyId);
    const jobShares = shareJob(settlements, jobs);
    const since = this.#store.heldSince(jobId);
    let { lots } = this.#store.state;
    const charged = settlements.map((settlement, i) => {
      const share = shares.get(settlement.part) ?? 0;
      const charge = Math.min(share, room);
      room -= charge;
      const { drawn: paidFrom, ...left } = drawLots(lots, charge, since);
      ({ lots } = left);
      const paid = charge > 0 ? { ...settlement, paidFrom } : settlement;
      const why = { reason: charge < share ? limit : reason, share: jobShares[i] ?? { jobs: 0, promptTokens: 0 } };
      return { charge, ...(isAlone ? chargeAlone(paid, charge, why) : chargePart(paid, charge, why)) };
    });
    const charge = charged.reduce((sum, one) => sum + one.charge, 0);
    const state = addToTotals(this.#store.state, { settlements, charge, jobs, lots });
    const kept = tally && { ...tally, booked: tally.booked + charge };
    this.#store.inTransaction(() => {
      for (const { entries } of charged) for (const entry of entries) this.#outbox.add(entry, 0);
      if (kept) this.#store.jobs.write(jobId, kept, null);
    });
    if (kept) this.#store.jobs.remember(jobId, kept);
    const goesOn = hold && !closesHold;
    this.#store.stage({ parts: charged.flatMap(({ parts }) => parts), savesHolds: goesOn === true });
    this.#store.state = state;
    this.#store.booked.set(jobId, true);
    if (goesOn) this.#store.holds.set(jobId, { ...hold, amount: hold.amount - charge, isFresh: false });
    else if (hold) this.#store.holds.close(jobId);
    else this.#store.holds.takeForgotten(charge, keyId);
    this.#store.rates.settle(jobId, countTokens(settlements), !goesOn);
  }

  /** Of a job whose price was agreed beforehand, what is left of it once it ends, whether or not its hold has lapsed: its account has no other job. */
  #toAgreed(booking: Booking): Booking {
    const { fixedPrice, charged } = this.#store.state;
    if (fixedPrice === undefined || !booking.closesHold) return booking;
    const shares = raiseShares(booking, fixedPrice - charged);
    return { ...booking, shares, reason: booking.reason || 'the price was agreed' };
  }
}
