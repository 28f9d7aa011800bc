// The receipts of one node that were accepted, in its object's SQLite: for a week with everything that answers a second delivery, then for a month
// or two by their ticket alone, and for ever as the numbers of the chain that are used, which are a few ranges.
import { fromHex, toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { ACCEPTANCE, USAGE_RECEIPT } from '../../schema/receipt.ts';
import type { AcceptanceJson, UsageReceiptJson } from '../../schema/receipt.ts';
import { packMessage, unpackMessage } from './pack-message.ts';
import { PackedReader, PackedWriter } from './packed-bytes.ts';
import { TurnedTables } from './turned-tables.ts';

/** What completes a settlement once its receipt has been accepted. */
export interface Proof {
  readonly receipt: UsageReceiptJson;
  readonly receiptSignature: Hex;
  readonly acceptance: AcceptanceJson;
  readonly acceptanceSignature: Hex;
}

export interface AcceptedRow {
  /** Null once it is more than a week old. */
  readonly proof: Proof | null;
  /** Units earned. */
  readonly earn: number;
  /** True when the receipt came after its settlement: a late event has paid it, so the settlement must not. */
  readonly isLate: boolean;
}

export interface AcceptedReceipt extends AcceptedRow {
  readonly proof: Proof;
  readonly ticketHash: Hex;
  readonly receiptHash: Hex;
  readonly seq: bigint;
  readonly prevReceipt: Hex;
}

/** Nothing is claimed of a part so long after its ticket has expired. */
export const PROOF_MS = 7 * 86_400_000;
/** Rows that one acceptance makes room of at most, and how often it is looked for them. */
const PRUNE_BATCH = 100;
const PRUNE_EVERY_MS = 600_000;
/** Ranges of used numbers: a node that leaves more gaps behind loses the oldest. */
const MOST_RANGES = 256;
const SIGNATURE_BYTES = 65;
const SEQ_BYTES = 8;
/** A ticket is told by the first half of its hash: the router made both. */
const TICKET_BYTES = 16;

const TABLES = [
  `CREATE TABLE IF NOT EXISTS proofs (id INTEGER PRIMARY KEY, ticket BLOB NOT NULL, seq BLOB NOT NULL, receiptHash BLOB NOT NULL,
    prevReceipt BLOB NOT NULL, earn INTEGER NOT NULL, isLate INTEGER NOT NULL, at INTEGER NOT NULL, proof BLOB NOT NULL)`,
  'CREATE UNIQUE INDEX IF NOT EXISTS proofs_ticket ON proofs (ticket)',
  'CREATE INDEX IF NOT EXISTS proofs_seq ON proofs (seq)',
  'CREATE TABLE IF NOT EXISTS used (first BLOB PRIMARY KEY, last BLOB NOT NULL) WITHOUT ROWID',
];
const PAID_COLUMNS = 'ticket BLOB PRIMARY KEY, earn INTEGER NOT NULL, isLate INTEGER NOT NULL';

type ProofRow = {
  seq: ArrayBuffer;
  receiptHash: ArrayBuffer;
  prevReceipt: ArrayBuffer;
  earn: number;
  isLate: number;
  proof: ArrayBuffer;
};
type OldRow = {
  ticketHash: Hex;
  seq: string;
  receiptHash: Hex;
  prevReceipt: Hex;
  earn: number;
  isLate: number;
  proof: string;
};

export class AcceptedReceipts {
  readonly #sql: SqlStorage;
  readonly #paid: TurnedTables;
  #pruneAt = 0;

  constructor(storage: DurableObjectStorage, now: number) {
    this.#sql = storage.sql;
    this.#paid = storage.transactionSync(() => {
      for (const table of TABLES) this.#sql.exec(table);
      const paid = new TurnedTables(this.#sql, { name: 'paid', columns: PAID_COLUMNS }, now);
      this.#packOld(now);
      return paid;
    });
  }

  find(ticketHash: Hex): AcceptedRow | null {
    const ticket = keyOf(ticketHash);
    const query = 'SELECT seq, receiptHash, prevReceipt, earn, isLate, proof FROM proofs WHERE ticket = ?';
    const row = this.#sql.exec<ProofRow>(query, ticket).toArray()[0];
    if (row) return { proof: readProof(row, ticketHash), earn: row.earn, isLate: row.isLate === 1 };
    const [even, odd] = this.#paid.both;
    const of = (table: string): string => `SELECT earn, isLate FROM ${table} WHERE ticket = ?1`;
    const paid = this.#sql
      .exec<{ earn: number; isLate: number }>(`${of(even)} UNION ALL ${of(odd)}`, ticket)
      .toArray()[0];
    return paid ? { proof: null, earn: paid.earn, isLate: paid.isLate === 1 } : null;
  }

  /** True when another receipt has been accepted under this number. */
  isSeqUsed(seq: bigint): boolean {
    const bytes = seqBytes(seq);
    const isKept = this.#sql.exec('SELECT 1 FROM proofs WHERE seq = ?', bytes).toArray().length > 0;
    return isKept || this.#sql.exec('SELECT 1 FROM used WHERE first <= ?1 AND last >= ?1', bytes).toArray().length > 0;
  }

  /** For the caller's transaction. */
  add(receipt: AcceptedReceipt, now: number): void {
    const { ticketHash, seq, receiptHash, prevReceipt, earn, isLate } = receipt;
    this.#sql.exec(
      'INSERT INTO proofs (ticket, seq, receiptHash, prevReceipt, earn, isLate, at, proof) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      keyOf(ticketHash),
      seqBytes(seq),
      fromHex(receiptHash),
      fromHex(prevReceipt),
      earn,
      isLate ? 1 : 0,
      now,
      packProof(receipt),
    );
    this.#prune(now);
  }

  /** Receipts of several jobs overtake each other, so a link is checked when its second end arrives. Gives how many do not fit. */
  countBreaks({ seq, receiptHash, prevReceipt }: AcceptedReceipt): number {
    const before = this.#readHash('receiptHash', seq - 1n);
    const after = this.#readHash('prevReceipt', seq + 1n);
    return (before && before !== prevReceipt ? 1 : 0) + (after && after !== receiptHash ? 1 : 0);
  }

  /** The highest number, and how many are used. */
  chain(): { readonly lastSeq: bigint; readonly used: number } {
    const ranges = this.#ranges();
    const isInRange = 'EXISTS (SELECT 1 FROM used WHERE first <= seq AND last >= seq)';
    const kept = this.#sql
      .exec<{ last: ArrayBuffer | null; beside: number }>(
        `SELECT max(seq) AS last, count(DISTINCT CASE WHEN NOT ${isInRange} THEN seq END) AS beside FROM proofs`,
      )
      .one();
    const lastKept = kept.last ? readSeq(kept.last) : 0n;
    const lastUsed = ranges.at(-1)?.last ?? 0n;
    const inRanges = ranges.reduce((sum, { first, last }) => sum + (last - first + 1n), 0n);
    return { lastSeq: lastKept > lastUsed ? lastKept : lastUsed, used: Number(inRanges) + kept.beside };
  }

  #readHash(column: 'receiptHash' | 'prevReceipt', seq: bigint): Hex | null {
    if (seq < 0n || BigInt.asUintN(64, seq) !== seq) return null;
    const query = `SELECT ${column} AS hash FROM proofs WHERE seq = ? ORDER BY id LIMIT 1`;
    const row = this.#sql.exec<{ hash: ArrayBuffer }>(query, seqBytes(seq)).toArray()[0];
    return row ? toHex(new Uint8Array(row.hash)) : null;
  }

  /** Reduces some of what is more than a week old to its ticket and its number. */
  #prune(now: number): void {
    if (now < this.#pruneAt) return;
    const old = this.#sql
      .exec<{ id: number; ticket: ArrayBuffer; seq: ArrayBuffer; earn: number; isLate: number }>(
        'SELECT id, ticket, seq, earn, isLate FROM (SELECT * FROM proofs ORDER BY id LIMIT ?) WHERE at <= ?',
        PRUNE_BATCH,
        now - PROOF_MS,
      )
      .toArray();
    if (old.length < PRUNE_BATCH) this.#pruneAt = now + PRUNE_EVERY_MS;
    if (old.length === 0) return;
    const { table } = this.#paid.current(now);
    for (const { id, ticket, earn, isLate } of old) {
      this.#sql.exec(`INSERT OR REPLACE INTO ${table} VALUES (?, ?, ?)`, ticket, earn, isLate);
      this.#sql.exec('DELETE FROM proofs WHERE id = ?', id);
    }
    this.#writeRanges(old.map(({ seq }) => readSeq(seq)));
  }

  #ranges(): { first: bigint; last: bigint }[] {
    const rows = this.#sql
      .exec<{ first: ArrayBuffer; last: ArrayBuffer }>('SELECT * FROM used ORDER BY first')
      .toArray();
    return rows.map(({ first, last }) => ({ first: readSeq(first), last: readSeq(last) }));
  }

  #writeRanges(seqs: readonly bigint[]): void {
    const all = [...this.#ranges(), ...seqs.map((seq) => ({ first: seq, last: seq }))];
    const merged: { first: bigint; last: bigint }[] = [];
    for (const { first, last } of all.toSorted((a, b) => (a.first < b.first ? -1 : 1))) {
      const before = merged.at(-1);
      if (before && first <= before.last + 1n) before.last = last > before.last ? last : before.last;
      else merged.push({ first, last });
    }
    const lost = merged.splice(0, Math.max(0, merged.length - MOST_RANGES));
    const oldest = merged[0];
    // What was left out so long ago counts as used: nothing can be claimed for it any more.
    if (oldest && lost[0]) oldest.first = lost[0].first;
    this.#sql.exec('DELETE FROM used');
    for (const { first, last } of merged)
      this.#sql.exec('INSERT INTO used VALUES (?, ?)', seqBytes(first), seqBytes(last));
  }

  /** Objects that kept them as JSON, for ever. For the caller's transaction. */
  #packOld(now: number): void {
    const isOld = this.#sql.exec("SELECT 1 FROM pragma_table_info('accepted')").toArray().length > 0;
    if (!isOld) return;
    for (;;) {
      const rows = this.#sql.exec<OldRow>('SELECT * FROM accepted ORDER BY seq LIMIT ?', PRUNE_BATCH).toArray();
      for (const { proof, seq, isLate, ...row } of rows) {
        this.add({ ...row, seq: BigInt(seq), isLate: isLate === 1, proof: JSON.parse(proof) as Proof }, now);
        this.#sql.exec('DELETE FROM accepted WHERE ticketHash = ?', row.ticketHash);
      }
      if (rows.length < PRUNE_BATCH) break;
    }
    this.#sql.exec('DROP TABLE accepted');
  }
}

/** A proof without what its row says: the number, the three hashes. */
function packProof({ proof, ticketHash, receiptHash, prevReceipt, seq }: AcceptedReceipt): Uint8Array {
  const { receipt, receiptSignature, acceptance, acceptanceSignature } = proof;
  const writer = new PackedWriter();
  packMessage(writer, USAGE_RECEIPT, receipt, { ticketHash, prevReceipt, seq: seq.toString() });
  writer.hex(receiptSignature, SIGNATURE_BYTES);
  packMessage(writer, ACCEPTANCE, acceptance, knownOf(receipt, receiptHash));
  writer.hex(acceptanceSignature, SIGNATURE_BYTES);
  return writer.take();
}

function readProof(row: ProofRow, ticketHash: Hex): Proof {
  const reader = new PackedReader(new Uint8Array(row.proof));
  const prevReceipt = toHex(new Uint8Array(row.prevReceipt));
  const known = { ticketHash, prevReceipt, seq: readSeq(row.seq).toString() };
  const receipt = unpackMessage(reader, USAGE_RECEIPT, known) as unknown as UsageReceiptJson;
  const receiptSignature = reader.hex(SIGNATURE_BYTES);
  const receiptHash = toHex(new Uint8Array(row.receiptHash));
  const acceptance = unpackMessage(reader, ACCEPTANCE, knownOf(receipt, receiptHash)) as unknown as AcceptanceJson;
  return { receipt, receiptSignature, acceptance, acceptanceSignature: reader.hex(SIGNATURE_BYTES) };
}

/** An acceptance as it mostly is: for what its receipt says. */
function knownOf({ node, promptTokens, outputTokens, amount }: UsageReceiptJson, receiptHash: Hex) {
  return { receiptHash, node, promptTokens, outputTokens, amount };
}

function keyOf(ticketHash: Hex): Uint8Array {
  return fromHex(ticketHash).subarray(0, TICKET_BYTES);
}

/** Eight bytes that sort as the numbers do; SQLite's integers are too small for a uint64. */
function seqBytes(seq: bigint): Uint8Array {
  return fromHex(`0x${seq.toString(16).padStart(2 * SEQ_BYTES, '0')}`);
}

function readSeq(bytes: ArrayBuffer): bigint {
  return BigInt(toHex(new Uint8Array(bytes)));
}
