// Brings the local D1 up to date from migrations/*.sql, in wrangler's own book-keeping table, so `wrangler d1 migrations apply --local` agrees.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StartError } from './start-error.ts';

/** The part of a D1 binding that migrating needs. */
export interface MigratedDatabase {
  prepare(sql: string): { all(): Promise<{ results: unknown[] }>; bind(...values: unknown[]): unknown };
  batch(statements: unknown[]): Promise<unknown>;
}

const TABLE = `CREATE TABLE IF NOT EXISTS d1_migrations(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`;

/** Applies every `*.sql` of the folder that is not yet in `d1_migrations`, in name order; each file and its record in one transaction. */
export async function applyMigrations(database: MigratedDatabase, folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.sql')).toSorted();
  if (names.length === 0) return [];
  const [, listed] = (await database.batch([
    database.prepare(TABLE),
    database.prepare('SELECT name FROM d1_migrations'),
  ])) as { results: { name: string }[] }[];
  const applied = new Set(listed?.results.map((row) => row.name));
  const missing = names.filter((name) => !applied.has(name));
  for (const name of missing) await applyOne({ database, name, sql: await readFile(join(folder, name), 'utf8') });
  return missing;
}

async function applyOne(migration: { database: MigratedDatabase; name: string; sql: string }): Promise<void> {
  const record = migration.database.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(migration.name);
  try {
    await migration.database.batch([migration.database.prepare(migration.sql), record]);
  } catch (cause) {
    throw new StartError(
      `Migration ${migration.name} failed: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
}
