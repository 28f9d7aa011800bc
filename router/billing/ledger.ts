// The door to the book in D1: events, postings, balances and receipts. Everything it writes may be written again and changes nothing then.
import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import type { SettlementJson } from '../../schema/settlement.ts';
import { balances } from '../../schema/tables.ts';
import { sumPostings } from './build-entry.ts';
import type { LedgerEntry } from './build-entry.ts';
import type { BookedPart, Fate } from './decide-earn.ts';
import { isBookedSql, makeReceiptShelves } from './receipt-shelves.ts';
import type { FoundRow, ReceiptFiles } from './receipt-shelves.ts';

export interface Ledger {
  /**
   * Writes entries, in one transaction as a rule; entries whose id is known are left as they are. Gives the ids of those that the fees
   * cannot pay yet: nothing of them is written, and they may be tried again. Rejects when D1 does or an entry is unbalanced.
   */
  readonly apply: (entries: readonly LedgerEntry[]) => Promise<readonly string[]>;
  /** The settlements of a job's parts, if the account called it. */
  readonly findReceipts: (accountId: string, jobId: string) => Promise<SettlementJson[]>;
  /** How a part and those before it were booked, and what its home's work has brought in: as of one moment. */
  readonly findFate: (part: { jobId: string; part: number; nodeId: string }) => Promise<Fate>;
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

/** Units, over all books. */
export interface BookSums {
  /** What callers paid: credit granted less what they still have. */
  readonly paid: number;
  /** What owners earned: with the fees it is all that callers paid and the operator added. */
  readonly earned: number;
  /** Never below 0. */
  readonly fees: number;
  /** Callers whose balance in the book is below 0: always none. */
  readonly overdrawn: number;
}

/** `files`: the object storage that old receipts stand in; null where there is none. */
export function makeLedger(database: D1Database, files: ReceiptFiles | null = null): Ledger {
  const db = drizzle(database);
  const shelves = makeReceiptShelves(database, files);
  return {
    apply: async (entries) => {
      for (const entry of entries)
        if (sumPostings(entry) !== 0) throw new Error(`the postings of ${entry.id} do not sum to zero`);
      // The first of an id counts, also within a batch.
      const byId = new Map(entries.toReversed().map((entry) => [entry.id, entry]));
      return applyAll(database, [...byId.values()].toReversed());
    },
    findReceipts: async (accountId, jobId) =>
      (await shelves.find(jobId)).filter((settlement) => settlement.accountId === accountId),
    findFate: async ({ jobId, part, nodeId }) => {
      const [booked, home] = (await database.batch([
        shelves.ask(jobId),
        database.prepare('SELECT brought FROM home_fees WHERE node_id = ?').bind(nodeId),
      ])) as [D1Result<FoundRow>, D1Result<{ brought: number }>];
      const parts = (await shelves.read(booked.results)).map(toBookedPart);
      return {
        part: parts.find((one) => one.part === part) ?? null,
        earlier: parts.filter((one) => one.part < part),
        brought: home.results[0]?.brought ?? 0,
      };
    },
    balanceOf: async (book) => {
      const row = await db.select({ amount: balances.amount }).from(balances).where(eq(balances.book, book)).get();
      return row?.amount ?? 0;
    },
    findUnbalanced: async () => {
      const { results } = await database.prepare(FIND_UNBALANCED).all<{ id: string }>();
      return results.map((row) => row.id);
    },
    findDrifted: async () => {
      const summed = await database.prepare(FIND_DRIFTED).all<{ book: string }>();
      return summed.results.map((row) => row.book);
    },
    sumUp: async () => {
      const row = await database.prepare(SUM_UP).first<BookSums>();
      return row ?? { paid: 0, earned: 0, fees: 0, overdrawn: 0 };
    },
    total: async () => (await database.prepare(TOTAL).first<number>('sum')) ?? 0,
  };
}

function toBookedPart({ part, ownerAccountId, outcome, charge, ttftMs }: SettlementJson): BookedPart {
  return { part, ownerAccountId, outcome, charge, hasToken: ttftMs !== null };
}

/** One transaction; where the books cannot carry it as a whole, each half for itself. Gives the ids of those that they cannot carry alone. */
async function applyAll(database: D1Database, entries: readonly LedgerEntry[]): Promise<readonly string[]> {
  if (entries.length === 0) return [];
  const json = JSON.stringify(entries.map(toRow));
  try {
    // drizzle's batch cannot bind raw statements, so they go to D1 themselves: one transaction.
    await database.batch(STATEMENTS.map((text) => database.prepare(text).bind(json)));
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

/** The checks of the tables `balances` and `home_fees` are the only ones that these statements can fail. */
function isOverdraft(error: unknown): boolean {
  return error instanceof Error && error.message.includes('CHECK constraint failed');
}

/** The settlement travels as a text, so that D1 stores what was signed and not its own rendering of it. */
function toRow(entry: LedgerEntry): object {
  const { settlement } = entry;
  if (!settlement) return entry;
  const { keyId, nodeId, ownerAccountId, model, outcome, promptTokens, outputTokens, charge, earn, endedAt } =
    settlement;
  const facts = { keyId, nodeId, ownerAccountId, model, outcome, promptTokens, outputTokens, charge, earn, endedAt };
  return { ...entry, settlement: { ...facts, accountId: settlement.accountId, text: JSON.stringify(settlement) } };
}

// One JSON parameter carries a whole batch: D1 binds at most 100 values a statement, and a few statements cost less than a few a row.

/** An event whose postings have been summed up with those of its day. */
const IS_SUMMED = isBookedSql({ id: "e.value->>'id'", jobId: "e.value->>'jobId'", part: "e.value->>'part'" });

const INSERT_EVENTS = `
    INSERT INTO events (id, kind, job_id, part, account_id, at, memo)
    SELECT value->>'id', value->>'kind', value->>'jobId', value->>'part', value->>'accountId', value->>'at', value->>'memo'
    FROM json_each(?1) AS e WHERE NOT ${IS_SUMMED} ON CONFLICT DO NOTHING`;

const IS_NEW = `NOT EXISTS (SELECT 1 FROM postings AS known WHERE known.event_id = e.value->>'id') AND NOT ${IS_SUMMED}`;

/** Before the postings, which tell what is new. A row is checked as it will stand, not as what is added to it. */
const MOVE_BALANCES = `
    INSERT INTO balances (book, amount)
    SELECT moved.book, moved.amount + coalesce(held.amount, 0)
    FROM (SELECT p.value->>'book' AS book, sum(p.value->>'amount') AS amount
      FROM json_each(?1) AS e, json_each(e.value, '$.postings') AS p WHERE ${IS_NEW} GROUP BY 1) AS moved
    LEFT JOIN balances AS held ON held.book = moved.book
    WHERE true ON CONFLICT (book) DO UPDATE SET amount = excluded.amount`;

const MOVE_HOME_FEES = `
    INSERT INTO home_fees (node_id, brought, drawn)
    SELECT moved.node, moved.brought + coalesce(held.brought, 0), moved.drawn + coalesce(held.drawn, 0)
    FROM (SELECT e.value->>'$.settlement.nodeId' AS node,
        sum(max(0, p.value->>'amount')) AS brought, sum(max(0, -(p.value->>'amount'))) AS drawn
      FROM json_each(?1) AS e, json_each(e.value, '$.postings') AS p
      WHERE p.value->>'book' = 'fees' AND e.value->>'settlement' IS NOT NULL AND ${IS_NEW} GROUP BY 1) AS moved
    LEFT JOIN home_fees AS held ON held.node_id = moved.node
    WHERE true ON CONFLICT (node_id) DO UPDATE SET brought = excluded.brought, drawn = excluded.drawn`;

/** Postings of an event that has some are never added to, so no delivery, however different, can unbalance it. */
const INSERT_POSTINGS = `
    INSERT INTO postings (event_id, book, amount)
    SELECT e.value->>'id', p.value->>'book', p.value->>'amount'
    FROM json_each(?1) AS e, json_each(e.value, '$.postings') AS p
    WHERE ${IS_NEW} ON CONFLICT DO NOTHING`;

/**
 * A late receipt completes its part's row (its charge is 0) and the settlement gives it the charge (its earnings are then 0), in
 * whichever order they come: the greater of both stands, a proof is never lost, and a part that turned out to be free has failed.
 */
const UPSERT_RECEIPTS = `
    INSERT INTO receipts (job_id, part, account_id, key_id, node_id, owner_account_id, model, outcome,
      prompt_tokens, output_tokens, charge, earn, ended_at, settlement)
    SELECT value->>'jobId', value->>'part', value->>'$.settlement.accountId', value->>'$.settlement.keyId',
      value->>'$.settlement.nodeId', value->>'$.settlement.ownerAccountId', value->>'$.settlement.model',
      value->>'$.settlement.outcome', value->>'$.settlement.promptTokens', value->>'$.settlement.outputTokens',
      value->>'$.settlement.charge', value->>'$.settlement.earn', value->>'$.settlement.endedAt', value->>'$.settlement.text'
    FROM json_each(?1) AS e WHERE value->>'settlement' IS NOT NULL AND NOT ${IS_SUMMED}
    ON CONFLICT (job_id, part) DO UPDATE SET
      charge = max(charge, excluded.charge),
      earn = max(earn, excluded.earn),
      outcome = CASE WHEN excluded.outcome LIKE 'failed-%' THEN excluded.outcome ELSE outcome END,
      settlement = json_set(
        CASE WHEN excluded.settlement->>'acceptance' IS NULL THEN settlement
          ELSE json_set(json_patch(settlement, json_object(
              'receiptSeal', json(excluded.settlement->'receiptSeal'),
              'acceptanceSeal', json(excluded.settlement->'acceptanceSeal'))),
            '$.receipt', excluded.settlement->'receipt', '$.receiptSignature', excluded.settlement->>'receiptSignature',
            '$.acceptance', excluded.settlement->'acceptance',
            '$.acceptanceSignature', excluded.settlement->>'acceptanceSignature') END,
        '$.outcome', CASE WHEN excluded.outcome LIKE 'failed-%' THEN excluded.outcome ELSE outcome END,
        '$.charge', max(charge, excluded.charge), '$.earn', max(earn, excluded.earn))`;

const STATEMENTS = [INSERT_EVENTS, MOVE_BALANCES, MOVE_HOME_FEES, INSERT_POSTINGS, UPSERT_RECEIPTS];

/** One by one, and summed up by day. */
const ALL_POSTINGS = 'SELECT book, amount FROM postings UNION ALL SELECT book, amount FROM book_days';

const TOTAL = `SELECT sum(amount) AS sum FROM (${ALL_POSTINGS})`;

/** A day is named by its number since 1970. */
const FIND_UNBALANCED = `
    SELECT event_id AS id FROM postings GROUP BY event_id HAVING sum(amount) <> 0
    UNION ALL SELECT 'day:' || day FROM book_days GROUP BY day HAVING sum(amount) <> 0 LIMIT 100`;

const FIND_DRIFTED = `
    SELECT coalesce(summed.book, held.book) AS book
    FROM (SELECT book, sum(amount) AS amount FROM (${ALL_POSTINGS}) GROUP BY book) AS summed
    FULL JOIN balances AS held ON held.book = summed.book
    WHERE coalesce(summed.amount, 0) <> coalesce(held.amount, 0) LIMIT 100`;

const SUM_UP = `
    SELECT -coalesce(sum(amount) FILTER (WHERE book = 'grants' OR book LIKE 'acct\\_%' ESCAPE '\\'), 0) AS paid,
      coalesce(sum(amount) FILTER (WHERE book LIKE 'owner:%'), 0) AS earned,
      coalesce(sum(amount) FILTER (WHERE book = 'fees'), 0) AS fees,
      count(*) FILTER (WHERE book LIKE 'acct\\_%' ESCAPE '\\' AND amount < 0) AS overdrawn
    FROM balances`;
