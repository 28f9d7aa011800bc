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

export class SponsoredCredit {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(TABLE);
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

  /** Up to `limit` receivers in the order of their ids, from after `afterId`. */
  list(afterId: string, limit: number): SponsoredSums[] {
    const query = 'SELECT accountId, given, returned, at FROM sponsored WHERE accountId > ? ORDER BY accountId LIMIT ?';
    type Row = { accountId: string; given: number; returned: number; at: number };
    return this.#sql.exec<Row>(query, afterId, limit).toArray();
  }
}
