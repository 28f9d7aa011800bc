// The highest receipt that the router has of one node: where the node's chain goes on, should its own state be older. In a row of its own only where the
// newest batch of accepted receipts does not hold it.
import type { Hex } from '../../schema/bytes.ts';
import type { UsageReceiptJson } from '../../schema/receipt.ts';
import type { SealedJson } from '../../schema/seal.ts';

/** A receipt with its node's signature, as it travels. */
export interface ChainEnd {
  readonly receipt: UsageReceiptJson;
  readonly signature: Hex;
  readonly sealed: SealedJson | null;
}

const TABLES = [
  'CREATE TABLE IF NOT EXISTS chainEnd (id INTEGER PRIMARY KEY CHECK (id = 1), receipt TEXT NOT NULL, signature TEXT NOT NULL)',
  // Beside the row of an earlier version, which knew no seals.
  'CREATE TABLE IF NOT EXISTS chainEndSeal (id INTEGER PRIMARY KEY CHECK (id = 1), seq TEXT NOT NULL, sealed TEXT NOT NULL)',
];

export class NodeChain {
  readonly #sql: SqlStorage;
  #end: ChainEnd | null;
  /** What its row says. */
  #saved: ChainEnd | null;

  /** `accepted`: the highest of the newest batch. */
  constructor(sql: SqlStorage, accepted: ChainEnd | null) {
    this.#sql = sql;
    for (const table of TABLES) sql.exec(table);
    this.#saved = this.#read();
    this.#end = later(this.#saved, accepted);
  }

  /** Null before the first. */
  get end(): ChainEnd | null {
    return this.#end;
  }

  /** Notes a proven receipt; `save` keeps it. */
  note(end: ChainEnd): void {
    this.#end = later(this.#end, end);
  }

  /** Writes the end down unless that was done, or the newest batch, of these receipts, holds it. */
  save(accepted: ReadonlySet<string>): void {
    const end = this.#end;
    if (!end || end === this.#saved || accepted.has(end.receipt.seq)) return;
    if (this.#saved && BigInt(this.#saved.receipt.seq) >= BigInt(end.receipt.seq)) return;
    this.#sql.exec('INSERT OR REPLACE INTO chainEnd VALUES (1, ?, ?)', JSON.stringify(end.receipt), end.signature);
    const sealed = [end.receipt.seq, JSON.stringify(end.sealed)];
    this.#sql.exec('INSERT OR REPLACE INTO chainEndSeal VALUES (1, ?, ?)', ...sealed);
    this.#saved = end;
  }

  #read(): ChainEnd | null {
    const row = this.#sql
      .exec<{ receipt: string; signature: string }>('SELECT receipt, signature FROM chainEnd')
      .toArray()[0];
    if (!row) return null;
    const receipt = JSON.parse(row.receipt) as UsageReceiptJson;
    const seal = this.#sql.exec<{ seq: string; sealed: string }>('SELECT seq, sealed FROM chainEndSeal').toArray()[0];
    const sealed = seal?.seq === receipt.seq ? (JSON.parse(seal.sealed) as SealedJson | null) : null;
    return { receipt, signature: row.signature as Hex, sealed };
  }
}

/** The one with the higher number; of equals the first. */
function later(one: ChainEnd | null, other: ChainEnd | null): ChainEnd | null {
  if (!one || !other) return one ?? other;
  return BigInt(other.receipt.seq) > BigInt(one.receipt.seq) ? other : one;
}
