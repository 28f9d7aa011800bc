// The Durable Object of one account: decides and applies holds, charges and grants, each once, and hands them to the book in D1.
import { DurableObject } from 'cloudflare:workers';
import type { SettlementJson } from '../../schema/settlement.ts';
import type { Env } from '../env.ts';
import { AccountBook } from './account-book.ts';
import type { HoldAnswer, HoldRequest, Totals } from './account-book.ts';
import { makeLedger } from './ledger.ts';
import { Outbox } from './outbox.ts';

export interface AccountUsage {
  /** Units owned, held ones included. */
  readonly balance: number;
  /** Units set aside for jobs that run. */
  readonly held: number;
  readonly totals: Totals;
}

export class Account extends DurableObject<Env> {
  readonly #outbox: Outbox;
  readonly #book: AccountBook;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const ledger = makeLedger(env.DB);
    this.#outbox = new Outbox(ctx.storage, (entries) => ledger.apply(entries));
    this.#book = new AccountBook(ctx.storage, this.#outbox);
  }

  /** Sets credit aside for a job, at once and exactly: parallel holds never exceed the balance. Idempotent by job. */
  hold(request: HoldRequest): HoldAnswer {
    return this.#book.hold(request, Date.now());
  }

  /** Gives a job's hold back where no part will be settled. */
  release(jobId: string): void {
    this.#book.release(jobId);
  }

  /** Charges one part as its hub settled it; `applied` is false when it had been before. Any part may come first. */
  settle(settlement: SettlementJson): { applied: boolean } {
    const now = Date.now();
    const applied = this.#book.settle(settlement, now);
    if (applied) this.#outbox.ring(now);
    return { applied };
  }

  /** Several at once, in one transaction; false for one that cannot be taken, which must not hold up the others. */
  settleAll(settlements: SettlementJson[]): boolean[] {
    return settlements.map((settlement) => {
      try {
        this.settle(settlement);
        return true;
      } catch {
        return false;
      }
    });
  }

  /** Adds `amount` units once by `eventId`; `balance` is the balance after it. */
  grant(grant: { eventId: string; accountId: string; amount: number; memo: string | null }): {
    balance: number;
    applied: boolean;
  } {
    const now = Date.now();
    const applied = this.#book.grant(grant, now);
    if (applied) this.#outbox.ring(now);
    return { balance: this.#book.balance, applied };
  }

  /** Refuses every later hold for this key. */
  revokeKey(keyId: string): void {
    this.#book.revokeKey(keyId);
  }

  /** Refuses every later hold. Running jobs still settle. */
  disable(): void {
    this.#book.disable(Date.now());
  }

  usage(): AccountUsage {
    this.#book.sweep(Date.now());
    return { balance: this.#book.balance, held: this.#book.held, totals: this.#book.totals };
  }

  /** A job's settlements that D1 does not have yet, and whether one may still come because the job holds credit. */
  receipts(jobId: string): { settlements: SettlementJson[]; pending: boolean } {
    this.#book.sweep(Date.now());
    const settlements = this.#outbox.findWaiting(`settle:${jobId}:`).flatMap(({ settlement }) => settlement ?? []);
    return { settlements, pending: this.#book.isHeld(jobId) };
  }

  /** What the book in D1 must show for this account: the balance less what is still on its way there. */
  booked(): { booked: number; waiting: number } {
    const { events, own } = this.#outbox.waiting();
    return { booked: this.#book.balance - own, waiting: events };
  }

  override async alarm(): Promise<void> {
    this.#book.sweep(Date.now());
    await this.#outbox.drain();
  }
}
