// The hub that a node was let in at last, in its object's SQLite: where a second agent with its key has to be looked for.

const TABLE = 'CREATE TABLE IF NOT EXISTS seat (id INTEGER PRIMARY KEY CHECK (id = 1), hub TEXT NOT NULL)';

export class NodeSeat {
  readonly #sql: SqlStorage;
  #hub: string | null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(TABLE);
    this.#hub = sql.exec<{ hub: string }>('SELECT hub FROM seat').toArray()[0]?.hub ?? null;
  }

  get hub(): string | null {
    return this.#hub;
  }

  /** A row is written only where it is another hub. */
  take(hub: string): void {
    if (hub === this.#hub) return;
    this.#sql.exec('INSERT OR REPLACE INTO seat VALUES (1, ?)', hub);
    this.#hub = hub;
  }
}
