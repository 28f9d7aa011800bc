// What one account gave to others as their sponsor, and what came back, by receiver: sums, so that many gifts to one account are one row.

export interface SponsoredSums {
  readonly accountId: string;
  /** Units. What was refused was never given. */
  readonly given: number;
  readonly returned: number;
  /** When something was given or came back last, ms since epoch. */
  readonly at: number;
}

const TABLE = `CREATE TABLE IF NOT EXISTS sponsored (accountId TEXT PRIMARY KEY, given INTEGER NOT NULL, returned INTEGER NOT NULL,
  at INTEGER NOT NULL) WITHOUT ROWID`;

/** Each gift by its id, for as long as that is known: for ever. */
const GIFTS =
  'CREATE TABLE IF NOT EXISTS gift_ids (id TEXT PRIMARY KEY, receiver TEXT NOT NULL, amount INTEGER NOT NULL) WITHOUT ROWID';

/** Units, and who gets them. */
interface GivenTo {
  readonly to: string;
  readonly amount: number;
}

export class SponsoredCredit {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(TABLE);
    sql.exec(GIFTS);
  }

  /** For the caller's transaction. */
  note(
    accountId: string,
    { given = 0, returned = 0, at }: { readonly given?: number; readonly returned?: number; readonly at: number },
  ): void {
    const insert = `INSERT INTO sponsored VALUES (?, ?, ?, ?) ON CONFLICT (accountId)
      DO UPDATE SET given = given + excluded.given, returned = returned + excluded.returned, at = excluded.at`;
    this.#sql.exec(insert, accountId, given, returned, at);
  }

  /** For the caller's transaction. */
  noteGift(id: string, { to, amount }: GivenTo): void {
    this.#sql.exec('INSERT INTO gift_ids VALUES (?, ?, ?)', id, to, amount);
  }

  /** Whether the gift with this id was this one. */
  isGift(id: string, { to, amount }: GivenTo): boolean {
    const query = 'SELECT 1 FROM gift_ids WHERE id = ? AND receiver = ? AND amount = ?';
    return this.#sql.exec(query, id, to, amount).toArray().length > 0;
  }

  /** Up to `limit` receivers in the order of their ids, from after `afterId`. */
  list(afterId: string, limit: number): SponsoredSums[] {
    const query = 'SELECT accountId, given, returned, at FROM sponsored WHERE accountId > ? ORDER BY accountId LIMIT ?';
    type Row = { accountId: string; given: number; returned: number; at: number };
    return this.#sql.exec<Row>(query, afterId, limit).toArray();
  }
}
