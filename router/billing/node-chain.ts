// The highest receipt that the router has of one node, in its object's SQLite: where the node's chain goes on, should its own state be older.
import type { Hex } from '../../schema/bytes.ts';
import type { UsageReceiptJson } from '../../schema/receipt.ts';

/** A receipt with its node's signature, as it travels. */
export interface ChainEnd {
  readonly receipt: UsageReceiptJson;
  readonly signature: Hex;
}

const TABLE =
  'CREATE TABLE IF NOT EXISTS chainEnd (id INTEGER PRIMARY KEY CHECK (id = 1), receipt TEXT NOT NULL, signature TEXT NOT NULL)';

export class NodeChain {
  readonly #sql: SqlStorage;
  #end: ChainEnd | null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(TABLE);
    const row = sql
      .exec<{ receipt: string; signature: string }>('SELECT receipt, signature FROM chainEnd')
      .toArray()[0];
    this.#end = row ? { receipt: JSON.parse(row.receipt) as UsageReceiptJson, signature: row.signature as Hex } : null;
  }

  /** Null before the first. */
  get end(): ChainEnd | null {
    return this.#end;
  }

  /** Keeps a proven receipt with a higher number than any before. */
  note(end: ChainEnd): void {
    if (this.#end && BigInt(this.#end.receipt.seq) >= BigInt(end.receipt.seq)) return;
    this.#sql.exec('INSERT OR REPLACE INTO chainEnd VALUES (1, ?, ?)', JSON.stringify(end.receipt), end.signature);
    this.#end = end;
  }
}
