// How rows of any table travel as JSON, and the statements that read and write them page by page: the same for D1 and for an object's SQLite, whatever
// tables a later version has. Pure.
import { toHex } from '../../schema/bytes.ts';

/** A value of a row; bytes as hex digits. */
export type Cell = string | number | null | { readonly x: string };

/** Rows of one table. */
export interface CopyPiece {
  readonly table: string;
  /** What makes the table where it is not there; null where migrations do. */
  readonly sql: string | null;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** The table's first: what stands there before goes. */
  readonly isFirst: boolean;
}

/** A table as far as copying needs to know it. */
export interface CopyTable {
  readonly name: string;
  readonly columns: readonly string[];
  /** What orders its rows: its primary key, or `rowid`. */
  readonly key: readonly string[];
}

/** A value as SQLite gives it: bytes come as a buffer from objects, and as a list of numbers from D1. Throws TypeError for what is no value of SQLite. */
export function encodeCell(value: unknown): Cell {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  if (value instanceof ArrayBuffer) return { x: toHex(new Uint8Array(value)).slice(2) };
  if (value instanceof Uint8Array) return { x: toHex(value).slice(2) };
  if (Array.isArray(value)) return { x: toHex(Uint8Array.from(value as number[])).slice(2) };
  throw new TypeError(`a value of SQLite cannot be ${typeof value}`);
}

/** How many bytes a value takes in what is sent, about. */
export function countCell(cell: Cell): number {
  if (typeof cell === 'string') return cell.length + 2;
  return typeof cell === 'object' && cell !== null ? cell.x.length + 8 : 8;
}

/** Up to ?2 rows in the order of the key, from after the one whose key is the JSON list ?1; from the first where that is `null`. */
export function buildSelect({ name, columns, key }: CopyTable): string {
  const listed = [...columns, ...key.filter((one) => !columns.includes(one))].map(quote).join(', ');
  const order = key.map(quote).join(', ');
  const after = key.map((_, i) => readCell('?1', i)).join(', ');
  const from = `(json_type(?1) = 'null' OR (${order}) > (${after}))`;
  return `SELECT ${listed} FROM ${quote(name)} WHERE ${from} ORDER BY ${order} LIMIT ?2`;
}

/** Writes the rows that are ?1 as JSON; a row that is there with the same key is replaced by an equal one when a page comes twice. */
export function buildInsert(table: string, columns: readonly string[]): string {
  const cells = columns.map((_, i) => readCell('value', i)).join(', ');
  return `INSERT OR REPLACE INTO ${quote(table)} (${columns.map(quote).join(', ')}) SELECT ${cells} FROM json_each(?1)`;
}

/** The statement that makes a table only where it is not there. Throws RangeError for one that makes something else. */
export function buildCreate(sql: string): string {
  const made = /^\s*CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(?!\s)/i.exec(sql);
  if (!made) throw new RangeError('only tables are made');
  return `CREATE TABLE IF NOT EXISTS ${sql.slice(made[0].length)}`;
}

/** Tables so that each stands behind those that it refers to, and `last` at the end. */
export function sortTables(
  names: readonly string[],
  refers: Readonly<Record<string, readonly string[]>>,
  last: string,
): string[] {
  const sorted: string[] = [];
  const visit = (name: string): void => {
    if (sorted.includes(name) || !names.includes(name)) return;
    for (const other of refers[name] ?? []) if (other !== name) visit(other);
    sorted.push(name);
  };
  for (const name of names.filter((one) => one !== last).toSorted()) visit(name);
  visit(last);
  return sorted;
}

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function readCell(json: string, place: number): string {
  const path = `'$[${place}]'`;
  return `CASE json_type(${json}, ${path}) WHEN 'object' THEN unhex(${json}->>'$[${place}].x') ELSE ${json}->>${path} END`;
}
