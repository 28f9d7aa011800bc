// What a node's object accepted before the book kept what each node earns: the book will never tell it, so it is added to what the book tells. In the
// object's SQLite; by accounts and book alone, nothing that a node says moves it.

const TABLES = ['CREATE TABLE IF NOT EXISTS older (id INTEGER PRIMARY KEY CHECK (id = 1), units INTEGER NOT NULL)'];

export class OlderEarnings {
  readonly #sql: SqlStorage;

  /** `accepted`: units of all that the object has accepted; what it had when this was first opened is the most that can be older. */
  constructor(sql: SqlStorage, accepted: number) {
    this.#sql = sql;
    for (const table of TABLES) sql.exec(table);
    sql.exec('INSERT INTO older VALUES (1, ?) ON CONFLICT DO NOTHING', accepted);
  }

  /** Units; 0 for a node whose first job came later. */
  get units(): number {
    return this.#sql.exec<{ units: number }>('SELECT units FROM older').one().units;
  }

  /**
   * Gives what the book has with what is older. `booked` was read before `accepted`, so that the book lacks what is older and what is on its way: the
   * least that it ever lacked is what is older, and never grows again.
   */
  add(booked: number, accepted: number): number {
    const least = Math.max(0, accepted - booked);
    if (least < this.units) this.#sql.exec('UPDATE older SET units = ?', least);
    return booked + this.units;
  }
}
