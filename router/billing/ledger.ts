// The door to the book in D1: flushes, events, balances and receipts. Everything it writes may be written again and changes nothing then.
import { toHex } from '../../schema/bytes.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import { sumPostings } from './build-entry.ts';
import type { LedgerEntry } from './build-entry.ts';
import { daysOfEntry } from './build-usage.ts';
import type { NumberedFlush } from './build-flush.ts';
import type { BookedPart, Fate } from './decide-earn.ts';
import {
  BALANCE_OF,
  BOOK_ENTRIES,
  BOOK_FLUSH,
  BOOK_LAST,
  BOOK_LATE_FLUSH,
  BROUGHT_BY,
  CREDIT_OF,
  FIND_DRIFTED,
  FIND_UNBALANCED,
  INSERT_MEMOS,
  LIST_PARTS,
  placeOf,
  SUM_ALL,
  SUM_UP,
  TOTAL,
} from './ledger-sql.ts';
import { EARNED_BY } from './usage-sql.ts';
import { packFacts, toFact } from './pack-facts.ts';
import { packSettlement } from './pack-settlement.ts';
import { makeReceiptShelves } from './receipt-shelves.ts';
import type { FoundRow, ReceiptFiles } from './receipt-shelves.ts';

/** Flushes become part of the balances when there are so many: a row for each book and each home, once for all of them. */
export const SUM_UP_AFTER = 1024;
/** Every so many flushes, by their numbers, it is looked whether there are. */
const LOOK_EVERY = 32;
/** One that is younger, ms, is left: others of its time are on their way. */
export const SUM_UP_AGE_MS = 60_000;

export interface Ledger {
  /**
   * Writes entries, in one transaction as a rule; entries whose id is known are left as they are. Gives the ids of those that the fees
   * cannot pay yet: nothing of them is written, and they may be tried again. Rejects when D1 does or an entry is unbalanced.
   */
  readonly apply: (entries: readonly LedgerEntry[]) => Promise<readonly string[]>;
  /**
   * Writes what an account's parts of a few seconds moved, in one transaction: all of it, or nothing where it is known already. The same parts come
   * in one flush however often it comes. Rejects when D1 does or the flush is unbalanced.
   */
  readonly applyFlush: (flush: NumberedFlush) => Promise<void>;
  /** The settlements of a job's parts, if the account called it; `flushes`: those that its object says they are in. */
  readonly findReceipts: (accountId: string, jobId: string, flushes: readonly number[]) => Promise<SettlementJson[]>;
  /** Those that the account's homes worked for, of a job that is more than a week old. */
  readonly findEarned: (ownerAccountId: string, jobId: string) => Promise<SettlementJson[]>;
  /**
   * How a part and those before it were booked, and what its home's work has brought in: as of one moment, in which its caller's object had said
   * what flushes they are in.
   */
  readonly findFate: (part: PartAsked) => Promise<Fate>;
  /** What a home has earned in all, in units, as far as the book has it: entries on their way to it are not in it. */
  readonly earnedBy: (nodeId: string) => Promise<number>;
  /** What the book has of an account's credit, in units: of all kinds together. */
  readonly creditOf: (accountId: string) => Promise<number>;
  /** What a book's postings sum to, in units. */
  readonly balanceOf: (book: string) => Promise<number>;
  /** Ids of up to 100 events whose postings do not sum to zero: always none. */
  readonly findUnbalanced: () => Promise<string[]>;
  /** Up to 100 books whose balance is not the sum of its postings: always none. */
  readonly findDrifted: () => Promise<string[]>;
  /** Who has what, over all books. */
  readonly sumUp: () => Promise<BookSums>;
  /** The sum of all postings: always 0. */
  readonly total: () => Promise<number>;
}

interface PartAsked {
  readonly accountId: string;
  readonly jobId: string;
  readonly part: number;
  readonly nodeId: string;
  readonly flushes: readonly number[];
}

/** Units, over all books. */
export interface BookSums {
  /** What callers paid for parts, whatever kind of credit it was. */
  readonly paid: number;
  /** What owners earned by parts, whatever has become of it. */
  readonly earned: number;
  /** Never below 0. */
  readonly fees: number;
  /** Callers whose balance in the book is below 0: always none. */
  readonly overdrawn: number;
}

/** `files`: the object storage that old receipts stand in; null where there is none. */
export function makeLedger(database: D1Database, files: ReceiptFiles | null = null): Ledger {
  const shelves = makeReceiptShelves(database, files);
  return {
    apply: async (entries) => {
      for (const entry of entries)
        if (sumPostings(entry) !== 0) throw new Error(`the postings of ${entry.id} do not sum to zero`);
      // The first of an id counts, also within a batch.
      const byId = new Map(entries.toReversed().map((entry) => [entry.id, entry]));
      return applyAll(database, [...byId.values()].toReversed());
    },
    findReceipts: async (accountId, jobId, flushes) =>
      (await shelves.find({ accountId, jobId, flushes })).filter((settlement) => settlement.accountId === accountId),
    findEarned: async (ownerAccountId, jobId) =>
      (await shelves.find({ accountId: '', jobId, flushes: [] })).filter(
        (settlement) => settlement.ownerAccountId === ownerAccountId,
      ),
    applyFlush: async (flush) => {
      if (Object.values(flush.postings).reduce((sum, amount) => sum + amount, 0) !== 0)
        throw new Error('the postings of a flush do not sum to zero');
      await applyFlush(database, flush);
    },
    findFate: async ({ part, nodeId, ...wanted }) => {
      const [booked, home] = (await database.batch([
        shelves.ask(wanted),
        database.prepare(BROUGHT_BY).bind(nodeId),
      ])) as [D1Result<FoundRow>, D1Result<{ brought: number }>];
      const parts = (await shelves.read(booked.results, wanted.jobId)).map(toBookedPart);
      return {
        part: parts.find((one) => one.part === part) ?? null,
        earlier: parts.filter((one) => one.part < part),
        brought: home.results[0]?.brought ?? 0,
      };
    },
    balanceOf: async (book) => (await database.prepare(BALANCE_OF).bind(book).first<number>('amount')) ?? 0,
    creditOf: async (accountId) => (await database.prepare(CREDIT_OF).bind(accountId).first<number>('amount')) ?? 0,
    earnedBy: async (nodeId) => (await database.prepare(EARNED_BY).bind(nodeId).first<number>('earned')) ?? 0,
    findUnbalanced: async () => {
      const { results } = await database.prepare(FIND_UNBALANCED).all<{ id: string }>();
      return results.map((row) => row.id);
    },
    findDrifted: async () => {
      const summed = await database.prepare(FIND_DRIFTED).all<{ book: string }>();
      return summed.results.map((row) => row.book);
    },
    sumUp: async () => {
      const row = await database.prepare(SUM_ALL).first<BookSums>();
      return row ?? { paid: 0, earned: 0, fees: 0, overdrawn: 0 };
    },
    total: async () => (await database.prepare(TOTAL).first<number>('sum')) ?? 0,
  };
}

/** The values that a statement names, as far as the last of them. */
function takenBy<T>(text: string, values: readonly T[]): readonly T[] {
  const places = [...text.matchAll(/\?(\d+)/g)].map(([, place]) => Number(place));
  return values.slice(0, Math.max(0, ...places));
}

function toBookedPart(settlement: SettlementJson): BookedPart {
  const { part, ownerAccountId, outcome, charge, ttftMs, paidFrom, related, feeBps } = settlement;
  return { part, ownerAccountId, outcome, charge, paidFrom, related, feeBps, hasToken: ttftMs !== null };
}

/** Where it is not new in the order of time it may be late, or known: the second transaction tells. */
async function applyFlush(database: D1Database, flush: NumberedFlush): Promise<void> {
  const { accountId, number, at, parts, packed, blocks } = flush;
  const of = (text: string, ...values: unknown[]): D1PreparedStatement => database.prepare(text).bind(...values);
  const facts = packFacts(
    parts.map(({ fact }) => fact),
    at,
    { blocks },
  );
  const place = placeOf(accountId, number);
  const [job, part] = parts[0]?.fact ?? ['', 0];
  const receipts = toHex(packed).slice(2);
  const [postings, homes, usage, earnings] = [flush.postings, flush.homes, flush.usage, flush.earnings].map((one) =>
    JSON.stringify(one),
  );
  const values = [place, accountId, job, part, at, postings, homes, facts, receipts, usage, earnings];
  const memos = parts.flatMap(({ fact: [ofJob, ofPart], memo }) =>
    memo === null ? [] : [toMemo(ofJob, ofPart, memo)],
  );
  const before = memos.length > 0 ? [of(INSERT_MEMOS, JSON.stringify(memos), accountId, at)] : [];
  const sums = number % LOOK_EVERY === 0 ? sumUp(database, SUM_UP_AFTER, placeOf('', number - SUM_UP_AGE_MS)) : [];
  const results = await database.batch([of(BOOK_FLUSH, ...values), ...before, ...sums]);
  if (results[0]?.results.length === 0)
    await database.batch(BOOK_LATE_FLUSH.map((text) => of(text, ...takenBy(text, values))));
}

/** The statements that sum up what waits, if so many do, as far as a place. */
export function sumUp(
  database: D1Database,
  atLeast: number,
  until: number = Number.MAX_SAFE_INTEGER,
): D1PreparedStatement[] {
  return SUM_UP.map((text) => database.prepare(text).bind(atLeast, until));
}

function toMemo(job: string, part: number, memo: string): object {
  const jobId = `job_${job}`;
  return { id: `settle:${jobId}:${part}`, jobId, part, memo };
}

/** One transaction; where the books cannot carry it as a whole, each half for itself. Gives the ids of those that they cannot carry alone. */
async function applyAll(database: D1Database, entries: readonly LedgerEntry[]): Promise<readonly string[]> {
  if (entries.length === 0) return [];
  try {
    await database.batch(prepareEntries(database, entries));
    return [];
  } catch (error) {
    if (!isOverdraft(error)) throw error;
    const [only] = entries;
    if (entries.length === 1 && only) return [only.id];
    const middle = Math.ceil(entries.length / 2);
    const first = await applyAll(database, entries.slice(0, middle));
    return [...first, ...(await applyAll(database, entries.slice(middle)))];
  }
}

function prepareEntries(database: D1Database, entries: readonly LedgerEntry[]): D1PreparedStatement[] {
  const json = JSON.stringify(entries.map(toRow));
  const of = (text: string, ...values: unknown[]): D1PreparedStatement => database.prepare(text).bind(...values);
  const parts = entries.flatMap(({ id, settlement }) => (settlement ? [{ id, settlement }] : []));
  const at = Math.max(0, ...parts.map(({ settlement }) => settlement.endedAt));
  // What only completes a part is no part of its own in statistics.
  const facts = parts.map(({ id, settlement }) => ({ fact: toFact(settlement), isPart: id.startsWith('settle:') }));
  const list = packFacts(
    facts.flatMap(({ fact, isPart }) => (isPart ? [fact] : [])),
    at,
    { bare: facts.flatMap(({ fact: [job, part], isPart }) => (isPart ? [] : [[job, part]])) },
  );
  // What draws from the fees, or from an owner, finds there what has been brought in until now.
  const draws = entries.some(({ postings }) => postings.some(({ book, amount }) => amount < 0 && isChecked(book)));
  return [
    ...(draws ? sumUp(database, 1) : []),
    ...BOOK_ENTRIES.map((text) => of(text, json)),
    of(LIST_PARTS, json, at, list),
    ...BOOK_LAST.map((text) => of(text, json)),
  ];
}

/** Books that no entry takes below zero (the checks and triggers of `balances`). */
function isChecked(book: string): boolean {
  return book === 'fees' || book.startsWith('owner:');
}

/** The checks of the tables `balances` and `home_fees` are the only ones that these statements can fail. */
function isOverdraft(error: unknown): boolean {
  return error instanceof Error && error.message.includes('CHECK constraint failed');
}

function toRow(entry: LedgerEntry): object {
  const { settlement, ...row } = entry;
  if (!settlement) return row;
  const { usage, earnings } = daysOfEntry(entry, settlement);
  const packed = toHex(packSettlement(settlement)).slice(2);
  // The list that it comes to stands for many accounts: each row of it says its own.
  return { ...row, nodeId: settlement.nodeId, usage: usage.map((one) => [...one, entry.accountId]), earnings, packed };
}
