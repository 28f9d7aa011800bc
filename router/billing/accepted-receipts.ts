// The receipts of one node that were accepted, in its object's SQLite, one row for each batch: for a week with everything that answers a second
// delivery, then for a month or two by their tickets alone, and for ever as the numbers of the chain that are used, which are a few ranges.
import { concatBytes, fromHex, toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { sealSchema } from '../../schema/seal.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';
import type { EpochTally } from './epoch-tally.ts';
import { NO_TALLY, packTally, unpackTally } from './epoch-tally.ts';
import { findNumber } from './find-number.ts';
import type { NumberedRow } from './find-number.ts';
import { keyOfJob } from './job-key.ts';
import { OldReceipts } from './old-receipts.ts';
import { packAbouts, unpackAbouts } from './pack-abouts.ts';
import type { PartAbout } from './pack-abouts.ts';
import { packReceipts, unpackReceipts } from './pack-receipts.ts';
import type { AcceptedReceipt, AcceptedRow, KeptReceipt, Proof } from './pack-receipts.ts';
import { PackedReader, PackedWriter } from './packed-bytes.ts';
import { IDS_PER_MS, RecentTickets } from './recent-tickets.ts';
import type { SignedSeal } from './seal-watch.ts';
import { SeqRanges } from './seq-ranges.ts';
import type { Link } from './seq-ranges.ts';
import { TurnedTables } from './turned-tables.ts';

/** What the newest row says of all that was accepted until then. */
export interface AcceptedHead {
  /** Acceptances signed, and units earned by them. */
  readonly count: number;
  readonly cumulative: number;
  /** Second receipts under a number already used, and receipts that do not fit those beside them. */
  readonly equivocations: number;
  readonly breaks: number;
  /** The newest seal of acceptances. */
  readonly sealNumber: number;
  readonly sealHash: Hex;
  /** The highest number of a seal of the node's that accepted receipts stand under. */
  readonly topSeal: bigint;
  /** The seals of acceptances of the epoch that it is in, with the newest. */
  readonly tally: EpochTally;
  /** The root of the newest seal. */
  readonly sealRoot: Hex;
}

/** One batch as epochs count it. */
export interface SealedBatch {
  readonly id: number;
  /** Acceptances until then, with its own. */
  readonly count: number;
  readonly sealRoot: Hex;
}

/** An accepted receipt, and the part that it is of where that is known: of what an earlier version accepted it is not. */
export interface ListedReceipt extends KeptReceipt {
  /** When it was accepted, ms since epoch. */
  readonly at: number;
  readonly about: PartAbout | null;
}

/** Nothing is claimed of a part so long after its ticket has expired. */
export const PROOF_MS = 7 * 86_400_000;
/** Rows that one batch makes room of at most, and how often it is looked for them. */
const PRUNE_ROWS = 16;
const PRUNE_EVERY_MS = 600_000;
/** Once its proof is gone a ticket is told by the first half of its hash: the router made both. */
const PAID_BYTES = 16;
/** Rows whose tickets are read again when an object wakes: what came shortly before is asked for most. */
const RECALLED_ROWS = 256;
/** A ticket is looked for in rows that came after it. Clocks of the router's machines differ by less than this. */
const CLOCKS_MS = 15_000;

const HASH_BYTES = 32;
const NUMBER_BYTES = 8;
const TABLE =
  'CREATE TABLE IF NOT EXISTS batches (id INTEGER PRIMARY KEY, tickets BLOB NOT NULL, seals BLOB NOT NULL, head BLOB NOT NULL, receipts BLOB NOT NULL)';
/** Rows of an earlier version do not say which parts they are of. */
const HAS_PARTS = "SELECT 1 FROM pragma_table_info('batches') WHERE name = 'parts'";
const ADD_PARTS = 'ALTER TABLE batches ADD COLUMN parts BLOB';
const PAID_COLUMNS = 'id INTEGER PRIMARY KEY, tickets BLOB NOT NULL, earned BLOB NOT NULL';

type BatchRow = { id: number; tickets: ArrayBuffer; receipts: ArrayBuffer };

export class AcceptedReceipts {
  readonly #sql: SqlStorage;
  readonly #paid: TurnedTables;
  readonly #old: OldReceipts;
  readonly #recent: RecentTickets;
  #head: AcceptedHead;
  #ranges: SeqRanges;
  #lastId = 0;
  /** No row of tickets without a proof has a higher id. */
  #lastPaidId = 0;
  #pruneAt = 0;

  /** `first`: what was counted before there were rows of this form. */
  constructor(storage: DurableObjectStorage, now: number, first: Partial<AcceptedHead> = {}) {
    this.#sql = storage.sql;
    this.#head = {
      count: 0,
      cumulative: 0,
      equivocations: 0,
      breaks: 0,
      sealNumber: 0,
      sealHash: ZERO_WORD,
      topSeal: 0n,
      tally: NO_TALLY,
      sealRoot: ZERO_WORD,
      ...first,
    };
    this.#ranges = new SeqRanges();
    [this.#paid, this.#old] = storage.transactionSync(() => {
      this.#sql.exec(TABLE);
      if (this.#sql.exec(HAS_PARTS).toArray().length === 0) this.#sql.exec(ADD_PARTS);
      const paid = new TurnedTables(this.#sql, { name: 'paidBatches', columns: PAID_COLUMNS }, now);
      return [paid, new OldReceipts(this.#sql, now)];
    });
    this.#load();
    this.#recent = this.#recallRecent();
  }

  get head(): AcceptedHead {
    return this.#head;
  }

  /** `issuedAt`: of the ticket, ms since epoch. */
  find(ticketHash: Hex, issuedAt: number): AcceptedRow | null {
    const fromId = Math.max(0, issuedAt - CLOCKS_MS) * IDS_PER_MS;
    for (const row of this.#rowsWith(ticketHash, fromId)) {
      const found = readKept(row, ticketHash);
      if (found) return { proof: found.proof, earn: found.earn, isLate: found.isLate };
    }
    type PaidRow = { tickets: ArrayBuffer; earned: ArrayBuffer };
    const half = fromHex(ticketHash).subarray(0, PAID_BYTES);
    for (const table of fromId <= this.#lastPaidId ? this.#paid.both : []) {
      const query = `SELECT tickets, earned FROM ${table} WHERE id >= ? AND instr(tickets, ?) > 0`;
      for (const row of this.#sql.exec<PaidRow>(query, fromId, half)) {
        const found = readEarned(row, half);
        if (found) return { proof: null, ...found };
      }
    }
    return this.#old.find(ticketHash);
  }

  /** Rows with a proof that may have a ticket, from this id on. */
  #rowsWith(ticketHash: Hex, fromId: number): Iterable<BatchRow> {
    const columns = 'SELECT id, tickets, receipts FROM batches';
    const recentId = this.#recent.find(ticketHash);
    if (recentId !== null) return this.#sql.exec<BatchRow>(`${columns} WHERE id = ?`, recentId);
    if (fromId >= this.#recent.fromId) return [];
    return this.#sql.exec<BatchRow>(`${columns} WHERE id >= ? AND instr(tickets, ?) > 0`, fromId, fromHex(ticketHash));
  }

  /** True when another receipt has been accepted under this number. */
  isSeqUsed(seq: bigint): boolean {
    return this.#ranges.isUsed(seq);
  }

  /** Writes a batch with what it makes of the totals; for the caller's transaction, as the last in it. */
  add(receipts: readonly AcceptedReceipt[], head: AcceptedHead, now: number): void {
    const ranges = receipts.reduce((before, receipt) => before.with(receipt), this.#ranges);
    this.#prune(now);
    const id = Math.max(this.#lastId + 1, now * IDS_PER_MS);
    const tickets = concatBytes(receipts.map(({ ticketHash }) => fromHex(ticketHash)));
    const row = [
      id,
      tickets,
      concatBytes(sealNumbers(receipts).map(numberBytes)),
      packHead(head, ranges),
      packReceipts(receipts),
      packAbouts(receipts.map(({ about }) => about)),
    ];
    this.#sql.exec('INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?)', ...row);
    this.#recent.add(
      id,
      receipts.map(({ ticketHash }) => ticketHash),
    );
    this.#lastId = id;
    this.#head = head;
    this.#ranges = ranges;
  }

  /** The seal of this number that accepted receipts of the last week stand under. */
  findSeal(number: bigint): SignedSeal | null {
    if (number > this.#head.topSeal) return null;
    const query = 'SELECT id, tickets, receipts FROM batches WHERE instr(seals, ?) > 0';
    for (const row of this.#sql.exec<BatchRow>(query, numberBytes(number)))
      for (const { proof } of unpackReceipts(new Uint8Array(row.receipts))) {
        if (proof.receiptSeal?.seal.number !== String(number)) continue;
        return { seal: sealSchema.parse(proof.receiptSeal.seal), signature: proof.receiptSignature };
      }
    return null;
  }

  /** The receipt of this number that was accepted in the last week, under its ticket's hash; null where it cannot be found. */
  findNumber(seq: bigint): { readonly ticketHash: Hex; readonly proof: Proof } | null {
    const query = 'SELECT id, tickets, receipts FROM batches WHERE id >= ? ORDER BY id LIMIT 1';
    const rowFrom = (id: number): (NumberedRow & { readonly row: BatchRow }) | null => {
      const row = this.#sql.exec<BatchRow>(query, id).toArray()[0];
      const numbers = row ? unpackReceipts(new Uint8Array(row.receipts)).map((kept) => kept.seq) : [];
      return row ? { id: row.id, numbers, row } : null;
    };
    const { lowest } = this.#sql.exec<{ lowest: number | null }>('SELECT min(id) AS lowest FROM batches').one();
    const found = lowest === null ? null : findNumber(rowFrom, { lowest, highest: this.#lastId }, seq);
    if (!found) return null;
    const tickets = splitBytes(found.row.tickets, HASH_BYTES).map(toHex);
    const kept = unpackReceipts(new Uint8Array(found.row.receipts), tickets);
    const place = kept.findIndex((one) => one.seq === seq);
    const [ticketHash, one] = [tickets[place], kept[place]];
    return ticketHash && one ? { ticketHash, proof: one.proof } : null;
  }

  /** How many links of the chain receipts break, in their order; second ones of a number are none of it. */
  countBreaks(receipts: readonly Link[]): number {
    let ranges = this.#ranges;
    let breaks = 0;
    for (const receipt of receipts) {
      if (!ranges.isUsed(receipt.seq)) breaks += ranges.countBreaks(receipt);
      ranges = ranges.with(receipt);
    }
    return breaks;
  }

  /** The highest number, and how many before it never came. */
  chain(): ReturnType<SeqRanges['count']> {
    return this.#ranges.count();
  }

  /** Of the newest batch the receipt with the highest number. */
  newest(): Pick<Proof, 'receipt' | 'receiptSignature' | 'receiptSeal'> | null {
    const row = this.#sql
      .exec<BatchRow>('SELECT id, tickets, receipts FROM batches ORDER BY id DESC LIMIT 1')
      .toArray()[0];
    if (!row) return null;
    const tickets = splitBytes(row.tickets, HASH_BYTES).map(toHex);
    const kept = unpackReceipts(new Uint8Array(row.receipts), tickets);
    return kept.toSorted((a, b) => (a.seq < b.seq ? 1 : -1))[0]?.proof ?? null;
  }

  /** The newest row's id; 0 before the first. */
  get lastId(): number {
    return this.#lastId;
  }

  /** The last `limit` batches up to a row, the oldest first: fewer where they are more than a week old. */
  listBatches(untilId: number, limit: number): SealedBatch[] {
    const query = 'SELECT id, head FROM batches WHERE id <= ? ORDER BY id DESC LIMIT ?';
    const rows = this.#sql.exec<{ id: number; head: ArrayBuffer }>(query, untilId, limit).toArray().toReversed();
    return rows.map(({ id, head }) => {
      const { count, sealRoot } = unpackHead(new Uint8Array(head)).head;
      return { id, count, sealRoot };
    });
  }

  /** What batches before a row accepted, at most so many of them, the newest batch first; and the row to go on before, null for no more. */
  listBefore(beforeId: number, batches: number): { readonly receipts: ListedReceipt[]; readonly next: number | null } {
    type Row = BatchRow & { parts: ArrayBuffer | null };
    const query = 'SELECT id, tickets, receipts, parts FROM batches WHERE id < ? ORDER BY id DESC LIMIT ?';
    const rows = this.#sql.exec<Row>(query, beforeId, batches).toArray();
    const receipts = rows.flatMap(({ id, receipts: packed, parts }) => {
      const abouts = parts ? unpackAbouts(new Uint8Array(parts)) : [];
      const at = Math.floor(id / IDS_PER_MS);
      return unpackReceipts(new Uint8Array(packed)).map((kept, i) => ({ ...kept, at, about: abouts[i] ?? null }));
    });
    return { receipts, next: rows.length === batches ? (rows.at(-1)?.id ?? null) : null };
  }

  /** The accounts that called the parts of a job which were accepted here in the last week. */
  findPayers(jobId: string): string[] {
    const query = 'SELECT parts FROM batches WHERE instr(parts, ?) > 0';
    const rows = this.#sql.exec<{ parts: ArrayBuffer }>(query, keyOfJob(jobId)).toArray();
    const abouts = rows.flatMap(({ parts }) => unpackAbouts(new Uint8Array(parts)));
    return [...new Set(abouts.flatMap((about) => (about.jobId === jobId && about.payer ? [about.payer] : [])))];
  }

  /** Reduces some of what is more than a week old to its tickets and what they were paid. */
  #prune(now: number): void {
    if (now < this.#pruneAt) return;
    const query = 'SELECT id, tickets, receipts FROM batches WHERE id <= ? ORDER BY id LIMIT ?';
    const old = this.#sql.exec<BatchRow>(query, (now - PROOF_MS) * IDS_PER_MS, PRUNE_ROWS).toArray();
    if (old.length < PRUNE_ROWS) this.#pruneAt = now + PRUNE_EVERY_MS;
    const last = old.at(-1);
    if (!last) return;
    const { table } = this.#paid.current(now);
    const tickets = concatBytes(
      old.flatMap((row) => splitBytes(row.tickets, HASH_BYTES).map((ticket) => ticket.subarray(0, PAID_BYTES))),
    );
    const writer = new PackedWriter();
    for (const row of old)
      for (const { earn, isLate } of unpackReceipts(new Uint8Array(row.receipts))) {
        writer.number(earn);
        writer.number(isLate ? 1 : 0);
      }
    this.#sql.exec(`INSERT INTO ${table} VALUES (?, ?, ?)`, last.id, tickets, writer.take());
    this.#sql.exec('DELETE FROM batches WHERE id <= ?', last.id);
    this.#lastPaidId = last.id;
    this.#recent.drop(last.id);
  }

  #recallRecent(): RecentTickets {
    type Row = { id: number; tickets: ArrayBuffer };
    const query = 'SELECT id, tickets FROM batches ORDER BY id DESC LIMIT ?';
    const rows = this.#sql.exec<Row>(query, RECALLED_ROWS).toArray().toReversed();
    const isAll = rows.length < RECALLED_ROWS;
    const recent = new RecentTickets(isAll ? 0 : (rows[0]?.id ?? 0));
    for (const { id, tickets } of rows) recent.add(id, splitBytes(tickets, HASH_BYTES).map(toHex));
    return recent;
  }

  #load(): void {
    for (const table of this.#paid.both) {
      const { id } = this.#sql.exec<{ id: number | null }>(`SELECT max(id) AS id FROM ${table}`).one();
      this.#lastPaidId = Math.max(this.#lastPaidId, id ?? 0);
    }
    const row = this.#sql
      .exec<{ id: number; head: ArrayBuffer }>('SELECT id, head FROM batches ORDER BY id DESC LIMIT 1')
      .toArray()[0];
    if (!row) {
      this.#ranges = SeqRanges.of(this.#old.used());
      return;
    }
    const { head, ranges } = unpackHead(new Uint8Array(row.head));
    this.#lastId = row.id;
    this.#head = head;
    this.#ranges = ranges;
  }
}

function readKept({ tickets, receipts }: BatchRow, ticketHash: Hex): KeptReceipt | null {
  const place = placeOf(tickets, fromHex(ticketHash));
  if (place === null) return null;
  const hashes = Array.from({ length: place + 1 }, (_, i) => (i === place ? ticketHash : ZERO_WORD));
  return unpackReceipts(new Uint8Array(receipts), hashes)[place] ?? null;
}

function readEarned(
  { tickets, earned }: { tickets: ArrayBuffer; earned: ArrayBuffer },
  key: Uint8Array,
): { earn: number; isLate: boolean } | null {
  const place = placeOf(tickets, key);
  if (place === null) return null;
  const reader = new PackedReader(new Uint8Array(earned));
  for (let i = 0; ; i++) {
    const [earn, isLate] = [reader.number(), reader.number() === 1];
    if (i === place) return { earn, isLate };
  }
}

/** Which of the tickets it is; null where its bytes stand across two. */
function placeOf(tickets: ArrayBuffer, key: Uint8Array): number | null {
  const wanted = toHex(key);
  const place = splitBytes(tickets, key.length).findIndex((ticket) => toHex(ticket) === wanted);
  return place < 0 ? null : place;
}

function splitBytes(bytes: ArrayBuffer, length: number): Uint8Array[] {
  return Array.from({ length: bytes.byteLength / length }, (_, i) => new Uint8Array(bytes, i * length, length));
}

function sealNumbers(receipts: readonly AcceptedReceipt[]): bigint[] {
  return [
    ...new Set(receipts.flatMap(({ proof }) => (proof.receiptSeal ? [BigInt(proof.receiptSeal.seal.number)] : []))),
  ];
}

function numberBytes(number: bigint): Uint8Array {
  return fromHex(`0x${number.toString(16).padStart(2 * NUMBER_BYTES, '0')}`);
}

function packHead(head: AcceptedHead, ranges: SeqRanges): Uint8Array {
  const writer = new PackedWriter();
  const { count, cumulative, equivocations, breaks, sealNumber, sealHash, topSeal, tally, sealRoot } = head;
  for (const one of [count, cumulative, equivocations, breaks, sealNumber, topSeal]) writer.number(one);
  writer.hex(sealHash, HASH_BYTES);
  ranges.pack(writer);
  packTally(writer, tally);
  writer.hex(sealRoot, HASH_BYTES);
  return writer.take();
}

function unpackHead(packed: Uint8Array): { head: AcceptedHead; ranges: SeqRanges } {
  const reader = new PackedReader(packed);
  const number = (): number => reader.number();
  const [count, cumulative, equivocations, breaks, sealNumber] = [number(), number(), number(), number(), number()];
  const topSeal = reader.big();
  const sealHash = reader.hex(HASH_BYTES);
  const ranges = SeqRanges.unpack(reader);
  // Rows of an earlier version end here.
  const isOld = reader.isAtEnd;
  const tally = isOld ? NO_TALLY : unpackTally(reader);
  const sealRoot = isOld ? ZERO_WORD : reader.hex(HASH_BYTES);
  return { head: { count, cumulative, equivocations, breaks, sealNumber, sealHash, topSeal, tally, sealRoot }, ranges };
}
