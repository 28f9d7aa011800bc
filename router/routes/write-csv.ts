// Rows as comma-separated values (RFC 4180), for spreadsheets.
import { writeCsvCell } from '../../schema/write-csv-cell.ts';

type Cell = string | number | boolean | null;

/** The names of the first row's columns stand above. Empty for no rows and no columns. */
export function writeCsv(columns: readonly string[], rows: readonly Readonly<Record<string, Cell>>[]): string {
  return [columns, ...rows.map((row) => columns.map((name) => row[name] ?? null))]
    .map((cells) => `${cells.map((cell) => writeCsvCell(cell)).join(',')}\r\n`)
    .join('');
}
