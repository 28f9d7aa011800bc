// What makes room in the book: after a day a job's events and postings are summed up by day and book, and its receipts packed; after a week
// receipts leave for the object storage, where there is one. Each step is one transaction of a bounded number of rows, may run twice or be
// cut off anywhere, and never loses a receipt: what changed since it was read is left for the next run.
import { concatBytes, fromHex, toHex } from '../../schema/bytes.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import { makeLog } from '../log.ts';
import { packSettlement } from './pack-settlement.ts';
import { BOOKED_BITS, jobKeySql } from './receipt-shelves.ts';
import type { ReceiptFiles, ReceiptShelves } from './receipt-shelves.ts';

const log = makeLog('billing');

/** Statistics look a day back. */
export const PACK_AFTER_MS = 86_400_000;
export const ARCHIVE_AFTER_MS = 7 * 86_400_000;
/** Parts that are packed in one transaction, and put into one file. */
const PACK_BATCH = 100;
const FILE_BATCH = 1000;
/** Steps of one run: D1 takes 1,000 statements an invocation. */
const MOST_STEPS = 100;

export interface RollUp {
  /** Makes room as of `now`, ms since epoch; gives how many parts were packed and how many left. Rejects when D1 or the storage does. */
  readonly run: (now: number) => Promise<{ readonly packed: number; readonly archived: number }>;
}

export interface RollUpDoors {
  readonly database: D1Database;
  readonly shelves: ReceiptShelves;
  readonly files: ReceiptFiles | null;
}

interface HotRow {
  readonly jobId: string;
  readonly part: number;
  readonly charge: number;
  readonly earn: number;
  readonly outcome: string;
  readonly endedAt: number;
  readonly length: number;
  readonly settlement: string;
  /** 1 where something of the part has been packed before. */
  readonly isKnown: number;
}

interface PackedRow {
  readonly seq: number;
  readonly packed: string;
}

export function makeRollUp(doors: RollUpDoors): RollUp {
  return {
    run: async (now) => {
      const packed = await repeat(PACK_BATCH, () => packSome(doors, now - PACK_AFTER_MS));
      const { files } = doors;
      const archived = files
        ? await repeat(FILE_BATCH, () => archiveSome(doors.database, files, now - ARCHIVE_AFTER_MS))
        : 0;
      if (packed + archived > 0) log.info('book-rolled-up', { count: packed + archived });
      return { packed, archived };
    },
  };
}

/** Until a step finds less than it could take, or there were enough for one run. */
async function repeat(batch: number, step: () => Promise<number>): Promise<number> {
  let moved = 0;
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const count = await step();
    moved += count;
    if (count < batch) break;
  }
  return moved;
}

async function packSome({ database, shelves }: RollUpDoors, endedBy: number): Promise<number> {
  const { results } = await database.prepare(READ_OLD).bind(endedBy, PACK_BATCH).all<HotRow>();
  if (results.length === 0) return 0;
  const chosen = await Promise.all(
    results.map(async ({ settlement, isKnown, ...row }) => {
      const part = JSON.parse(settlement) as SettlementJson;
      const whole = isKnown ? await completePart(shelves, part) : part;
      return { ...row, packed: toHex(packSettlement(whole)).slice(2) };
    }),
  );
  const json = JSON.stringify(chosen);
  await database.batch(PACK.map((text) => database.prepare(text).bind(json)));
  return results.length;
}

/** Something of it came late, and the rest has been packed before. */
async function completePart(shelves: ReceiptShelves, part: SettlementJson): Promise<SettlementJson> {
  const known = await shelves.find(part.jobId);
  return known.find((one) => one.part === part.part) ?? part;
}

async function archiveSome(database: D1Database, files: ReceiptFiles, endedBy: number): Promise<number> {
  const { results } = await database.prepare(READ_PACKED).bind(endedBy, FILE_BATCH).all<PackedRow>();
  const [first] = results;
  if (!first) return 0;
  const parts = results.map(({ packed }) => fromHex(`0x${packed}`));
  const key = `receipts/${new Date(endedBy).toISOString().slice(0, 10)}/${first.seq}-${crypto.randomUUID()}`;
  await files.put(key, concatBytes(parts) as Uint8Array<ArrayBuffer>);
  let start = 0;
  const places = results.map(({ seq }, i) => {
    const length = parts[i]?.length ?? 0;
    start += length;
    return { seq, start: start - length, length };
  });
  const json = JSON.stringify(places);
  // A run that is cut off before this leaves a file that nothing points to.
  await database.batch([
    database.prepare('INSERT INTO archive_files (key, receipts) VALUES (?1, ?2)').bind(key, places.length),
    database.prepare(POINT).bind(json, key),
    database.prepare(FORGET_PACKED).bind(json),
  ]);
  return results.length;
}

const KEY = jobKeySql('r.job_id');
const onShelf = (table: string): string => `FROM ${table} AS old WHERE old.job = ${KEY} AND old.part = r.part`;

const READ_OLD = `
    SELECT r.job_id AS jobId, r.part, r.charge, r.earn, r.outcome, r.ended_at AS endedAt, length(r.settlement) AS length, r.settlement,
      EXISTS (SELECT 1 ${onShelf('packed_receipts')}) OR EXISTS (SELECT 1 ${onShelf('archived_receipts')}) AS isKnown
    FROM receipts AS r WHERE r.ended_at <= ?1 ORDER BY r.ended_at LIMIT ?2`;

/** The rows that were read, as far as they are still the same. */
const CHOSEN = `json_each(?1) AS c JOIN receipts AS r ON r.job_id = c.value->>'jobId' AND r.part = c.value->>'part'
      AND r.charge = c.value->>'charge' AND r.earn = c.value->>'earn' AND r.outcome = c.value->>'outcome'
      AND length(r.settlement) = c.value->>'length'`;
const ITS_EVENTS = `${CHOSEN} JOIN events AS e ON e.job_id = r.job_id AND e.part = r.part AND e.kind = 'settle'`;

const SUM_UP_DAYS = `
    INSERT INTO book_days (day, book, amount, postings)
    SELECT e.at / 86400000, p.book, sum(p.amount), count(*) FROM ${ITS_EVENTS} JOIN postings AS p ON p.event_id = e.id
    GROUP BY 1, 2 ON CONFLICT (day, book) DO UPDATE SET amount = amount + excluded.amount, postings = postings + excluded.postings`;

/** What of a part stands in the books now. */
const BOOKED_NOW = Object.entries(BOOKED_BITS)
  .map(
    ([name, bit]) => `${bit} * EXISTS (SELECT 1 FROM events AS e WHERE e.id = '${name}:' || r.job_id || ':' || r.part)`,
  )
  .join(' | ');
const bookedBefore = (table: string): string => `coalesce((SELECT old.booked ${onShelf(table)}), 0)`;

const PACK_RECEIPTS = `
    INSERT OR REPLACE INTO packed_receipts (job, part, booked, ended_at, packed)
    SELECT ${KEY}, r.part, ${BOOKED_NOW}
        | ${bookedBefore('packed_receipts')} | ${bookedBefore('archived_receipts')}, r.ended_at, unhex(c.value->>'packed')
    FROM ${CHOSEN}`;

const UNARCHIVE = `
    DELETE FROM archived_receipts WHERE (job, part) IN (SELECT ${KEY}, r.part FROM ${CHOSEN})`;

const FORGET_POSTINGS = `DELETE FROM postings WHERE event_id IN (SELECT e.id FROM ${ITS_EVENTS})`;

/** One that says why a charge was lowered stays, without its postings. */
const FORGET_EVENTS = `
    DELETE FROM events WHERE id IN (SELECT e.id FROM ${ITS_EVENTS} WHERE e.memo IS NULL OR e.memo NOT LIKE 'charge lowered%')`;

const FORGET_RECEIPTS = `DELETE FROM receipts WHERE (job_id, part) IN (SELECT r.job_id, r.part FROM ${CHOSEN})`;

const PACK = [SUM_UP_DAYS, PACK_RECEIPTS, UNARCHIVE, FORGET_POSTINGS, FORGET_EVENTS, FORGET_RECEIPTS];

const READ_PACKED = `
    SELECT seq, lower(hex(packed)) AS packed
    FROM (SELECT * FROM packed_receipts ORDER BY seq LIMIT ?2) WHERE ended_at <= ?1`;

const POINT = `
    INSERT INTO archived_receipts (job, part, booked, file, start, length)
    SELECT p.job, p.part, p.booked, (SELECT id FROM archive_files WHERE key = ?2), c.value->>'start', c.value->>'length'
    FROM json_each(?1) AS c JOIN packed_receipts AS p ON p.seq = c.value->>'seq'`;

const FORGET_PACKED = `DELETE FROM packed_receipts WHERE seq IN (SELECT value->>'seq' FROM json_each(?1))`;
