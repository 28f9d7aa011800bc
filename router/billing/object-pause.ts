// Whether an object of money stands still, so that what is copied of all of them is of one moment. In a row of its own, which never travels.

/** `draining`: nothing new begins; what runs ends and is booked. `closed`: nothing moves any more. */
export type PauseLevel = 'draining' | 'closed';

export interface Pause {
  readonly level: PauseLevel;
  /** When it ends by itself, ms since epoch: a copy that dies must not stop a network for ever. Null: never. */
  readonly untilAt: number | null;
}

export const PAUSE_TABLE = 'pause';
const TABLE = `CREATE TABLE IF NOT EXISTS ${PAUSE_TABLE} (id INTEGER PRIMARY KEY CHECK (id = 1), level TEXT NOT NULL, untilAt INTEGER)`;

export class ObjectPause {
  readonly #sql: SqlStorage;
  #pause: Pause | null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(TABLE);
    type Row = { level: PauseLevel; untilAt: number | null };
    this.#pause = sql.exec<Row>(`SELECT level, untilAt FROM ${PAUSE_TABLE}`).toArray()[0] ?? null;
  }

  /** Null: it goes on. */
  set(pause: Pause | null): void {
    if (pause === null && this.#pause === null) return;
    this.#sql.exec(`DELETE FROM ${PAUSE_TABLE}`);
    if (pause) this.#sql.exec(`INSERT INTO ${PAUSE_TABLE} VALUES (1, ?, ?)`, pause.level, pause.untilAt);
    this.#pause = pause;
  }

  /** Null while it goes on. */
  level(now: number): PauseLevel | null {
    if (this.#pause === null) return null;
    return this.#pause.untilAt !== null && this.#pause.untilAt <= now ? null : this.#pause.level;
  }

  /** Throws where nothing may move: whoever delivers comes again. */
  refuseClosed(now: number): void {
    if (this.level(now) === 'closed') throw new Error('the books are closed while they are copied');
  }
}
