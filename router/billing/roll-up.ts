// What makes room in the book: flushes that wait become part of the balances, and after a week receipts leave for the object storage, where there is
// one. Each step is one transaction of a bounded number of rows, may run twice or be cut off anywhere, and never loses a receipt.
import { concatBytes, fromHex } from '../../schema/bytes.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import { makeLog } from '../log.ts';
import { SUM_UP } from './ledger-sql.ts';
import { packSettlement, packText } from './pack-settlement.ts';
import type { ReceiptFiles } from './receipt-shelves.ts';

const log = makeLog('billing');

export const ARCHIVE_AFTER_MS = 7 * 86_400_000;
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
      await database.batch(
        SUM_UP.map((text) => (text.includes('?1') ? database.prepare(text).bind(1) : database.prepare(text))),
      );
      let archived = 0;
      for (let steps = 0; files && steps < MOST_STEPS; steps++) {
        const count = await archiveSome(database, files, now - ARCHIVE_AFTER_MS);
        if (count === null) break;
        archived += count;
      }
      if (archived > 0) log.info('book-rolled-up', { count: archived });
      return { archived };
    },
  };
}

/** Moves the receipts of the oldest lists; null where none is old enough. */
async function archiveSome(database: D1Database, files: ReceiptFiles, endedBy: number): Promise<number | null> {
  const { results: lists } = await database
    .prepare(READ_LISTS)
    .bind(endedBy, FILE_BATCH, LISTS_BATCH)
    .all<{ seq: number }>();
  const last = lists.at(-1);
  if (!last) return null;
  const { results } = await database.prepare(READ_KEPT).bind(last.seq).all<KeptRow>();
  const parts = results.map(readPacked);
  let start = 0;
  const places = results.map(({ job, part, booked }, i) => {
    const length = parts[i]?.length ?? 0;
    start += length;
    return { job, part, booked, start: start - length, length };
  });
  const key = `receipts/${new Date(endedBy).toISOString().slice(0, 10)}/${last.seq}-${crypto.randomUUID()}`;
  if (places.length > 0) await files.put(key, concatBytes(parts));
  const json = JSON.stringify(places);
  // A run that is cut off before this leaves a file that nothing points to.
  await database.batch([
    ...(places.length > 0
      ? [
          database.prepare('INSERT INTO archive_files (key, receipts) VALUES (?1, ?2)').bind(key, places.length),
          database.prepare(POINT).bind(json, key),
          database.prepare(FORGET_KEPT).bind(json),
        ]
      : []),
    database.prepare('DELETE FROM flushes WHERE seq <= ?1').bind(last.seq),
  ]);
  return places.length;
}

/** What nobody can read stays what it is. */
function readPacked({ packed, settlement }: KeptRow): Uint8Array {
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
      FROM (SELECT seq, at, parts FROM flushes WHERE seq <= (SELECT summed FROM book_marks) ORDER BY seq LIMIT ?3)
      WINDOW older AS (ORDER BY seq))
    WHERE at <= ?1 AND (parts <= ?2 OR place = 1) ORDER BY seq`;

/** Whatever is kept of the parts that the lists up to one name: a receipt that came late may be on a later list, and goes with its part. */
const READ_KEPT = `
    SELECT DISTINCT lower(hex(r.job)) AS job, r.part, r.booked,
      CASE typeof(r.packed) WHEN 'text' THEN r.packed END AS settlement, CASE typeof(r.packed) WHEN 'blob' THEN lower(hex(r.packed)) END AS packed
    FROM flushes AS f, json_each(f.parts, '$.p') AS p JOIN part_receipts AS r ON r.job = unhex(p.value->>0) AND r.part = p.value->>1
    WHERE f.seq <= ?1`;

/** Only what is still kept: another run may have been quicker. */
const POINT = `
    INSERT INTO receipt_places (job, part, booked, file, start, length)
    SELECT r.job, r.part, r.booked, (SELECT id FROM archive_files WHERE key = ?2), c.value->>'start', c.value->>'length'
    FROM json_each(?1) AS c JOIN part_receipts AS r
      ON r.job = unhex(c.value->>'job') AND r.part = c.value->>'part' AND r.booked = c.value->>'booked'
    WHERE true ON CONFLICT DO NOTHING`;

const FORGET_KEPT = `
    DELETE FROM part_receipts WHERE (job, part, booked) IN
      (SELECT unhex(value->>'job'), value->>'part', value->>'booked' FROM json_each(?1))`;
