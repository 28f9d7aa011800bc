// Where a job's receipts stand in the book: packed in D1, or packed in a file of the object storage. A part has a row for each thing that was booked
// of it, so that what came late stands beside what it completes.
import { fromHex } from '../../schema/bytes.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import { mergeSettlements } from './merge-settlements.ts';
import { BOOKED_BITS, jobKeySql } from './booked-sql.ts';
import { unpackSettlement } from './pack-settlement.ts';

/** The object storage, or what stands for it. */
export interface ReceiptFiles {
  /** Writes a file; the same again changes nothing. */
  readonly put: (key: string, bytes: Uint8Array<ArrayBuffer>) => Promise<void>;
  /** Rejects where the file is not there. */
  readonly read: (key: string, start: number, length: number) => Promise<Uint8Array>;
}

export interface ReceiptShelves {
  /** The settlements of a job's parts, by part. */
  readonly find: (jobId: string) => Promise<SettlementJson[]>;
  /** The question alone, for a transaction that asks for more, and what its rows say. */
  readonly ask: (jobId: string) => D1PreparedStatement;
  readonly read: (rows: readonly FoundRow[]) => Promise<SettlementJson[]>;
}

/** One row of a part. */
export interface FoundRow {
  readonly part: number;
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
  const readRow = async (row: FoundRow): Promise<SettlementJson> => {
    if (row.settlement !== null) return JSON.parse(row.settlement) as SettlementJson;
    if (row.packed !== null) return unpackSettlement(fromHex(`0x${row.packed}`));
    if (!files) throw new Error('the receipt stands in an object storage that is not bound');
    return unpackSettlement(await files.read(row.file ?? '', row.start ?? 0, row.length ?? 0));
  };
  const read = async (rows: readonly FoundRow[]): Promise<SettlementJson[]> => {
    const byPart = new Map<number, SettlementJson>();
    // What was settled comes first: what came later completes it.
    for (const row of rows.toSorted((a, b) => (b.booked & BOOKED_BITS.settle) - (a.booked & BOOKED_BITS.settle))) {
      const found = await readRow(row);
      const known = byPart.get(row.part);
      byPart.set(row.part, known ? mergeSettlements(known, found) : found);
    }
    return [...byPart.values()].toSorted((a, b) => a.part - b.part);
  };
  const ask = (jobId: string): D1PreparedStatement => database.prepare(FIND).bind(jobId);
  return { ask, read, find: async (jobId) => read((await ask(jobId).all<FoundRow>()).results) };
}

/** One statement: a receipt that moves is seen on one shelf. */
const FIND = `
    SELECT part, booked, NULL AS settlement, NULL AS packed, f.key AS file, a.start, a.length
    FROM receipt_places AS a JOIN archive_files AS f ON f.id = a.file WHERE a.job = ${jobKeySql('?1')}
    UNION ALL SELECT part, booked, CASE typeof(packed) WHEN 'text' THEN packed END,
      CASE typeof(packed) WHEN 'blob' THEN lower(hex(packed)) END, NULL, NULL, NULL
    FROM part_receipts WHERE job = ${jobKeySql('?1')}`;
