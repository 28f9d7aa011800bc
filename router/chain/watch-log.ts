// How far the chain was read, and what of it is not in the books yet, in the settler's SQLite: both are written in one transaction, so that nothing is left
// out and nothing comes twice.
import { eventIdOf } from '../../schema/chain-events.ts';
import type { BlockName } from './decide-post.ts';
import { FIRST_SPAN } from './decide-watch.ts';
import type { DatedEvent } from './events-chain.ts';

const TABLES = [
  'CREATE TABLE IF NOT EXISTS chainCursor (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER, hash TEXT, span INTEGER NOT NULL)',
  `INSERT INTO chainCursor VALUES (1, NULL, NULL, ${FIRST_SPAN}) ON CONFLICT DO NOTHING`,
  // In the order in which they happened.
  'CREATE TABLE IF NOT EXISTS chainEvents (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, event TEXT NOT NULL)',
];

export interface WaitingEvent {
  readonly id: string;
  readonly event: DatedEvent;
}

export class WatchLog {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    for (const table of TABLES) this.#sql.exec(table);
  }

  get cursor(): BlockName | null {
    const { number, hash } = this.#row;
    return number === null || hash === null ? null : { number, hash: hash as BlockName['hash'] };
  }

  /** Blocks that are asked for at once. */
  get span(): number {
    return this.#row.span;
  }

  setSpan(span: number): void {
    if (span !== this.span) this.#sql.exec('UPDATE chainCursor SET span = ?', span);
  }

  /** What happened until `end` waits for the books from now on. */
  keep(chainId: number, events: readonly DatedEvent[], end: BlockName): void {
    this.#storage.transactionSync(() => {
      const insert = 'INSERT INTO chainEvents (id, event) VALUES (?, ?) ON CONFLICT DO NOTHING';
      for (const event of events) this.#sql.exec(insert, eventIdOf(chainId, event), JSON.stringify(event));
      this.#sql.exec('UPDATE chainCursor SET number = ?, hash = ?', end.number, end.hash);
    });
  }

  /** The oldest that are not in the books. */
  list(limit: number): WaitingEvent[] {
    const rows = this.#sql
      .exec<{ id: string; event: string }>('SELECT id, event FROM chainEvents ORDER BY place LIMIT ?', limit)
      .toArray();
    return rows.map(({ id, event }) => ({ id, event: JSON.parse(event) as DatedEvent }));
  }

  /** The books have it. */
  remove(id: string): void {
    this.#sql.exec('DELETE FROM chainEvents WHERE id = ?', id);
  }

  /** Waits behind all others. */
  putLast({ id, event }: WaitingEvent): void {
    this.#storage.transactionSync(() => {
      this.remove(id);
      this.#sql.exec('INSERT INTO chainEvents (id, event) VALUES (?, ?)', id, JSON.stringify(event));
    });
  }

  get waiting(): number {
    return this.#sql.exec<{ count: number }>('SELECT count(*) AS count FROM chainEvents').one().count;
  }

  get #row(): { readonly number: number | null; readonly hash: string | null; readonly span: number } {
    const query = 'SELECT number, hash, span FROM chainCursor';
    return this.#sql.exec<{ number: number | null; hash: string | null; span: number }>(query).one();
  }
}
