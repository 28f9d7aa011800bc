// The Durable Object of one account: decides and applies holds, charges and grants, each once, and hands them to the book in D1.
import { DurableObject } from 'cloudflare:workers';
import type { SettlementJson } from '../../schema/settlement.ts';
import { AccountBook } from './account-book.ts';
import type { LeaseTerms } from './account-holds.ts';
import type { Totals } from './account-book.ts';
import type { HoldAnswer, HoldRequest } from './hold-answer.ts';
import type { ObjectSide } from './compare-books.ts';
import type { CrowdLimits } from './decide-crowd.ts';
import type { Ledger } from './ledger.ts';
import { makeLog } from '../log.ts';
import { Outbox } from './outbox.ts';

const log = makeLog('billing');

export interface AccountUsage {
  /** Units owned, held ones included. */
  readonly balance: number;
  /** Units set aside for jobs that run. */
  readonly held: number;
  readonly totals: Totals;
}

export interface AccountDoors {
  readonly terms: LeaseTerms;
  readonly ledger: Pick<Ledger, 'apply'>;
  /** Jobs at once. */
  readonly crowd: CrowdLimits;
}

export class Account extends DurableObject<object> {
  readonly #outbox: Outbox;
  readonly #book: AccountBook;

  constructor(ctx: DurableObjectState, env: object, { ledger, terms, crowd }: AccountDoors) {
    super(ctx, env);
    this.#outbox = new Outbox(ctx.storage, (entries) => ledger.apply(entries), { accountId: ctx.id.name });
    this.#book = new AccountBook(ctx.storage, this.#outbox, { terms, crowd, now: Date.now() });
    this.#ringLater();
  }

  /** Sets credit aside for a job, at once and exactly: parallel holds never exceed the balance. Idempotent by job. */
  hold(request: HoldRequest): HoldAnswer {
    const now = Date.now();
    const answer = this.#book.hold(request, now);
    this.#ring(now);
    return answer;
  }

  /** The word of an edge or a hub that these jobs live: their holds last on. */
  renew(jobIds: string[]): void {
    const now = Date.now();
    this.#book.renew(jobIds, now);
    this.#ring(now);
  }

  /**
   * The edge's word that a job ends without a further part. With `interrupted` = 0 nothing was delivered and its hold goes back. Else so
   * many parts delivered something: they are charged where the caller has its answer or left (`isCharged`), and otherwise free.
   */
  release(jobId: string, interrupted = 0, isCharged = false): void {
    const now = Date.now();
    this.#book.release(jobId, { interrupted, fate: isCharged ? 'charged' : 'free' }, now);
    this.#ring(now);
  }

  /**
   * Takes one part as its hub settled it, in any order; `applied` is false when it had been taken before. A part that does not end
   * its job is kept, uncharged, until it is known how the job ended.
   */
  settle(settlement: SettlementJson): { applied: boolean } {
    const now = Date.now();
    const applied = this.#book.settle(settlement, now);
    this.#ring(now);
    return { applied };
  }

  /** Several at once, in one transaction; false for one that cannot be taken, which must not hold up the others. */
  settleAll(settlements: SettlementJson[]): boolean[] {
    return settlements.map((settlement) => {
      try {
        this.settle(settlement);
        return true;
      } catch (error) {
        const { accountId, jobId, part } = settlement;
        log.error('settlement-not-taken', { accountId, jobId, part, error });
        return false;
      }
    });
  }

  /** Adds `amount` units once by `eventId`; `balance` is the balance after it. `isTooMuch`: it would be above MAX_BALANCE, and stays. */
  grant(grant: { eventId: string; accountId: string; amount: number; memo: string | null }): {
    balance: number;
    applied: boolean;
    isTooMuch?: true;
  } {
    const now = Date.now();
    const applied = this.#book.grant(grant, now);
    this.#ring(now);
    const { balance } = this.#book;
    return applied === null ? { balance, applied: false, isTooMuch: true } : { balance, applied };
  }

  /** Refuses every later hold for this key. */
  revokeKey(keyId: string): void {
    this.#book.bars.revokeKey(keyId);
  }

  /** Refuses every later hold for a job in this pool, whatever an edge still believes of the account. */
  leavePool(poolId: string): void {
    this.#book.bars.leavePool(poolId);
  }

  joinPool(poolId: string): void {
    this.#book.bars.joinPool(poolId);
  }

  /** Refuses every later hold. Running jobs still settle. */
  disable(): void {
    this.#book.disable(Date.now());
  }

  /** What was closed here for good, to be compared with the books. */
  closed(): { revokedKeys: string[]; isDisabled: boolean } {
    return this.#book.closed;
  }

  usage(): AccountUsage {
    this.#sweep();
    return { balance: this.#book.balance, held: this.#book.held, totals: this.#book.totals };
  }

  /**
   * A job's settlements that D1 does not have yet; those whose charge is not decided, because the job has not ended; and whether one
   * may still come, because the job holds credit or its parts wait.
   */
  receipts(jobId: string): { settlements: SettlementJson[]; waiting: SettlementJson[]; pending: boolean } {
    this.#sweep();
    const settlements = this.#outbox.findWaiting(jobId).flatMap(({ settlement }) => settlement ?? []);
    return { settlements, waiting: this.#book.findWaiting(jobId), pending: this.#book.isOpen(jobId) };
  }

  /** What the book in D1 must show for this account: the balance less what is still on its way there. */
  booked(): ObjectSide {
    const { events, own } = this.#outbox.waiting();
    return { booked: this.#book.balance - own, waiting: events, unpayable: this.#outbox.unpayable };
  }

  override async alarm(): Promise<void> {
    this.#book.sweep(Date.now());
    await this.#outbox.drain();
    this.#ringLater();
  }

  #sweep(): void {
    const now = Date.now();
    this.#book.sweep(now);
    this.#ring(now);
  }

  /** Every call may have booked what had lapsed, beside what it was made for. */
  #ring(now: number): void {
    if (this.#outbox.hasNew) this.#outbox.ring(now);
    this.#ringLater();
  }

  /** Holds that nobody tells of are given back, and parts that wait for their job's end booked, also where nobody calls. */
  #ringLater(): void {
    const at = this.#book.nextLapseAt;
    if (at !== null) this.#outbox.ringBy(at);
  }
}
