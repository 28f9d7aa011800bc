// Two tables that take turns, so that what is old goes without a search and without a date in each row: rows are written to the one whose turn it
// is, and when its turn comes again it is emptied as a whole. A row lasts between one turn and two.

/** How long a turn is, ms. */
export const TURN_MS = 30 * 86_400_000;

export class TurnedTables {
  readonly #sql: SqlStorage;
  readonly #name: string;
  #turn = -1;

  /** Opens `{name}0` and `{name}1`, each with these columns; for the caller's transaction. */
  constructor(sql: SqlStorage, table: { readonly name: string; readonly columns: string }, now: number) {
    this.#sql = sql;
    this.#name = table.name;
    for (const each of this.both) sql.exec(`CREATE TABLE IF NOT EXISTS ${each} (${table.columns}) WITHOUT ROWID`);
    sql.exec(`CREATE TABLE IF NOT EXISTS ${this.#name}_turns (slot INTEGER PRIMARY KEY, turn INTEGER NOT NULL)`);
    this.current(now);
  }

  get both(): readonly [string, string] {
    return [`${this.#name}0`, `${this.#name}1`];
  }

  /** The table to write to, and the one that holds what is older. */
  current(now: number): { readonly table: string; readonly older: string } {
    const turn = Math.max(this.#turn, Math.floor(now / TURN_MS));
    const slot = turn % 2;
    if (turn > this.#turn) this.#begin(turn, slot);
    const [even, odd] = this.both;
    return slot === 0 ? { table: even, older: odd } : { table: odd, older: even };
  }

  #begin(turn: number, slot: number): void {
    const query = `SELECT turn FROM ${this.#name}_turns WHERE slot = ?`;
    if (this.#sql.exec<{ turn: number }>(query, slot).toArray()[0]?.turn !== turn) {
      this.#sql.exec(`DELETE FROM ${this.#name}${slot}`);
      this.#sql.exec(`INSERT OR REPLACE INTO ${this.#name}_turns VALUES (?, ?)`, slot, turn);
    }
    this.#turn = turn;
  }
}
