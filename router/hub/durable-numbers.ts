// Numbers that a hub never gives twice, however often it loses its memory: of its ticket seals and of what it delivers. Reserved on disk in ranges, one
// row for each, so that nearly every number costs no write; what of a range was not used is left out.
const RANGE = 1000;

export class DurableNumbers {
  readonly #sql: SqlStorage;
  #last: number;
  #reserved: number;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec('CREATE TABLE IF NOT EXISTS numbers (id INTEGER PRIMARY KEY CHECK (id = 1), reserved INTEGER NOT NULL)');
    this.#reserved = sql.exec<{ reserved: number }>('SELECT reserved FROM numbers').toArray()[0]?.reserved ?? 0;
    this.#last = this.#reserved;
  }

  /** The next one, from 1. The platform lets nothing leave the object before a range that was reserved is on disk. */
  next(): number {
    if (this.#last === this.#reserved) {
      this.#reserved += RANGE;
      this.#sql.exec('INSERT OR REPLACE INTO numbers VALUES (1, ?)', this.#reserved);
    }
    this.#last += 1;
    return this.#last;
  }
}
