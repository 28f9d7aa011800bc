// Earnings of one node that its owner turned into API credit, in its object's SQLite: each order once, by its number. What is turned into credit is
// taken out of the owner's book and sent to the owner's account.
import { buildSpendEntry } from './build-entry.ts';
import type { Outbox } from './outbox.ts';
import { MEMOS } from './tell-memo.ts';
import type { Transfers } from './transfers.ts';

/** An order whose signature was checked. */
export interface SignedOrder {
  /** Units. */
  readonly amount: number;
  readonly number: number;
  /** ms since epoch. */
  readonly expiresAt: number;
  /** The account that owns the node, and gets the credit. */
  readonly accountId: string;
}

export interface SpendState {
  /** Units turned into credit so far. */
  readonly spent: number;
  /** Units that an order may turn into credit now. */
  readonly available: number;
  /** Units that are claimed on the chain instead; 0 where there is none. */
  readonly locked: number;
  /** The highest number that was carried out; 0 for none. */
  readonly lastNumber: number;
}

export type SpendFault = 'number-used' | 'expired' | 'too-much';
/** `applied` is false for an order that was carried out before. */
export type SpendAnswer = SpendState &
  ({ readonly ok: true; readonly applied: boolean } | { readonly ok: false; readonly reason: SpendFault });

/** What the node has earned: as its own object accepted it and as the book has it, what the network holds back of it, and what the chain pays. Units. */
export interface Earned {
  readonly accepted: number;
  readonly booked: number;
  readonly withheld: number;
  /** What is claimed on the chain and nowhere else. */
  readonly locked: number;
}

/** Units, and ms since epoch. */
export interface CarriedOrder {
  readonly number: number;
  readonly amount: number;
  readonly at: number;
}

/** Orders that are known one by one: of an older one only its number is known to be used. */
const KNOWN_ORDERS = 1000;

const TABLES = [
  'CREATE TABLE IF NOT EXISTS spending (id INTEGER PRIMARY KEY CHECK (id = 1), spent INTEGER NOT NULL, lastNumber INTEGER NOT NULL)',
  'INSERT INTO spending VALUES (1, 0, 0) ON CONFLICT DO NOTHING',
  'CREATE TABLE IF NOT EXISTS orders (number INTEGER PRIMARY KEY, amount INTEGER NOT NULL, at INTEGER NOT NULL)',
];

export class NodeSpending {
  readonly #nodeId: string;
  readonly #storage: DurableObjectStorage;
  readonly #outbox: Outbox;
  readonly #transfers: Transfers;

  constructor(
    storage: DurableObjectStorage,
    { nodeId, outbox, transfers }: { nodeId: string; outbox: Outbox; transfers: Transfers },
  ) {
    this.#nodeId = nodeId;
    this.#storage = storage;
    this.#outbox = outbox;
    this.#transfers = transfers;
    for (const table of TABLES) storage.sql.exec(table);
  }

  /** Units that were turned into credit; never falls. */
  get spent(): number {
    return this.#row.spent;
  }

  state({ accepted, booked, withheld, locked }: Earned): SpendState {
    const { spent, lastNumber } = this.#row;
    const available = Math.max(0, Math.min(accepted, booked) - withheld - spent - locked);
    return { spent, available, locked, lastNumber };
  }

  /**
   * Carries an order out, once by its number (again with the same amount it is the same order), with what tells the book and what the account gets, in one transaction. Never more than what the node has
   * earned by its own account and by the book, so that the owner's book never falls below zero. An order that was refused has used no number.
   */
  spend(order: SignedOrder, earned: Earned, now: number): SpendAnswer {
    const { amount, number, expiresAt, accountId } = order;
    const state = this.state(earned);
    const known = this.#find(number);
    if (known !== null)
      return known === amount ? { ...state, ok: true, applied: false } : { ...state, ok: false, reason: 'number-used' };
    if (number <= state.lastNumber) return { ...state, ok: false, reason: 'number-used' };
    if (expiresAt <= now) return { ...state, ok: false, reason: 'expired' };
    if (amount > state.available) return { ...state, ok: false, reason: 'too-much' };
    const id = `spend:${this.#nodeId}:${number}`;
    this.#storage.transactionSync(() => {
      this.#outbox.add(buildSpendEntry({ id, accountId, amount, at: now }), 0);
      const memo = MEMOS.earningsOf(this.#nodeId);
      this.#transfers.add({ id, from: this.#nodeId, to: accountId, credit: [{ kind: 'earned', left: amount }], memo });
      const { sql } = this.#storage;
      sql.exec('INSERT INTO orders VALUES (?, ?, ?)', number, amount, now);
      sql.exec(
        'DELETE FROM orders WHERE number NOT IN (SELECT number FROM orders ORDER BY number DESC LIMIT ?)',
        KNOWN_ORDERS,
      );
      sql.exec('UPDATE spending SET spent = spent + ?, lastNumber = ?', amount, number);
    });
    return { ...this.state(earned), ok: true, applied: true };
  }

  /** Orders that are known one by one, from a time on (ms since epoch), the newest first. */
  list(since: number): CarriedOrder[] {
    const query = 'SELECT number, amount, at FROM orders WHERE at >= ? ORDER BY number DESC';
    return this.#storage.sql.exec<{ number: number; amount: number; at: number }>(query, since).toArray();
  }

  get #row(): { readonly spent: number; readonly lastNumber: number } {
    const query = 'SELECT spent, lastNumber FROM spending';
    return this.#storage.sql.exec<{ spent: number; lastNumber: number }>(query).one();
  }

  #find(number: number): number | null {
    const query = 'SELECT amount FROM orders WHERE number = ?';
    return this.#storage.sql.exec<{ amount: number }>(query, number).toArray()[0]?.amount ?? null;
  }
}
