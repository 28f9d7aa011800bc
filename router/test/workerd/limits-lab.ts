// One account in a plain process, with a clock in the test's hands: it can be restarted at any moment, and asked what its keys may.
import { makeNode, makeSettlement, makeTicket, newId } from './make-settlement.ts';
import { FakeStorage, makeState } from './sqlite-objects.ts';
import type { KeyLimits } from '../../../schema/key-limits.ts';
import type { SettlementJson } from '../../../schema/settlement.ts';
import { AccountBook } from '../../billing/account-book.ts';
import { CROWD_LIMITS } from '../../billing/decide-crowd.ts';
import type { HoldAnswer, HoldRequest } from '../../billing/hold-answer.ts';
import { Outbox } from '../../billing/outbox.ts';

export const NO_LIMITS: KeyLimits = {
  day: null,
  month: null,
  total: null,
  job: null,
  requests: null,
  tokens: null,
  concurrent: null,
};
/** A quarter of an hour before midnight, UTC. */
const EVENING = Date.parse('2028-02-29T23:45:00Z');

const node = makeNode('limits-lab');
const ticket = makeTicket(node, { issuedAtMs: BigInt(EVENING), expiresAtMs: BigInt(EVENING + 3_600_000) });
const settled = makeSettlement(node, { ticket, receipt: null, jobId: newId('job'), accountId: 'acct_lab' });

export class LimitsLab {
  readonly #storage = new FakeStorage();
  now = EVENING;
  outbox!: Outbox;
  book = this.restart();

  constructor(credit: number) {
    this.book.grant({ eventId: 'start', accountId: 'acct_lab', amount: credit, memo: null }, this.now);
  }

  restart(): AccountBook {
    const { storage } = makeState('acct_lab', this.#storage);
    this.outbox = new Outbox(storage, async () => [], {});
    const terms = { leaseMs: 75_000, graceMs: 15_000, toldMs: 48_000 };
    const options = { terms, crowd: CROWD_LIMITS, now: this.now, accountId: 'acct_lab' };
    return (this.book = new AccountBook(storage, this.outbox, options));
  }

  limit(keyId: string, limits: Partial<KeyLimits>): void {
    this.book.setKeyLimits(keyId, { ...NO_LIMITS, ...limits }, this.now);
  }

  hold(keyId: string, amount: number, more: Partial<HoldRequest> = {}): HoldAnswer & { readonly jobId: string } {
    const jobId = more.jobId ?? newId('job');
    const request = { jobId, keyId, amount, expiresAt: this.now + 3_900_000, ...more };
    return { ...this.book.hold(request, this.now), jobId };
  }

  /** A whole answer for so many units, 30 tokens of it; gives what was charged. */
  settle(jobId: string, keyId: string, charge: number, more: Partial<SettlementJson> = {}): number {
    const before = this.book.balance;
    this.book.settleAll([{ ...settled, jobId, keyId, charge, earn: 0, ...more }], this.now, (_, error) => {
      throw error;
    });
    return before - this.book.balance;
  }

  /** A job of a key from its hold to its charge. */
  spend(keyId: string, charge: number): void {
    const { ok, jobId } = this.hold(keyId, charge);
    if (!ok) throw new Error('refused');
    this.settle(jobId, keyId, charge);
  }
}
