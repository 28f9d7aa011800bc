// Bought credit that goes back to where it came from: a refund, a dispute, what a one-time payment did not use. An account never falls below zero by
// it, nor below what its jobs hold: what it has not any more is the operator's loss, and stands in the event.
import type { CreditSource } from '../../schema/credit.ts';
import type { AccountStore } from './account-store.ts';
import { buildReturnEntry } from './build-entry.ts';
import { NO_CREDIT } from './credit-books.ts';
import { addLot, sumLots, takeKind } from './credit-lots.ts';
import type { Lot } from './credit-lots.ts';
import type { Outbox } from './outbox.ts';

/**
 * What one refund or dispute claims of its checkout, what was taken and lost by it, and whether it came again. The sums of a checkout are what counts: a
 * row that comes again may give back what another one of its checkout took.
 */
const TABLE = `CREATE TABLE IF NOT EXISTS returns (source TEXT PRIMARY KEY, checkout TEXT NOT NULL, claimed INTEGER NOT NULL,
  taken INTEGER NOT NULL, lost INTEGER NOT NULL, isRestored INTEGER NOT NULL) WITHOUT ROWID`;

interface ReturnRow {
  readonly claimed: number;
  readonly taken: number;
  readonly lost: number;
  readonly isRestored: boolean;
}

const NOTHING: ReturnRow = { claimed: 0, taken: 0, lost: 0, isRestored: false };

/** A refund or a dispute of what was bought. */
interface Back {
  readonly accountId: string;
  /** Which refund or dispute. */
  readonly source: string;
  /** What was bought by it: no more than that goes back, whatever its refunds and disputes come to together. Units. */
  readonly checkout: { readonly id: string; readonly amount: number };
  readonly to: CreditSource;
  readonly memo: string;
}

export class AccountReturns {
  readonly #sql: SqlStorage;
  readonly #store: AccountStore;
  readonly #outbox: Outbox;

  constructor(sql: SqlStorage, store: AccountStore, outbox: Outbox) {
    this.#sql = sql;
    this.#store = store;
    this.#outbox = outbox;
  }

  /**
   * Takes back what a source has come to: `upTo` units in all, so that what comes twice, late or out of order takes nothing twice. What is not
   * available any more as bought credit, or is held by a job that runs, is lost. Gives what was taken and lost by this call.
   */
  takeBack(back: Back & { readonly upTo: number }, now: number): { taken: number; lost: number } {
    const { accountId, source, checkout, upTo, to, memo } = back;
    if (!Number.isSafeInteger(upTo) || upTo < 0) throw new RangeError('what is taken back is a whole number ≥ 0');
    const known = this.#find(source);
    if (known.isRestored || upTo <= known.claimed) return { taken: 0, lost: 0 };
    const claimed = { ...known, claimed: upTo };
    const sums = this.#sum(checkout.id);
    const wanted = Math.min(checkout.amount, sums.claimed - known.claimed + upTo);
    const due = Math.max(0, wanted - sums.taken - sums.lost);
    const { available, state } = this.#store;
    const { lots, drawn } = takeKind(state.lots, Math.max(0, Math.min(due, available)), 'bought');
    const taken = drawn.bought;
    const lost = due - taken;
    this.#store.commit(now, (staged) => {
      this.#write(source, checkout.id, { ...claimed, taken: known.taken + taken, lost: known.lost + lost });
      if (due === 0) return;
      const id = `back:${source}:${upTo}`;
      this.#outbox.add(buildReturnEntry({ id, accountId, taken: drawn, lost, to, memo, at: now }), 0 - taken);
      this.#store.setLots(lots);
      staged.isChanged = true;
    });
    return { taken, lost };
  }

  /**
   * Gives again, once, what was taken and lost of a checkout beyond what its other refunds and disputes claim: what was lost first, as the account had
   * what is left of them. Gives the account's units. A source that comes to nothing later takes nothing either.
   */
  restore(back: Back, now: number): number {
    const { accountId, source, checkout, to, memo } = back;
    const known = this.#find(source);
    if (known.isRestored) return 0;
    const sums = this.#sum(checkout.id);
    const wanted = Math.min(checkout.amount, sums.claimed - known.claimed);
    const due = Math.max(0, sums.taken + sums.lost - wanted);
    const lost = Math.min(sums.lost, due);
    const taken = due - lost;
    this.#store.commit(now, (staged) => {
      const left = { claimed: known.claimed, taken: known.taken - taken, lost: known.lost - lost, isRestored: true };
      this.#write(source, checkout.id, left);
      if (due === 0) return;
      const again = { taken: { ...NO_CREDIT, bought: 0 - taken }, lost: 0 - lost };
      this.#outbox.add(buildReturnEntry({ id: `again:${source}`, accountId, ...again, to, memo, at: now }), taken);
      this.#store.setLots(addBought(this.#store.state.lots, taken));
      staged.isChanged = true;
    });
    return taken;
  }

  /** Nothing is held for this account any more, and what it has goes back: it was opened for one payment. */
  close(accountId: string, now: number): void {
    if (this.#store.state.disabledAt !== null) return;
    const rest = this.#store.state.balance;
    this.#store.commit(now, (staged) => {
      if (rest > 0) {
        const memo = 'what a payment allowed and the call did not use';
        const entry = {
          id: `back:x402:${accountId}`,
          accountId,
          taken: sumLots(this.#store.state.lots),
          lost: 0,
          to: 'x402',
          memo,
          at: now,
        } as const;
        this.#outbox.add(buildReturnEntry(entry), 0 - rest);
      }
      this.#store.setLots([]);
      this.#store.state = { ...this.#store.state, disabledAt: now };
      staged.isChanged = true;
    });
  }

  /** What a payment was charged and never brought in. */
  writeOff({ accountId, amount, reason }: { accountId: string; amount: number; reason: string }, now: number): void {
    const memo = `never paid: ${reason}`;
    const entry = {
      id: `lost:x402:${accountId}`,
      accountId,
      taken: NO_CREDIT,
      lost: amount,
      to: 'x402',
      memo,
      at: now,
    } as const;
    this.#store.commit(now, () => void this.#outbox.add(buildReturnEntry(entry), 0));
  }

  #find(source: string): ReturnRow {
    this.#sql.exec(TABLE);
    const query = 'SELECT claimed, taken, lost, isRestored FROM returns WHERE source = ?';
    type Row = { claimed: number; taken: number; lost: number; isRestored: number };
    const row = this.#sql.exec<Row>(query, source).toArray()[0];
    return row ? { ...row, isRestored: row.isRestored === 1 } : NOTHING;
  }

  /** Of all refunds and disputes of a checkout: what stands claimed, and what was taken and lost and did not come again, units. */
  #sum(checkout: string): Omit<ReturnRow, 'isRestored'> {
    const query = `SELECT coalesce(sum(claimed * (1 - isRestored)), 0) AS claimed, coalesce(sum(taken), 0) AS taken,
      coalesce(sum(lost), 0) AS lost FROM returns WHERE checkout = ?`;
    return this.#sql.exec<{ claimed: number; taken: number; lost: number }>(query, checkout).one();
  }

  #write(source: string, checkout: string, { claimed, taken, lost, isRestored }: ReturnRow): void {
    const insert = 'INSERT OR REPLACE INTO returns VALUES (?, ?, ?, ?, ?, ?)';
    this.#sql.exec(insert, source, checkout, claimed, taken, lost, isRestored ? 1 : 0);
  }
}

function addBought(lots: readonly Lot[], units: number): readonly Lot[] {
  return units > 0 ? (addLot(lots, { kind: 'bought', left: units }) ?? lots) : lots;
}
