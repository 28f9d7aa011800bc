// The door to how far the book has come with its own upkeep: what the schedule leaves behind, since nothing else tells when it ran.
import { FLUSH_PLACES_A_MS } from './ledger-sql.ts';

export interface BookState {
  /** Up to when flushes are in the balances, and their receipts in places, ms since epoch; null before the first. */
  readonly summedTo: number | null;
  readonly placedTo: number | null;
  /** First UTC day, since 1970, of which callers' totals are kept. */
  readonly keptFrom: number;
  /** Files of the archive, and receipts in them. */
  readonly files: number;
  readonly archived: number;
  /** The newest closed epoch, and when it was published; null before the first. */
  readonly epoch: number | null;
  readonly epochAt: number | null;
}

/** Rejects when D1 does. */
export type ReadBookState = () => Promise<BookState>;

const STATE = `SELECT summed, placed, kept_from AS keptFrom,
    (SELECT count(*) FROM archive_files) AS files, (SELECT coalesce(sum(receipts), 0) FROM archive_files) AS archived,
    (SELECT max(epoch) FROM epochs) AS epoch, (SELECT published_at FROM epochs ORDER BY epoch DESC LIMIT 1) AS epochAt
  FROM book_marks`;

/** Flushes of before version 0.2 are numbered from one on. */
const FIRST_PLACE = Date.UTC(2020) * FLUSH_PLACES_A_MS;

type Row = Omit<BookState, 'summedTo' | 'placedTo'> & { readonly summed: number; readonly placed: number };

export function makeReadBookState(db: D1Database): ReadBookState {
  const toTime = (place: number): number | null => (place > FIRST_PLACE ? Math.floor(place / FLUSH_PLACES_A_MS) : null);
  return async () => {
    const row = await db.prepare(STATE).first<Row>();
    if (!row) throw new Error('the book has no marks');
    const { summed, placed, ...told } = row;
    return { ...told, summedTo: toTime(summed), placedTo: toTime(placed) };
  };
}
