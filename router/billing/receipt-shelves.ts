// Where a job's receipts stand in the book: with the flush that booked them, as the account's object knows for a month and the places from the second
// week on, there or in a file of the object storage; or, where they came alone, in a row of their own, so that what came late stands beside what it completes.
import { fromHex } from '../../schema/bytes.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import { mergeSettlements } from './merge-settlements.ts';
import { BOOKED_BITS, jobKeySql } from './booked-sql.ts';
import { FIND_BLOCKS, placeOf } from './ledger-sql.ts';
import { unpackSettlements } from './pack-settlement.ts';

/** The object storage, or what stands for it. */
export interface ReceiptFiles {
  /** Writes a file; the same again changes nothing. */
  readonly put: (key: string, bytes: Uint8Array<ArrayBuffer>) => Promise<void>;
  /** Rejects where the file is not there. */
  readonly read: (key: string, start: number, length: number) => Promise<Uint8Array>;
}

export interface JobAsked {
  readonly accountId: string;
  readonly jobId: string;
  /** That its account's object says its parts are in. */
  readonly flushes: readonly number[];
}

export interface ReceiptShelves {
  /** The settlements of a job's parts, by part. */
  readonly find: (wanted: JobAsked) => Promise<SettlementJson[]>;
  /** The question alone, for a transaction that asks for more, and what its rows say of a job. */
  readonly ask: (wanted: JobAsked) => D1PreparedStatement;
  readonly read: (rows: readonly FoundRow[], jobId: string) => Promise<SettlementJson[]>;
}

/** What one row holds, of this job's parts and others. */
export interface FoundRow {
  readonly booked: number;
  /** JSON of before version 0007. */
  readonly settlement: string | null;
  readonly packed: string | null;
  readonly file: string | null;
  readonly start: number | null;
  readonly length: number | null;
}

/** `files`: null where there is no object storage; a receipt that stands in one cannot be read then. */
export function makeReceiptShelves(database: D1Database, files: ReceiptFiles | null): ReceiptShelves {
  const readRow = async (row: FoundRow): Promise<SettlementJson[]> => {
    if (row.settlement !== null) return [JSON.parse(row.settlement) as SettlementJson];
    if (row.packed !== null) return unpackSettlements(fromHex(`0x${row.packed}`));
    if (!files) throw new Error('the receipt stands in an object storage that is not bound');
    return unpackSettlements(await files.read(row.file ?? '', row.start ?? 0, row.length ?? 0));
  };
  const read: ReceiptShelves['read'] = async (rows, jobId) => {
    const byPart = new Map<number, SettlementJson>();
    // What was settled comes first: what came later completes it.
    for (const row of rows.toSorted((a, b) => (b.booked & BOOKED_BITS.settle) - (a.booked & BOOKED_BITS.settle)))
      for (const found of await readRow(row)) {
        if (found.jobId !== jobId) continue;
        const known = byPart.get(found.part);
        byPart.set(found.part, known ? mergeSettlements(known, found) : found);
      }
    return [...byPart.values()].toSorted((a, b) => a.part - b.part);
  };
  const ask: ReceiptShelves['ask'] = ({ accountId, jobId, flushes }) => {
    const places = flushes.map((number) => placeOf(accountId, number));
    return database.prepare(FIND).bind(jobId, JSON.stringify(places), accountId);
  };
  return { ask, read, find: async (wanted) => read((await ask(wanted).all<FoundRow>()).results, wanted.jobId) };
}

/** One statement: a receipt that moves is seen on one shelf. A flush may be seen twice, by its object's word and by its places. */
const FIND = `
    SELECT DISTINCT booked, NULL AS settlement, NULL AS packed, f.key AS file, a.start, a.length
    FROM receipt_places AS a JOIN archive_files AS f ON f.id = a.file WHERE a.job = ${jobKeySql('?1')}
    UNION ALL SELECT booked, CASE typeof(packed) WHEN 'text' THEN packed END,
      CASE typeof(packed) WHEN 'blob' THEN lower(hex(packed)) END, NULL, NULL, NULL
    FROM part_receipts WHERE job = ${jobKeySql('?1')}
    UNION ALL SELECT ${BOOKED_BITS.settle}, NULL, lower(hex(packed)), NULL, NULL, NULL FROM (${FIND_BLOCKS})`;
