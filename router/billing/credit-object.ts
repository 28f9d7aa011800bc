// What of an account's object concerns credit that comes and goes otherwise than by jobs: grants, purchases and their return, what one account gives to
// another, and the account of a single payment.
import type { AccountBook } from './account-book.ts';
import type { Gift, GiftAnswer, Grant } from './account-credit.ts';
import { KeptObject } from './kept-object.ts';
import type { SponsoredSums } from './sponsored-credit.ts';
import type { Transfer, TransferAnswer } from './transfers.ts';

export abstract class CreditObject extends KeptObject {
  protected abstract readonly book: AccountBook;

  /** Every call may have booked something: it is told to the book in time. */
  protected abstract ring(now: number): void;

  /** Adds `amount` units once by `eventId`; `balance` is the balance after it. `isTooMuch`: it would be above MAX_BALANCE, and stays. */
  grant(grant: Grant): {
    balance: number;
    applied: boolean;
    isTooMuch?: true;
  } {
    const now = Date.now();
    if (this.pause.level(now) !== null) throw new Error('the books stand still while they are copied');
    const applied = this.book.grant(grant, now);
    this.ring(now);
    const { balance } = this.book;
    return applied === null ? { balance, applied: false, isTooMuch: true } : { balance, applied };
  }

  /** Takes bought credit back once, as far as it is there. */
  takeBack(back: Parameters<AccountBook['returns']['takeBack']>[0]): ReturnType<AccountBook['returns']['takeBack']> {
    const now = Date.now();
    this.book.sweep(now);
    const taken = this.book.returns.takeBack(back, now);
    this.ring(now);
    return taken;
  }

  /** Gives again what was taken back from this source, once. */
  restore(back: Parameters<AccountBook['returns']['restore']>[0]): { restored: number } {
    const now = Date.now();
    const restored = this.book.returns.restore(back, now);
    this.ring(now);
    return { restored };
  }

  /** Ends an account that was opened for one payment, when its jobs are booked: what is left goes back. */
  closePayment(closing: Parameters<AccountBook['closePayment']>[0]): { isOpen: boolean; charged: number } {
    const now = Date.now();
    const closed = this.book.closePayment(closing, now);
    this.ring(now);
    return closed;
  }

  /** The payment never came: the operator bears what was charged, once. */
  writeOff(loss: Parameters<AccountBook['returns']['writeOff']>[0]): void {
    const now = Date.now();
    this.book.returns.writeOff(loss, now);
    this.ring(now);
  }

  /** From now on the account may give credit to others, or may not. */
  setSponsor(isSponsor: boolean): void {
    this.book.credit.setSponsor(isSponsor, Date.now());
  }

  /** Gives credit to another account, once by `eventId`; `balance` is what is left. */
  give(gift: Gift): GiftAnswer & { readonly balance: number } {
    const now = Date.now();
    if (this.pause.level(now) !== null) throw new Error('the books stand still while they are copied');
    this.book.sweep(now);
    const answer = this.book.credit.give(gift, now);
    this.ring(now);
    return { ...answer, balance: this.book.balance };
  }

  /** Takes what another object has sent, once by its id; the first answer stands. */
  receive(transfer: Transfer): TransferAnswer {
    const now = Date.now();
    this.pause.refuseClosed(now);
    const answer = this.book.credit.receive(transfer, now);
    this.ring(now);
    return answer;
  }

  /** What this account gave as a sponsor, by receiver; and what a page of its receivers begins after. */
  gifts(afterId: string, limit: number): { readonly isSponsor: boolean; readonly gifts: readonly SponsoredSums[] } {
    const { credit } = this.book;
    return { isSponsor: credit.isSponsor, gifts: credit.listGifts(afterId, limit) };
  }

  /** What is left here of a sponsor's credit, and what is on its way back, units. */
  leftOf(sponsor: string): { readonly left: number; readonly returning: number } {
    const now = Date.now();
    this.book.sweep(now);
    this.ring(now);
    return this.book.credit.leftOf(sponsor);
  }
}
