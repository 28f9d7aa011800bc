// The door through which the book in D1 is copied whole: every table by its name, in an order that its references allow, and where a copy stands. The
// keys come last: nobody calls a deployment that is being filled.
import { buildInsert, buildSelect, countCell, encodeCell, sortTables } from './build-copy.ts';
import type { Cell, CopyPiece, CopyTable } from './build-copy.ts';
import type { CopyPlace } from './object-copy.ts';

/** A page of the book, and where the next one begins; null behind the last. `limit`: rows of the next page, as large as these allow. */
export interface BookPage {
  readonly pieces: readonly CopyPiece[];
  readonly next: CopyPlace | null;
  readonly limit: number;
}

/** Why nothing can be put in here. */
export type ImportFault =
  | { readonly kind: 'not-empty' }
  | { readonly kind: 'other-import'; readonly name: string }
  | { readonly kind: 'other-version'; readonly here: readonly string[] };

export interface BookCopy {
  /** Names of the migrations that were applied, in their order. */
  readonly migrations: () => Promise<string[]>;
  /** Ids from after `after`. */
  readonly accountIds: (after: string, limit: number) => Promise<string[]>;
  readonly nodeIds: (after: string, limit: number) => Promise<string[]>;
  /** Payments for single calls that are not settled yet: their objects are not copied. */
  readonly countPayments: () => Promise<number>;
  readonly read: (from: CopyPlace | null, limit: number) => Promise<BookPage>;
  readonly write: (pieces: readonly CopyPiece[]) => Promise<void>;
  /** While it stands still nothing is summed up or moved. `untilAt`: ms since epoch, null for as long as it is told; for the whole argument null it goes on. */
  readonly setPause: (pause: { readonly untilAt: number | null } | null) => Promise<void>;
  readonly isPaused: (now: number) => Promise<boolean>;
  /** Begins to put in what is called `name`, or goes on with it where that broke off; gives why it cannot be. */
  readonly beginImport: (name: string, migrations: readonly string[]) => Promise<ImportFault | null>;
  readonly isImporting: () => Promise<boolean>;
  readonly endImport: (name: string) => Promise<void>;
}

/** Never copied: what migrations keep, where copies stand, figures that are read anew, and what is good in this place and for a while: people sign in anew. */
const STAYS = new Set(['d1_migrations', 'book_copies', 'audits', 'sessions', 'sign_in_codes', 'passkey_challenges']);
/** Its rows open everything else. */
const KEYS = 'api_keys';
const FIRST_LIMIT = 100;
const MOST_ROWS = 4000;
/** A page is made larger below the one and smaller above the other, bytes. */
const SMALL_PAGE = 100_000;
const LARGE_PAGE = 1_000_000;

export function makeBookCopy(database: D1Database): BookCopy {
  const ids = (table: 'accounts' | 'nodes') => async (after: string, limit: number) => {
    const query = `SELECT id FROM ${table} WHERE id > ?1 ORDER BY id LIMIT ?2`;
    const { results } = await database.prepare(query).bind(after, limit).all<{ id: string }>();
    return results.map(({ id }) => id);
  };
  return {
    migrations: () => listMigrations(database),
    accountIds: ids('accounts'),
    nodeIds: ids('nodes'),
    countPayments: async () => {
      const query = "SELECT count(*) AS count FROM payments WHERE state IN ('running', 'sending')";
      return (await database.prepare(query).first<number>('count')) ?? 0;
    },
    read: (from, limit) => readPage(database, from, limit),
    write: async (pieces) => {
      const filled = pieces.filter(({ table, rows }) => rows.length > 0 && !STAYS.has(table));
      if (filled.length === 0) return;
      await database.batch(
        filled.map(({ table, columns, rows }) =>
          database.prepare(buildInsert(table, columns)).bind(JSON.stringify(rows)),
        ),
      );
    },
    setPause: async (pause) => {
      await database.prepare("DELETE FROM book_copies WHERE what = 'pause'").run();
      if (pause) await database.prepare(SET_PAUSE).bind(pause.untilAt).run();
    },
    isPaused: async (now) => {
      const query = "SELECT 1 AS is_paused FROM book_copies WHERE what = 'pause' AND coalesce(until_at, ?1 + 1) > ?1";
      return (await database.prepare(query).bind(now).first()) !== null;
    },
    beginImport: (name, migrations) => beginImport(database, name, migrations),
    isImporting: async () =>
      (await database.prepare("SELECT 1 AS is_on FROM book_copies WHERE what = 'import'").first()) !== null,
    endImport: async (name) => {
      await database.prepare("DELETE FROM book_copies WHERE what = 'import' AND name = ?1").bind(name).run();
    },
  };
}

const SET_PAUSE = "INSERT INTO book_copies (what, name, until_at) VALUES ('pause', '', ?1)";

async function listMigrations(database: D1Database): Promise<string[]> {
  const { results } = await database.prepare('SELECT name FROM d1_migrations ORDER BY name').all<{ name: string }>();
  return results.map(({ name }) => name);
}

async function beginImport(
  database: D1Database,
  name: string,
  migrations: readonly string[],
): Promise<ImportFault | null> {
  const here = await listMigrations(database);
  if (here.join() !== migrations.join()) return { kind: 'other-version', here };
  const begun = await database.prepare("SELECT name FROM book_copies WHERE what = 'import'").first<string>('name');
  if (begun !== null) return begun === name ? null : { kind: 'other-import', name: begun };
  const query = `SELECT EXISTS (SELECT 1 FROM accounts) OR EXISTS (SELECT 1 FROM nodes) OR EXISTS (SELECT 1 FROM postings)
    OR EXISTS (SELECT 1 FROM flushes) OR EXISTS (SELECT 1 FROM balances) AS is_used`;
  if ((await database.prepare(query).first<number>('is_used')) === 1) return { kind: 'not-empty' };
  const insert = "INSERT INTO book_copies (what, name, until_at) VALUES ('import', ?1, NULL)";
  await database.prepare(insert).bind(name).run();
  return null;
}

async function readPage(database: D1Database, from: CopyPlace | null, limit: number): Promise<BookPage> {
  const tables = await listTables(database);
  const place = from ?? { table: tables[0] ?? '', after: null };
  const table = await describeTable(database, place.table);
  const { results } = await database
    .prepare(buildSelect(table))
    .bind(JSON.stringify(place.after), limit)
    .all<Record<string, unknown>>();
  const rows = results.map((row) => table.columns.map((name) => encodeCell(row[name])));
  const bytes = rows.flat().reduce((sum: number, cell) => sum + countCell(cell), 0);
  const last = results.at(-1);
  const piece = { table: table.name, sql: null, columns: table.columns, rows, isFirst: place.after === null };
  if (last && rows.length === limit) {
    const next = { table: table.name, after: table.key.map((name): Cell => encodeCell(last[name])) };
    return { pieces: [piece], next, limit: fitLimit(limit, bytes) };
  }
  const following = tables[tables.indexOf(table.name) + 1];
  const next = following === undefined ? null : { table: following, after: null };
  return { pieces: [piece], next, limit: FIRST_LIMIT };
}

function fitLimit(limit: number, bytes: number): number {
  if (bytes > LARGE_PAGE) return Math.max(1, Math.floor(limit / 4));
  return bytes < SMALL_PAGE ? Math.min(MOST_ROWS, limit * 4) : limit;
}

async function listTables(database: D1Database): Promise<string[]> {
  const query = `SELECT name FROM sqlite_master WHERE type = 'table'
    AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'`;
  const { results } = await database.prepare(query).all<{ name: string }>();
  const names = results.map(({ name }) => name).filter((name) => !STAYS.has(name));
  const answers = await database.batch<{ table: string }>(
    names.map((name) => database.prepare(`PRAGMA foreign_key_list("${name}")`)),
  );
  const refers = Object.fromEntries(
    names.map((name, i) => [name, answers[i]?.results.map(({ table }) => table) ?? []] as const),
  );
  return sortTables(names, refers, KEYS);
}

async function describeTable(database: D1Database, name: string): Promise<CopyTable> {
  const { results } = await database
    .prepare(`PRAGMA table_info("${name.replaceAll('"', '""')}")`)
    .all<{ name: string; pk: number }>();
  if (results.length === 0) throw new RangeError(`there is no table '${name}'`);
  const key = results.filter(({ pk }) => pk > 0).toSorted((a, b) => a.pk - b.pk);
  return {
    name,
    columns: results.map((column) => column.name),
    key: key.length > 0 ? key.map((column) => column.name) : ['rowid'],
  };
}
