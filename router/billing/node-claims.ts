// What the chain has paid of one node's earnings, in its object's SQLite: each claim once, by the place on the chain where it stands, with the entry that tells
// the book in the same transaction.
import type { Hex } from '../../schema/bytes.ts';
import { buildClaimEntry } from './build-entry.ts';
import type { Outbox } from './outbox.ts';

/** A claim that no fork takes back. */
export interface NotedClaim {
  /** Chain, block, transaction and log: what it is known by. */
  readonly id: string;
  /** The account that owns the node. */
  readonly accountId: string;
  readonly units: number;
  readonly wallet: Hex;
  readonly tx: Hex;
  /** Of its block, ms since epoch. */
  readonly at: number;
  /** Who sent the transaction, and this claim's share of its gas, wei. */
  readonly sender: Hex;
  readonly gasWei: string;
  /** The claim was burned for API credit in the same transaction. */
  readonly isCredited: boolean;
}

export type ListedClaim = Omit<NotedClaim, 'accountId'>;

export interface ClaimPage {
  readonly claims: ListedClaim[];
  /** Null for no more. */
  readonly next: number | null;
}

const PAGE = 100;

const TABLES = [
  `CREATE TABLE IF NOT EXISTS chainClaims (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, units INTEGER NOT NULL, wallet TEXT NOT NULL, tx TEXT NOT NULL,
    at INTEGER NOT NULL, sender TEXT NOT NULL, gasWei TEXT NOT NULL, isCredited INTEGER NOT NULL)`,
];

type ClaimRow = Omit<ListedClaim, 'isCredited'> & { place: number; isCredited: number };

export class NodeClaims {
  readonly #storage: DurableObjectStorage;
  readonly #outbox: Outbox;
  #total: number;

  constructor(storage: DurableObjectStorage, outbox: Outbox) {
    this.#storage = storage;
    this.#outbox = outbox;
    for (const table of TABLES) storage.sql.exec(table);
    const query = 'SELECT coalesce(sum(units), 0) AS total FROM chainClaims';
    this.#total = storage.sql.exec<{ total: number }>(query).one().total;
  }

  /** Units of all claims. */
  get total(): number {
    return this.#total;
  }

  /** False for one that is known already. */
  note(claim: NotedClaim): boolean {
    const { id, accountId, units, wallet, tx, at, sender, gasWei, isCredited } = claim;
    const { sql } = this.#storage;
    const isNew = this.#storage.transactionSync(() => {
      const insert = `INSERT INTO chainClaims (id, units, wallet, tx, at, sender, gasWei, isCredited) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING RETURNING 1`;
      const values = [id, units, wallet, tx, at, sender, gasWei, isCredited ? 1 : 0];
      if (sql.exec(insert, ...values).toArray().length === 0) return false;
      this.#outbox.add(buildClaimEntry({ id: `claim:${id}`, accountId, amount: units, at }), 0);
      return true;
    });
    if (isNew) this.#total += units;
    return isNew;
  }

  /** The newest first; `before`: the `next` of an earlier page, null for the newest. */
  list(before: number | null): ClaimPage {
    const query = 'SELECT * FROM chainClaims WHERE place < ? ORDER BY place DESC LIMIT ?';
    const rows = this.#storage.sql
      .exec(query, before ?? Number.MAX_SAFE_INTEGER, PAGE)
      .toArray() as unknown as ClaimRow[];
    const claims = rows.map(({ id, units, wallet, tx, at, sender, gasWei, isCredited }) => ({
      id,
      units,
      wallet,
      tx,
      at,
      sender,
      gasWei,
      isCredited: isCredited !== 0,
    }));
    return { claims, next: rows.length === PAGE ? (rows.at(-1)?.place ?? null) : null };
  }
}
