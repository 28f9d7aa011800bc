// What comes into an account and goes out of it otherwise than by jobs: grants, what ends, and what moves between it and other objects. Each is
// decided once, with the entry that tells the book, in one transaction.
import type { CreditKind, CreditSource, CreditSums } from '../../schema/credit.ts';
import type { AccountStore } from './account-store.ts';
import { buildExpireEntry, buildGiftEntry, buildGrantEntry, buildTakeEntry, grantEventId } from './build-entry.ts';
import { sumCredit } from './credit-books.ts';
import { addLot, endOf, expireLots, sumLots, takeGivable } from './credit-lots.ts';
import type { Lot } from './credit-lots.ts';
import type { Outbox } from './outbox.ts';
import { SponsoredCredit } from './sponsored-credit.ts';
import { MEMOS } from './tell-memo.ts';
import { Transfers } from './transfers.ts';
import type { Transfer, TransferAnswer } from './transfers.ts';

/** Units that an account may own: with four thousand million credits every sum of a balance and a hold is a whole number still. */
export const MAX_BALANCE = 4_000_000_000_000_000;

/** An object that stands still looks so much later whether it still does. */
const PAUSED_LOOK_MS = 60_000;

export interface Grant {
  readonly eventId: string;
  readonly accountId: string;
  /** Units. */
  readonly amount: number;
  readonly memo: string | null;
  /** Granted where left out. */
  readonly kind?: CreditKind;
  /** When what is left of it ends, ms since epoch; null or left out for never. */
  readonly expiresAt?: number | null;
  readonly purpose?: string | null;
  /** The book that it comes out of; the operator's grants where left out. */
  readonly from?: CreditSource;
  /** It pays for one call, at this price whatever is used of it, once anything is charged. */
  readonly isFixedPrice?: boolean;
}

export interface Gift {
  readonly eventId: string;
  /** Who gives, and who gets it. */
  readonly accountId: string;
  readonly to: string;
  /** Units. */
  readonly amount: number;
  /** When what is left of it comes back, ms since epoch. */
  readonly expiresAt: number;
  readonly purpose: string | null;
  readonly memo: string | null;
}

/** `no-credit`: less than that is there which neither ends nor was given by a sponsor, or jobs hold it; `givable` is what could be given, units. */
export type GiftAnswer =
  | { readonly ok: true; readonly applied: boolean }
  /** `conflict`: the event's id was that of another gift. */
  | {
      readonly ok: false;
      readonly reason: 'conflict' | 'no-sponsor' | 'no-credit' | 'account-disabled';
      readonly givable: number;
    };

export class AccountCredit {
  readonly #accountId: string;
  readonly #store: AccountStore;
  readonly #outbox: Outbox;
  readonly #sponsored: SponsoredCredit;
  /** While the object stands still nothing ends either. */
  readonly #isPaused: (now: number) => boolean;
  readonly transfers: Transfers;

  constructor(
    sql: SqlStorage,
    store: AccountStore,
    { accountId, outbox, isPaused }: { accountId: string; outbox: Outbox; isPaused: (now: number) => boolean },
  ) {
    this.#accountId = accountId;
    this.#store = store;
    this.#outbox = outbox;
    this.#isPaused = isPaused;
    this.#sponsored = new SponsoredCredit(sql);
    this.transfers = new Transfers(sql);
  }

  /** Adds credit once by its event id; false for one known already, null for one that would make the balance, or the lots, more than may be. */
  grant(grant: Grant, now: number): boolean | null {
    const { amount, kind = 'granted', expiresAt, purpose } = grant;
    checkAmount(amount);
    if (this.#outbox.has(grantEventId(grant.eventId))) return false;
    if (this.#store.state.balance + amount > MAX_BALANCE) return null;
    const ends = { ...(expiresAt && { expiresAt }), ...(purpose && { purpose }) };
    const lots = addLot(this.#store.state.lots, { kind, left: amount, ...ends });
    if (!lots) return null;
    return this.#store.commit(now, (staged) => {
      this.#outbox.add(buildGrantEntry({ ...grant, at: now }), amount);
      this.#store.setLots(lots);
      if (grant.isFixedPrice) this.#store.state = { ...this.#store.state, fixedPrice: amount };
      return (staged.isChanged = true);
    });
  }

  /**
   * Ends the credit whose time is over, but for what running jobs hold that were held before. It goes back to where it came from: to the operator's
   * grants, or on its way to its sponsor. Costs nothing while none has ended.
   */
  expire(now: number): void {
    const { lots: before } = this.#store.state;
    if (!before.some((lot) => endOf(lot) <= now) || this.#isPaused(now)) return;
    const { lots, expired } = expireLots(before, now, (at) => this.#store.holds.heldBefore(at));
    if (expired.length === 0) return;
    this.#store.commit(now, (staged) => {
      for (const lot of expired) this.#expireLot(lot, now);
      this.#store.setLots(lots);
      staged.isChanged = true;
    });
  }

  #expireLot(lot: Lot, at: number): void {
    const number = (this.#store.state.moves ?? 0) + 1;
    this.#store.state = { ...this.#store.state, moves: number };
    const id = `expire:${this.#accountId}:${number}`;
    this.#outbox.add(buildExpireEntry({ id, accountId: this.#accountId, lot, at }), 0 - lot.left);
    if (lot.sponsor === undefined) return;
    const credit = [{ kind: lot.sponsorKind ?? 'granted', left: lot.left }];
    this.transfers.add({
      id,
      from: this.#accountId,
      to: lot.sponsor,
      credit,
      memo: MEMOS.unspent,
    });
  }

  /** From now on it may give credit of its own to other accounts, or may not. */
  setSponsor(isSponsor: boolean, now: number): void {
    if (isSponsor === this.isSponsor) return;
    this.#store.commit(now, (staged) => {
      this.#store.state = { ...this.#store.state, isSponsor };
      staged.isChanged = true;
    });
  }

  get isSponsor(): boolean {
    return this.#store.state.isSponsor === true;
  }

  /** Gives credit to another account, once by its event id: it is on its way from then on. What is not spent in time comes back. */
  give(gift: Gift, now: number): GiftAnswer {
    const { eventId, to, amount, expiresAt, purpose, memo } = gift;
    checkAmount(amount);
    const id = `give:${this.#accountId}:${eventId}`;
    const { state, available } = this.#store;
    const { lots, taken, drawn } = takeGivable(state.lots, amount);
    const givable = Math.min(available, sumCredit(takeGivable(state.lots, Number.MAX_SAFE_INTEGER).drawn));
    if (this.#outbox.has(id))
      return this.#sponsored.isGift(id, { to, amount })
        ? { ok: true, applied: false }
        : { ok: false, reason: 'conflict', givable };
    if (!this.isSponsor) return { ok: false, reason: 'no-sponsor', givable };
    if (state.disabledAt !== null) return { ok: false, reason: 'account-disabled', givable };
    if (amount > givable) return { ok: false, reason: 'no-credit', givable };
    const ends = { kind: 'granted', expiresAt, sponsor: this.#accountId, ...(purpose && { purpose }) } as const;
    const credit = taken.map(({ kind: sponsorKind, left }) => ({ ...ends, sponsorKind, left }));
    this.#store.commit(now, (staged) => {
      this.#outbox.add(buildGiftEntry({ id, accountId: this.#accountId, drawn, at: now, memo }), 0 - amount);
      this.transfers.add({ id, from: this.#accountId, to, credit, memo });
      this.#sponsored.note(to, { given: amount, at: now });
      this.#sponsored.noteGift(id, { to, amount });
      this.#store.setLots(lots);
      staged.isChanged = true;
    });
    return { ok: true, applied: true };
  }

  /** Takes what another object has sent, once by its id: the first answer stands, whatever comes after it. A gift that has no room is refused. */
  receive(transfer: Transfer, now: number): TransferAnswer {
    const { id, from, credit, memo } = transfer;
    if (this.#outbox.has(`take:${id}`)) return { isTaken: true };
    if (this.#outbox.has(`deny:${id}`)) return { isTaken: false };
    const amount = sumCredit(sumLots(credit));
    const isGift = credit.some(({ sponsor }) => sponsor !== undefined);
    const lots = addAll(this.#store.state.lots, credit);
    const hasRoom = this.#store.state.balance + amount <= MAX_BALANCE && this.#store.state.disabledAt === null;
    if (!lots && !isGift) throw new Error(`no room for ${id}, which cannot be refused`);
    const isTaken = lots !== null && (!isGift || hasRoom);
    return this.#store.commit(now, (staged) => {
      const entry = { accountId: this.#accountId, at: now, memo };
      if (isTaken) {
        this.#outbox.add(buildTakeEntry({ ...entry, id: `take:${id}`, credit }), amount);
        this.#store.setLots(lots);
        if (id.startsWith('expire:')) this.#sponsored.note(from, { returned: amount, at: now });
        staged.isChanged = true;
      } else this.#outbox.add(buildTakeEntry({ ...entry, id: `deny:${id}`, credit: [] }), 0);
      return { isTaken };
    });
  }

  /** What this account sent has arrived; or, once, it comes back where its receiver has refused it. */
  noteAnswer(transfer: Transfer, { isTaken }: TransferAnswer, now: number): void {
    if (!this.transfers.has(transfer.id)) return;
    if (isTaken) return this.transfers.remove(transfer.id);
    const { id, to } = transfer;
    const credit = transfer.credit.map(({ sponsorKind = 'granted', left }): Lot => ({ kind: sponsorKind, left }));
    const amount = sumCredit(sumLots(credit));
    const memo = MEMOS.notTaken;
    this.#store.commit(now, (staged) => {
      const entry = { accountId: this.#accountId, at: now, memo };
      this.#outbox.add(buildTakeEntry({ ...entry, id: `undo:${id}`, credit }), amount);
      this.transfers.remove(id);
      this.#sponsored.note(to, { given: 0 - amount, at: now });
      this.#store.setLots(addAll(this.#store.state.lots, credit) ?? this.#store.state.lots);
      staged.isChanged = true;
    });
  }

  /** When credit ends next that no running job keeps, ms since epoch; null for none. */
  nextExpiryAt(now: number): number | null {
    const [first] = this.#store.state.lots;
    if (!first?.expiresAt) return null;
    if (this.#isPaused(now)) return now + PAUSED_LOOK_MS;
    return first.expiresAt > now ? first.expiresAt : Math.max(now, this.#store.holds.nextLapseAt);
  }

  /** The balance by kind, units. */
  get kinds(): CreditSums {
    return sumLots(this.#store.state.lots);
  }

  /** Lots with an end, in the order of their ends. */
  get ending(): readonly Lot[] {
    return this.#store.state.lots.filter(({ expiresAt }) => expiresAt !== undefined);
  }

  /** What this account has left of a sponsor's credit, and what is on its way back there, units. */
  leftOf(sponsor: string): { readonly left: number; readonly returning: number } {
    const lots = this.#store.state.lots.filter((lot) => lot.sponsor === sponsor);
    return { left: sumCredit(sumLots(lots)), returning: this.transfers.sumTo(sponsor) };
  }

  /** What this account gave as a sponsor: up to `limit` receivers in the order of their ids, from after `afterId`. Units. */
  listGifts(afterId: string, limit: number): ReturnType<SponsoredCredit['list']> {
    return this.#sponsored.list(afterId, limit);
  }
}

function checkAmount(amount: number): void {
  if (!Number.isSafeInteger(amount) || amount <= 0) throw new RangeError('credit is a whole number above 0');
}

function addAll(lots: readonly Lot[], added: readonly Lot[]): readonly Lot[] | null {
  let all: readonly Lot[] | null = lots;
  for (const lot of added) all = all && addLot(all, lot);
  return all;
}
