// The size of one store of a network that is down: a copy of an object's SQLite file, or of D1's.
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

export const STORES = ['hub', 'area', 'account', 'nodeAccount', 'd1', 'bucket'] as const;
export type StoreName = (typeof STORES)[number];

/** Bytes. */
export interface StoreSize {
  /** Of the pages that hold anything: what the platform bills. */
  readonly pages: number;
  /** Of the rows and keys in them. */
  readonly payload: number;
  /** Rows of all tables, or files. */
  readonly rows: number;
}

const CLASSES: Readonly<Record<string, StoreName>> = {
  Hub: 'hub',
  Area: 'area',
  Account: 'account',
  NodeAccount: 'nodeAccount',
};

/** Whose file it is, by its path in the state folder; null for one that grows with no job. */
export function nameStore(file: string): StoreName | null {
  if (file.includes('/metadata.sqlite')) return null;
  if (/(^|\/)d1\/.*\.sqlite$/.test(file)) return 'd1';
  if (/(^|\/)r2\/.*\/blobs\//.test(file)) return 'bucket';
  const found = /-([A-Za-z]+)\/[0-9a-f]+\.sqlite$/.exec(file)?.[1] ?? '';
  return CLASSES[found] ?? null;
}

/** A file of the object storage is all payload. */
export function measureFile(file: string): StoreSize {
  const { size } = statSync(file);
  return { pages: size, payload: size, rows: 1 };
}

export function measureStore(file: string): StoreSize {
  const database = new DatabaseSync(file);
  try {
    const count = (query: string): number => Number(Object.values(database.prepare(query).get() ?? {})[0] ?? 0);
    const used = count('PRAGMA page_count') - count('PRAGMA freelist_count');
    const tables = database
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all();
    return {
      pages: used * count('PRAGMA page_size'),
      payload: count('SELECT coalesce(sum(payload), 0) FROM dbstat'),
      rows: tables.reduce((sum, { name }) => sum + count(`SELECT count(*) FROM "${String(name)}"`), 0),
    };
  } finally {
    database.close();
  }
}
