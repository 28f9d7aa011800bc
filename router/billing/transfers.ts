// Credit on its way from one object to another: kept by the one until the other has answered. Both decide each transfer once by its id, so that it may
// be sent as often as it takes.
import type { Lot } from './credit-lots.ts';
import { sumCredit } from './credit-books.ts';
import { sumLots } from './credit-lots.ts';

export interface Transfer {
  /** Of the event that took it out of the first object. */
  readonly id: string;
  /** The account or node that sends it, and the account that gets it. */
  readonly from: string;
  readonly to: string;
  /** As it is to stand at the receiver's. */
  readonly credit: readonly Lot[];
  readonly memo: string | null;
}

/** False where the receiver has no room: it goes back. Once given, an answer stands. */
export interface TransferAnswer {
  readonly isTaken: boolean;
}

export type SendTransfer = (transfer: Transfer) => Promise<TransferAnswer>;

/** What is sent at one alarm. */
const SENT_AT_ONCE = 32;

const TABLE =
  'CREATE TABLE IF NOT EXISTS transfers (id TEXT PRIMARY KEY, receiver TEXT NOT NULL, transfer TEXT NOT NULL) WITHOUT ROWID';

export class Transfers {
  readonly #sql: SqlStorage;
  #mayWait: boolean;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(TABLE);
    this.#mayWait = sql.exec('SELECT 1 FROM transfers LIMIT 1').toArray().length > 0;
  }

  /** For the caller's transaction. */
  add(transfer: Transfer): void {
    this.#sql.exec('INSERT INTO transfers VALUES (?, ?, ?)', transfer.id, transfer.to, JSON.stringify(transfer));
    this.#mayWait = true;
  }

  /** For the caller's transaction, or alone. */
  remove(id: string): void {
    this.#sql.exec('DELETE FROM transfers WHERE id = ?', id);
  }

  has(id: string): boolean {
    return this.#sql.exec('SELECT 1 FROM transfers WHERE id = ?', id).toArray().length > 0;
  }

  /** False where none waits for sure, which costs nothing to tell. */
  get mayWait(): boolean {
    return this.#mayWait;
  }

  /** Those that wait, as many as are sent at once. */
  list(): Transfer[] {
    const waiting = this.#read('SELECT transfer FROM transfers ORDER BY id LIMIT ?', SENT_AT_ONCE);
    this.#mayWait = waiting.length > 0;
    return waiting;
  }

  /** How many wait. */
  get count(): number {
    return this.#sql.exec<{ count: number }>('SELECT count(*) AS count FROM transfers').one().count;
  }

  /** Units that are on their way to one account. */
  sumTo(to: string): number {
    const sent = this.#read('SELECT transfer FROM transfers WHERE receiver = ?', to);
    return sumCredit(sumLots(sent.flatMap(({ credit }) => credit)));
  }

  #read(query: string, ...values: SqlStorageValue[]): Transfer[] {
    const rows = this.#sql.exec<{ transfer: string }>(query, ...values).toArray();
    return rows.map(({ transfer }) => JSON.parse(transfer) as Transfer);
  }
}
