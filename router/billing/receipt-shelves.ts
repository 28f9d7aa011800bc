// Where a job's receipts stand in the book: as they came, for a day; packed in D1; or packed in a file of the object storage. One part may stand
// on two of them, when something of it came late.
import { fromHex } from '../../schema/bytes.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import { mergeSettlements } from './merge-settlements.ts';
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

/** Events of a part, as their ids begin, each with its bit of `booked`: its settlement, its receipt that was paid later, what it earned beyond. */
export const BOOKED_BITS = { settle: 1, late: 2, rest: 4 } as const;

/** The 16 bytes of a job's id in SQL; an id of another form is its own bytes. */
export function jobKeySql(column: string): string {
  return `coalesce(unhex(substr(${column}, 5)), CAST(${column} AS BLOB))`;
}

/** Whether an event of a part has been summed up already, in SQL: its id, its job's id and its part are given as columns. */
export function isBookedSql(event: { readonly id: string; readonly jobId: string; readonly part: string }): string {
  const { id, jobId, part } = event;
  const bits = Object.entries(BOOKED_BITS).map(([name, bit]) => `WHEN ${id} LIKE '${name}:%' THEN ${bit}`);
  const bit = `CASE ${bits.join(' ')} ELSE 0 END`;
  const onShelf = (table: string): string =>
    `EXISTS (SELECT 1 FROM ${table} AS old WHERE old.job = ${jobKeySql(jobId)} AND old.part = ${part} AND old.booked & ${bit})`;
  return `(${onShelf('packed_receipts')} OR ${onShelf('archived_receipts')})`;
}

/** One part on one shelf. */
export interface FoundRow {
  readonly part: number;
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
    for (const row of rows) {
      const found = await readRow(row);
      const known = byPart.get(row.part);
      byPart.set(row.part, known ? mergeSettlements(known, found) : found);
    }
    return [...byPart.values()].toSorted((a, b) => a.part - b.part);
  };
  const ask = (jobId: string): D1PreparedStatement => database.prepare(FIND).bind(jobId);
  return { ask, read, find: async (jobId) => read((await ask(jobId).all<FoundRow>()).results) };
}

/** The oldest shelf first, so that what came late is added to what it completes. One statement: a receipt that moves is seen on one shelf. */
const FIND = `
    SELECT part, NULL AS settlement, NULL AS packed, f.key AS file, a.start, a.length
    FROM archived_receipts AS a JOIN archive_files AS f ON f.id = a.file WHERE a.job = ${jobKeySql('?1')}
    UNION ALL SELECT part, NULL, lower(hex(packed)), NULL, NULL, NULL FROM packed_receipts WHERE job = ${jobKeySql('?1')}
    UNION ALL SELECT part, settlement, NULL, NULL, NULL, NULL FROM receipts WHERE job_id = ?1`;
