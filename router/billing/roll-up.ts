// What makes room in the book: flushes that wait become part of the balances, and after a week receipts leave for the object storage, where there is
// one. Each step is one transaction of a bounded number of rows, may run twice or be cut off anywhere, and never loses a receipt.
import { concatBytes, fromHex } from '../../schema/bytes.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import { makeLog } from '../log.ts';
import { placeOf } from './ledger-sql.ts';
import { packJournal } from './pack-journal.ts';
import type { FlushTexts } from './pack-journal.ts';
import type { BlockPlace } from './pack-facts.ts';
import { sumUp, SUM_UP_AFTER, SUM_UP_AGE_MS } from './ledger.ts';
import { packSettlement, packText } from './pack-settlement.ts';
import { dayOf, HOURS_KEPT_DAYS } from './build-usage.ts';
import { FORGET_DAYS, FORGET_HOURS } from './usage-sql.ts';
import { squeeze } from './squeeze.ts';
import { BOOKED_BITS, IN_FLUSH } from './booked-sql.ts';
import type { ReceiptFiles } from './receipt-shelves.ts';

const log = makeLog('billing');

export const ARCHIVE_AFTER_MS = 7 * 86_400_000;
/** However few flushes wait, they become part of the balances after so long. */
const SUM_UP_ALL_AFTER_MS = 86_400_000;
/** UTC days that callers' totals are kept: two years, and the rows that one run lets go of at most. */
const KEEP_DAYS = 731;
const FORGET_BATCH = 5000;
/** Receipts that go into one file, and lists of them that are looked at for it. */
const FILE_BATCH = 1000;
const LISTS_BATCH = 250;
/** Steps of one run: D1 takes 1,000 statements an invocation. */
const MOST_STEPS = 100;

export interface RollUp {
  /** Makes room as of `now`, ms since epoch; gives how many receipts left. Rejects when D1 or the storage does. */
  readonly run: (now: number) => Promise<{ readonly archived: number }>;
}

export interface RollUpDoors {
  readonly database: D1Database;
  readonly files: ReceiptFiles | null;
}

interface KeptRow {
  readonly job: string;
  readonly part: number;
  readonly booked: number;
  readonly packed: string | null;
  readonly settlement: string | null;
}

export function makeRollUp({ database, files }: RollUpDoors): RollUp {
  return {
    run: async (now) => {
      await database.batch([
        ...sumUp(database, SUM_UP_AFTER, placeOf('', now - SUM_UP_AGE_MS)),
        ...sumUp(database, 1, placeOf('', now - SUM_UP_ALL_AFTER_MS)),
      ]);
      await forgetTotals(database, now);
      const endedBy = now - ARCHIVE_AFTER_MS;
      let archived = 0;
      for (let steps = 0; steps < MOST_STEPS; steps++) {
        const count = files ? await archiveSome(database, files, endedBy) : await placeSome(database, endedBy);
        if (count === null) break;
        if (files) archived += count;
      }
      if (archived > 0) log.info('book-rolled-up', { count: archived });
      return { archived };
    },
  };
}

async function forgetTotals(database: D1Database, now: number): Promise<void> {
  const today = dayOf(now);
  const forget = ([mark, rows]: readonly [string, string], keptFrom: number): D1PreparedStatement[] => [
    database.prepare(mark).bind(keptFrom),
    database.prepare(rows).bind(keptFrom, FORGET_BATCH),
  ];
  await database.batch([
    ...forget(FORGET_DAYS, today - KEEP_DAYS),
    ...forget(FORGET_HOURS, (today - HOURS_KEPT_DAYS) * 24),
  ]);
}

/** Moves the receipts of the oldest lists; null where none is old enough. */
async function archiveSome(database: D1Database, files: ReceiptFiles, endedBy: number): Promise<number | null> {
  const lists = await readLists(database, 0, endedBy);
  const last = lists.at(-1);
  if (!last) return null;
  const { results } = await database.prepare(READ_KEPT).bind(last.seq).all<KeptRow>();
  const laid: Uint8Array[] = [];
  let end = 0;
  const lay = (bytes: Uint8Array): { readonly start: number; readonly length: number } => {
    laid.push(bytes);
    end += bytes.length;
    return { start: end - bytes.length, length: bytes.length };
  };
  const alone = results.map(({ job, part, booked, ...row }) => ({ job, part, booked, ...lay(readPacked(row)) }));
  const together = lists.flatMap(({ seq, packed, parts }) => {
    if (packed === null) return [];
    const { start } = lay(fromHex(`0x${packed}`));
    return readParts(parts).map(({ block: [, , from, length], ...one }) => ({
      ...one,
      seq,
      start: start + from,
      length,
    }));
  });
  const places = [...alone, ...together];
  const { start, length } = lay(await squeeze(packJournal(lists)));
  const key = `receipts/${new Date(endedBy).toISOString().slice(0, 10)}/${last.seq}-${crypto.randomUUID()}`;
  await files.put(key, concatBytes(laid));
  const seqs = JSON.stringify(lists.map(({ seq }) => seq));
  // A run that is cut off before this leaves a file that nothing points to; of two runs side by side the second finds that the lists are gone, and
  // leaves one too.
  await database.batch([
    database.prepare(ENTER_FILE).bind(key, places.length, start, length, seqs, lists.length),
    database.prepare(POINT).bind(JSON.stringify(alone), key),
    database.prepare(FORGET_KEPT).bind(JSON.stringify(alone), key),
    database.prepare(PLACE_IN_FILE).bind(JSON.stringify(together), key),
    database
      .prepare(
        'UPDATE book_marks SET placed = max(placed, ?1) WHERE EXISTS (SELECT 1 FROM archive_files WHERE key = ?2)',
      )
      .bind(last.seq, key),
    database.prepare(FORGET_LISTS).bind(seqs, key),
  ]);
  return places.length;
}

/** Where there is no object storage: the receipts of the oldest lists that are in no place yet stay, and get one; null where none is old enough. */
async function placeSome(database: D1Database, endedBy: number): Promise<number | null> {
  const placed = await database.prepare('SELECT placed FROM book_marks').first<number>('placed');
  const lists = await readLists(database, placed ?? 0, endedBy);
  const last = lists.at(-1);
  if (!last) return null;
  const places = lists.flatMap(({ seq, packed, parts }) =>
    packed === null
      ? []
      : readParts(parts).map(({ job, part, booked }) => ({ job, part, booked, seq, start: seq, length: 0 })),
  );
  await database.batch([
    database.prepare(PLACE_IN_FLUSH).bind(JSON.stringify(places)),
    database.prepare('UPDATE book_marks SET placed = max(placed, ?1)').bind(last.seq),
  ]);
  return places.length;
}

interface List extends FlushTexts {
  readonly parts: string;
  readonly packed: string | null;
}

async function readLists(database: D1Database, after: number, endedBy: number): Promise<List[]> {
  const { results } = await database
    .prepare(READ_LISTS)
    .bind(endedBy, FILE_BATCH, LISTS_BATCH, after)
    .all<{ seq: number }>();
  const last = results.at(-1);
  if (!last) return [];
  const query = `SELECT seq, account_id, at, postings, homes, usage, earnings, alone, parts, CASE WHEN packed IS NOT NULL THEN lower(hex(packed)) END AS packed
    FROM flushes WHERE seq > ?1 AND seq <= ?2 ORDER BY seq`;
  const lists = await database.prepare(query).bind(after, last.seq).all<List & { packed: string | null }>();
  return lists.results;
}

/** The parts of a flush that keeps their receipts, each with the block that it stands in. */
function readParts(text: string): { job: string; part: number; booked: number; block: BlockPlace }[] {
  const { p, b } = JSON.parse(text) as { p: [job: string, part: number][]; b: BlockPlace[] };
  return b.flatMap((block) =>
    p.slice(block[0], block[1]).map(([job, part]) => ({ job, part, booked: BOOKED_BITS.settle, block })),
  );
}

/** What nobody can read stays what it is. */
function readPacked({ packed, settlement }: Pick<KeptRow, 'packed' | 'settlement'>): Uint8Array {
  if (packed !== null) return fromHex(`0x${packed}`);
  try {
    return packSettlement(JSON.parse(settlement ?? '') as SettlementJson);
  } catch {
    return packText(settlement ?? '');
  }
}

/** The oldest in their order, as long as each has ended long ago and is in the balances, and no more than make one file. */
const READ_LISTS = `
    SELECT seq FROM (
      SELECT seq, max(at) OVER older AS at, sum(json_array_length(parts, '$.p')) OVER older AS parts,
        row_number() OVER older AS place
      FROM (SELECT seq, at, parts FROM flushes WHERE seq > ?4 AND seq <= (SELECT summed FROM book_marks) ORDER BY seq LIMIT ?3)
      WINDOW older AS (ORDER BY seq))
    WHERE at <= ?1 AND (parts <= ?2 OR place = 1) ORDER BY seq`;

/** Whatever is kept of the parts that the lists up to one name: a receipt that came late may be on a later list, and goes with its part. */
const READ_KEPT = `
    SELECT DISTINCT lower(hex(r.job)) AS job, r.part, r.booked,
      CASE typeof(r.packed) WHEN 'text' THEN r.packed END AS settlement, CASE typeof(r.packed) WHEN 'blob' THEN lower(hex(r.packed)) END AS packed
    FROM flushes AS f, json_each(f.parts, '$.p') AS p JOIN part_receipts AS r ON r.job = unhex(p.value->>0) AND r.part = p.value->>1
    WHERE f.seq <= ?1`;

/** The file, unless another run has been quicker with any of its lists: then none of them is touched, and each line of the journal stands once. */
const ENTER_FILE = `
    INSERT INTO archive_files (key, receipts, journal_start, journal_length) SELECT ?1, ?2, ?3, ?4
    WHERE (SELECT count(*) FROM flushes WHERE seq IN (SELECT value FROM json_each(?5))) = ?6`;

/** Only what is still kept. */
const POINT = `
    INSERT INTO receipt_places (job, part, booked, file, start, length)
    SELECT r.job, r.part, r.booked, f.id, c.value->>'start', c.value->>'length'
    FROM json_each(?1) AS c JOIN archive_files AS f ON f.key = ?2 JOIN part_receipts AS r
      ON r.job = unhex(c.value->>'job') AND r.part = c.value->>'part' AND r.booked = c.value->>'booked'
    WHERE true ON CONFLICT DO NOTHING`;

/** Receipts that stand with others in a file. */
const PLACE_IN_FILE = `
    INSERT INTO receipt_places (job, part, booked, file, start, length)
    SELECT unhex(value->>'job'), value->>'part', value->>'booked', f.id, value->>'start', value->>'length'
    FROM json_each(?1) JOIN archive_files AS f ON f.key = ?2
    WHERE true ON CONFLICT DO UPDATE SET file = excluded.file, start = excluded.start, length = excluded.length
    WHERE receipt_places.file = ${IN_FLUSH}`;

/** Those that stay in their flush. Only of flushes that are here still. */
const PLACE_IN_FLUSH = `
    INSERT INTO receipt_places (job, part, booked, file, start, length)
    SELECT unhex(value->>'job'), value->>'part', value->>'booked', ${IN_FLUSH}, value->>'start', value->>'length'
    FROM json_each(?1) WHERE EXISTS (SELECT 1 FROM flushes WHERE seq = value->>'seq') ON CONFLICT DO NOTHING`;

/** None that came meanwhile: a late one may stand among them. */
const FORGET_LISTS = `
    DELETE FROM flushes WHERE seq IN (SELECT value FROM json_each(?1)) AND EXISTS (SELECT 1 FROM archive_files WHERE key = ?2)`;

const FORGET_KEPT = `
    DELETE FROM part_receipts WHERE (job, part, booked) IN
      (SELECT unhex(value->>'job'), value->>'part', value->>'booked' FROM json_each(?1))
    AND EXISTS (SELECT 1 FROM archive_files WHERE key = ?2)`;
