// Whether a column holds a text that somebody searches for, in either case of its letters. Nothing is a pattern in it.
import { sql } from 'drizzle-orm';
import type { AnyColumn, SQL } from 'drizzle-orm';

export function holdsText(column: AnyColumn, text: string): SQL {
  return sql`instr(lower(coalesce(${column}, '')), ${text.toLowerCase()}) > 0`;
}
