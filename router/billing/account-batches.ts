// The parts that an account has booked, a row a batch: kept until the book in D1 has them, and known for a month or two, which is what makes a
// second delivery nothing. Each row also holds what a restart must know of the account, so that a batch writes nothing else. Rows are written to two
// tables in turn; one that the book has all of becomes a list of its parts and is dropped as a whole.
import { fromHex, toHex } from '../../schema/bytes.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import { mergeFlushes, readPiece } from './build-flush.ts';
import type { Flush, KeptPiece, NumberedFlush } from './build-flush.ts';
import { jobOfKey, keyOfJob } from './job-key.ts';
import { PackedReader, PackedWriter } from './packed-bytes.ts';
import { unpackSettlements } from './pack-settlement.ts';
import { TurnedTables } from './turned-tables.ts';

/** A table is left for the other one when it holds so much, bytes: an account at rest keeps no more than two of them. */
const TABLE_BYTES = 65_536;
/** Lists that are kept in memory, some hundred parts each. */
const KEPT_LISTS = 8;
/** Parts of one flush at most, beside those of the batch that reaches it. */
const FLUSH_PARTS = 256;

interface Row {
  readonly seq: number;
  readonly slot: Slot;
  readonly flush: number;
  /** The job of each of its parts, as facts name it: whether a job is in a row is asked for every part that arrives. */
  readonly jobs: readonly string[];
  readonly charge: number;
  readonly bytes: number;
}
type Slot = 0 | 1;

interface ReadPiece {
  readonly seq: number;
  /** The number of its flush. */
  readonly number: number;
  readonly flush: Flush;
}

/** One part that was booked. */
export interface KnownPart {
  readonly part: number;
  /** What it did to the balance, units: 0 or less. */
  readonly own: number;
}

interface ListedPart extends KnownPart {
  /** The number of the flush that it is in. */
  readonly flush: number;
}

/** What a table became that the book has all of. */
interface KnownList {
  /** None of its flushes was begun later, ms since epoch. */
  readonly untilAt: number;
  /** By job, as facts name it. */
  readonly parts: ReadonlyMap<string, readonly ListedPart[]>;
}

const TABLE = '(seq INTEGER PRIMARY KEY, flush INTEGER NOT NULL, state TEXT NOT NULL, piece TEXT, packed BLOB)';
const BASE = `CREATE TABLE IF NOT EXISTS base (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, flush INTEGER NOT NULL,
  acknowledged INTEGER NOT NULL, state TEXT NOT NULL)`;
const KNOWN = { name: 'booked', columns: 'seq INTEGER PRIMARY KEY, untilAt INTEGER NOT NULL, parts BLOB NOT NULL' };

export class AccountBatches {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  readonly #known: TurnedTables;
  #rows: Row[] = [];
  /** Which rows have parts of a job. */
  readonly #rowsOf = new Map<string, readonly Row[]>();
  #slot: Slot = 0;
  #seq = 0;
  /** The last flush that was begun: parts that come now belong to it while it is open. */
  #flush = 0;
  #isOpen = false;
  #openParts = 0;
  /** Rows and bytes of each table. */
  readonly #sizes: Readonly<Record<Slot, { rows: number; bytes: number }>> = {
    0: { rows: 0, bytes: 0 },
    1: { rows: 0, bytes: 0 },
  };
  /** The last flush that the book is known to have. */
  #acknowledged = 0;
  #state: string | null = null;
  /** Lists of parts that were written in this life, and until when those were that are on disk alone, ms since epoch. */
  readonly #lists: KnownList[] = [];
  #knownUntilAt = 0;
  #parts = 0;
  #charge = 0;

  /** For the caller's transaction. */
  constructor(storage: DurableObjectStorage, now: number) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#known = new TurnedTables(this.#sql, KNOWN, now);
    this.#sql.exec(BASE);
    this.#recall();
  }

  /** The account's state as it was written last; null for one that has none. */
  get state(): string | null {
    return this.#state;
  }

  /** The number of the last row. */
  get seq(): number {
    return this.#seq;
  }

  /** Parts that the book is not known to have, and what they take from the balance. */
  get waiting(): { readonly parts: number; readonly charge: number } {
    return { parts: this.#parts, charge: this.#charge };
  }

  /** Writes a batch, and the state after it, as one row; for the caller's transaction. */
  write(state: string, piece: Flush | null, now: number): void {
    if (piece && !this.#isOpen) {
      this.#flush = Math.max(this.#flush + 1, now);
      this.#isOpen = true;
      this.#openParts = 0;
    }
    const seq = this.#seq + 1;
    const slot = this.#chooseSlot();
    const { packed = null, ...kept } = piece ?? {};
    const text = piece ? JSON.stringify(kept) : null;
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS batches${slot} ${TABLE}`);
    const insert = `INSERT INTO batches${slot} VALUES (?, ?, ?, ?, ?)`;
    const flush = piece ? this.#flush : this.#acknowledged;
    this.#sql.exec(insert, seq, flush, `${this.#acknowledged} ${state}`, text, packed);
    const charge = piece ? sumCharges(piece.parts) : 0;
    const jobs = piece?.parts.map(({ fact: [job] }) => job) ?? [];
    const bytes = state.length + (text?.length ?? 0) + (packed?.length ?? 0);
    this.#addRow({ seq, slot, flush, jobs, charge, bytes });
    this.#seq = seq;
    this.#slot = slot;
    this.#state = state;
    this.#parts += jobs.length;
    this.#charge += charge;
    this.#openParts += jobs.length;
    if (this.#openParts >= FLUSH_PARTS) this.#isOpen = false;
  }

  /** Jobs of which a row after `seq` has booked something. */
  jobsSince(seq: number): string[] {
    return this.#rows.flatMap((row) => (row.seq > seq ? row.jobs.map(jobOfHex) : []));
  }

  /** The parts of a job that were booked, if any was booked after `sinceAt`, ms since epoch. */
  findParts(jobId: string, sinceAt: number): ListedPart[] {
    const hex = toHex(keyOfJob(jobId)).slice(2);
    const recent = this.#read(this.#rowsOf.get(hex) ?? []).flatMap(({ number, flush: { parts } }) =>
      parts.flatMap(({ fact: [job, part], charge }) => (job === hex ? [{ part, own: 0 - charge, flush: number }] : [])),
    );
    const listed = this.#lists.flatMap(({ untilAt, parts }) => (untilAt < sinceAt ? [] : (parts.get(hex) ?? [])));
    return [...recent, ...listed, ...(sinceAt > this.#knownUntilAt ? [] : this.#findOnDisk(jobId, sinceAt))];
  }

  /** Parts of a job in the lists that are on disk alone. */
  #findOnDisk(jobId: string, sinceAt: number): ListedPart[] {
    const key = keyOfJob(jobId);
    const hex = toHex(key).slice(2);
    const query = this.#known.both
      .map((table) => `SELECT untilAt, parts FROM ${table} WHERE untilAt BETWEEN ?1 AND ?2 AND instr(parts, ?3) > 0`)
      .join(' UNION ALL ');
    type List = { untilAt: number; parts: ArrayBuffer };
    const lists = this.#sql.exec<List>(query, sinceAt, this.#knownUntilAt, key).toArray();
    return lists.flatMap((list) => readKnown(list).filter((one) => one.job === hex));
  }

  /** The numbers of the flushes that parts of a job are in. */
  findFlushes(jobId: string): number[] {
    return [...new Set(this.findParts(jobId, 0).map(({ flush }) => flush))];
  }

  /** Settlements of a job that the book is not known to have. */
  findWaiting(jobId: string): SettlementJson[] {
    const hex = toHex(keyOfJob(jobId)).slice(2);
    return this.#read((this.#rowsOf.get(hex) ?? []).filter(({ flush }) => flush > this.#acknowledged))
      .flatMap(({ flush: { packed } }) => unpackSettlements(packed))
      .filter((settlement) => settlement.jobId === jobId);
  }

  /**
   * Hands what waits to the book, a flush at a time; what comes meanwhile is left for the next time. One that is killed in between comes again with
   * the same parts: none is added to a flush that may have been sent.
   */
  async handOver(apply: (flush: NumberedFlush) => Promise<void>): Promise<void> {
    const until = this.#flush;
    this.#isOpen = false;
    for (;;) {
      const number = Math.min(...this.#rows.flatMap(({ flush }) => (flush > this.#acknowledged ? [flush] : [])));
      if (number > until) break;
      const flush = mergeFlushes(
        this.#read(this.#rows.filter((row) => row.flush === number)).map((piece) => piece.flush),
      );
      if (flush) await apply({ ...flush, number });
      this.#acknowledged = number;
      for (const row of this.#rows) {
        if (row.flush !== number) continue;
        this.#parts -= row.jobs.length;
        this.#charge -= row.charge;
      }
    }
  }

  /** Drops the table that the book has all of, if it is worth while; `keep` writes what else names rows, in the same transaction. */
  tidy(now: number, keep: () => void): void {
    for (const slot of [0, 1] as const) {
      if (this.#sizes[slot].bytes < TABLE_BYTES) continue;
      const rows = this.#rows.filter((row) => row.slot === slot);
      if (rows.some(({ flush }) => flush > this.#acknowledged)) continue;
      let list: KnownList | null = null;
      this.#storage.transactionSync(() => {
        const known = this.#read(rows);
        if (known.length > 0) {
          const insert = `INSERT INTO ${this.#known.current(now).table} VALUES (?, ?, ?)`;
          // Each list's is higher than the last one's, whatever the clock does: what is looked for on disk is not in memory too.
          const untilAt = Math.max(now, this.#listedUntilAt + 1, ...known.map(({ number }) => number));
          list = { untilAt, parts: listParts(known) };
          this.#sql.exec(insert, rows[0]?.seq ?? 0, untilAt, writeKnown(known, untilAt));
        }
        const base = 'INSERT OR REPLACE INTO base VALUES (1, ?, ?, ?, ?)';
        this.#sql.exec(base, this.#seq, this.#flush, this.#acknowledged, this.#state ?? '');
        keep();
        this.#sql.exec(`DROP TABLE batches${slot}`);
      });
      this.#rows = this.#rows.filter((row) => row.slot !== slot);
      Object.assign(this.#sizes[slot], { rows: 0, bytes: 0 });
      for (const job of rows.flatMap((row) => row.jobs)) this.#dropRows(job, slot);
      if (list) this.#keepList(list);
    }
  }

  get #listedUntilAt(): number {
    return this.#lists.at(-1)?.untilAt ?? this.#knownUntilAt;
  }

  #keepList(list: KnownList): void {
    this.#lists.push(list);
    if (this.#lists.length > KEPT_LISTS) this.#knownUntilAt = this.#lists.shift()?.untilAt ?? 0;
  }

  /** Puts a state without a batch beneath all that will follow: of an object that had another form of it. For the caller's transaction. */
  lay(state: string): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO base VALUES (1, ?, ?, ?, ?)',
      this.#seq,
      this.#flush,
      this.#acknowledged,
      state,
    );
    this.#state = state;
  }

  #chooseSlot(): Slot {
    const other: Slot = this.#slot === 0 ? 1 : 0;
    const isFull = this.#sizes[this.#slot].bytes >= TABLE_BYTES;
    return isFull && this.#sizes[other].rows === 0 ? other : this.#slot;
  }

  #addRow(row: Row): void {
    this.#rows.push(row);
    const size = this.#sizes[row.slot];
    size.rows++;
    size.bytes += row.bytes;
    for (const job of row.jobs) this.#rowsOf.set(job, [...(this.#rowsOf.get(job) ?? []), row]);
  }

  #dropRows(job: string, slot: Slot): void {
    const left = this.#rowsOf.get(job)?.filter((row) => row.slot !== slot) ?? [];
    if (left.length > 0) this.#rowsOf.set(job, left);
    else this.#rowsOf.delete(job);
  }

  #recall(): void {
    type Base = { seq: number; flush: number; acknowledged: number; state: string };
    const base = this.#sql.exec<Base>('SELECT seq, flush, acknowledged, state FROM base').toArray()[0];
    if (base) {
      this.#seq = base.seq;
      this.#flush = base.flush;
      this.#acknowledged = base.acknowledged;
      this.#state = base.state;
    }
    type Kept = { seq: number; flush: number; state: string; piece: string | null; bytes: number };
    for (const slot of [0, 1] as const) {
      if (!this.#hasTable(slot)) continue;
      const query = `SELECT seq, flush, state, piece, coalesce(length(packed), 0) AS bytes FROM batches${slot} ORDER BY seq`;
      for (const { seq, flush, state, piece, bytes } of this.#sql.exec<Kept>(query).toArray()) {
        const parts = piece === null ? [] : (JSON.parse(piece) as KeptPiece).parts;
        const size = bytes + state.length + (piece?.length ?? 0);
        this.#addRow({
          seq,
          slot,
          flush,
          jobs: parts.map(({ fact: [job] }) => job),
          charge: sumCharges(parts),
          bytes: size,
        });
        if (seq < this.#seq) continue;
        const space = state.indexOf(' ');
        this.#acknowledged = Math.max(this.#acknowledged, Number(state.slice(0, space)));
        this.#seq = seq;
        this.#slot = slot;
        this.#state = state.slice(space + 1);
        // What is there may have been sent already: it is open no more.
        this.#flush = Math.max(this.#flush, flush);
      }
    }
    this.#rows.sort((a, b) => a.seq - b.seq);
    const latest = this.#known.both.map((table) => `SELECT untilAt FROM ${table}`).join(' UNION ALL ');
    const { untilAt } = this.#sql
      .exec<{ untilAt: number | null }>(`SELECT max(untilAt) AS untilAt FROM (${latest})`)
      .one();
    this.#knownUntilAt = untilAt ?? 0;
    for (const row of this.#rows) {
      if (row.flush <= this.#acknowledged) continue;
      this.#parts += row.jobs.length;
      this.#charge += row.charge;
    }
  }

  #hasTable(slot: Slot): boolean {
    return this.#sql.exec(`SELECT 1 FROM pragma_table_info('batches${slot}') LIMIT 1`).toArray().length > 0;
  }

  /** The pieces of chosen rows, in their order. */
  #read(rows: readonly Row[]): ReadPiece[] {
    const chosen = rows.filter((row) => row.jobs.length > 0);
    const found: ReadPiece[] = [];
    for (const slot of [0, 1] as const) {
      const seqs = chosen.filter((row) => row.slot === slot).map(({ seq }) => seq);
      if (seqs.length === 0) continue;
      const query = `SELECT seq, flush, piece, packed FROM batches${slot} WHERE seq IN (SELECT value FROM json_each(?))`;
      type Kept = { seq: number; flush: number; piece: string; packed: ArrayBuffer };
      for (const { seq, flush: number, piece, packed } of this.#sql.exec<Kept>(query, JSON.stringify(seqs)))
        found.push({ seq, number, flush: readPiece(piece, new Uint8Array(packed)) });
    }
    return found.toSorted((a, b) => a.seq - b.seq);
  }
}

function sumCharges(parts: readonly { readonly charge: number }[]): number {
  return parts.reduce((sum, { charge }) => sum + charge, 0);
}

function jobOfHex(hex: string): string {
  return jobOfKey(fromHex(`0x${hex}`));
}

function listParts(pieces: readonly ReadPiece[]): Map<string, ListedPart[]> {
  const parts = new Map<string, ListedPart[]>();
  for (const { number, flush } of pieces)
    for (const { fact, charge } of flush.parts) {
      const [job, part] = fact;
      parts.set(job, [...(parts.get(job) ?? []), { part, own: 0 - charge, flush: number }]);
    }
  return parts;
}

/** Flushes are told by how long before `untilAt` they were begun: none is younger. */
function writeKnown(pieces: readonly ReadPiece[], untilAt: number): Uint8Array<ArrayBuffer> {
  const writer = new PackedWriter();
  for (const { number, flush } of pieces)
    for (const { fact, charge } of flush.parts) {
      const key = fromHex(`0x${fact[0]}`);
      writer.number(key.length);
      writer.raw(key);
      writer.number(fact[1]);
      writer.number(charge);
      writer.number(untilAt - number);
    }
  return writer.take();
}

function readKnown({
  untilAt,
  parts: bytes,
}: {
  readonly untilAt: number;
  readonly parts: ArrayBuffer;
}): (ListedPart & {
  readonly job: string;
})[] {
  const reader = new PackedReader(new Uint8Array(bytes));
  const parts: (ListedPart & { readonly job: string })[] = [];
  while (!reader.isAtEnd) {
    const job = reader.hex(reader.number()).slice(2);
    const part = reader.number();
    const own = 0 - reader.number();
    parts.push({ job, part, own, flush: untilAt - reader.number() });
  }
  return parts;
}
