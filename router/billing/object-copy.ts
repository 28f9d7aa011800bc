// All that an object keeps in its SQLite, out to a file and in from one: every table by its name, page by page, but for those that must not travel.
import { buildCreate, buildInsert, buildSelect, countCell, encodeCell, quote } from './build-copy.ts';
import type { Cell, CopyPiece, CopyTable } from './build-copy.ts';
import { PAUSE_TABLE } from './object-pause.ts';

/** Where a copy goes on: behind a row of a table, or at its beginning. */
export interface CopyPlace {
  readonly table: string;
  readonly after: readonly Cell[] | null;
}

export interface CopyPage {
  readonly pieces: readonly CopyPiece[];
  /** Null where this was the last. */
  readonly next: CopyPlace | null;
}

/** Bytes of one page, about: it travels in one call. */
const PAGE_BYTES = 256 * 1024;
const PAGE_ROWS = 2000;

interface StoredTable extends CopyTable {
  readonly sql: string;
}

export class ObjectCopy {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  /** The next page behind a place; null for the first. What stands there must not change between two pages. */
  read(from: CopyPlace | null): CopyPage {
    const tables = this.#tables();
    const pieces: CopyPiece[] = [];
    let room = PAGE_BYTES;
    for (const table of tables.slice(from ? tables.findIndex(({ name }) => name === from.table) : 0)) {
      const after = table.name === from?.table ? from.after : null;
      const { rows, last, bytes } = this.#readRows(table, after, room);
      const { name, sql, columns } = table;
      pieces.push({ table: name, sql, columns, rows, isFirst: after === null });
      room -= bytes;
      if (last !== null) return { pieces, next: { table: name, after: last } };
      const following = tables[tables.indexOf(table) + 1];
      if (room <= 0 && following) return { pieces, next: { table: following.name, after: null } };
    }
    return { pieces, next: null };
  }

  /** Writes a page. What the object remembers of before is wrong from now on: it has to begin anew. */
  write(pieces: readonly CopyPiece[]): void {
    this.#storage.transactionSync(() => {
      for (const { table, sql, columns, rows, isFirst } of pieces) {
        if (table === PAUSE_TABLE) continue;
        if (sql !== null) this.#sql.exec(buildCreate(sql));
        if (isFirst) this.#sql.exec(`DELETE FROM ${quote(table)}`);
        if (rows.length > 0) this.#sql.exec(buildInsert(table, columns), JSON.stringify(rows));
      }
    });
  }

  /** `last`: the key of the last row where others may follow. */
  #readRows(
    table: StoredTable,
    after: readonly Cell[] | null,
    room: number,
  ): { rows: Cell[][]; last: Cell[] | null; bytes: number } {
    const rows: Cell[][] = [];
    let bytes = 0;
    const cursor = this.#sql.exec(buildSelect(table), JSON.stringify(after), PAGE_ROWS);
    for (const row of cursor) {
      const cells = table.columns.map((name) => encodeCell(row[name]));
      rows.push(cells);
      bytes += cells.reduce((sum: number, cell) => sum + countCell(cell), 0);
      if (bytes >= room || rows.length === PAGE_ROWS)
        return { rows, last: table.key.map((name) => encodeCell(row[name])), bytes };
    }
    return { rows, last: null, bytes };
  }

  #tables(): StoredTable[] {
    type Named = { name: string; sql: string };
    const found = this.#sql.exec<Named>(
      `SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL AND name <> ?
        AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' ORDER BY name`,
      PAUSE_TABLE,
    );
    return found.toArray().map(({ name, sql }) => {
      type Column = { name: string; pk: number };
      const columns = this.#sql.exec<Column>('SELECT name, pk FROM pragma_table_info(?)', name).toArray();
      const key = columns.filter(({ pk }) => pk > 0).toSorted((a, b) => a.pk - b.pk);
      return {
        name,
        sql,
        columns: columns.map((column) => column.name),
        key: key.length > 0 ? key.map((column) => column.name) : ['rowid'],
      };
    });
  }
}
