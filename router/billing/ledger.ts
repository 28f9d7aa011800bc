// The door to the book in D1: events, postings and receipts. Everything it writes may be written again and changes nothing then.
import { and, asc, eq, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import type { SettlementJson } from '../../schema/settlement.ts';
import { postings, receipts } from '../../schema/tables.ts';
import { sumPostings } from './build-entry.ts';
import type { LedgerEntry } from './build-entry.ts';

export interface Ledger {
  /** Writes entries in one transaction; entries whose id is known are left as they are. Rejects when D1 does or an entry is unbalanced. */
  readonly apply: (entries: readonly LedgerEntry[]) => Promise<void>;
  /** The settlements of a job's parts, if the account called it. */
  readonly findReceipts: (accountId: string, jobId: string) => Promise<SettlementJson[]>;
  /** How a part was booked; null while it is not. */
  readonly findOutcome: (jobId: string, part: number) => Promise<string | null>;
  /** The sum of a book's postings, in units. */
  readonly balanceOf: (book: string) => Promise<number>;
  /** Ids of up to 100 events whose postings do not sum to zero: always none. */
  readonly findUnbalanced: () => Promise<string[]>;
  /** The sum of all postings: always 0. */
  readonly total: () => Promise<number>;
}

export function makeLedger(database: D1Database): Ledger {
  const db = drizzle(database);
  return {
    apply: async (entries) => {
      for (const entry of entries)
        if (sumPostings(entry) !== 0) throw new Error(`the postings of ${entry.id} do not sum to zero`);
      if (entries.length === 0) return;
      const json = JSON.stringify(entries.map(toRow));
      // drizzle's batch cannot bind raw statements, so the three go to D1 themselves: one transaction.
      await database.batch(
        [INSERT_EVENTS, INSERT_POSTINGS, UPSERT_RECEIPTS].map((text) => database.prepare(text).bind(json)),
      );
    },
    findReceipts: async (accountId, jobId) => {
      const rows = await db
        .select({ settlement: receipts.settlement })
        .from(receipts)
        .where(and(eq(receipts.jobId, jobId), eq(receipts.accountId, accountId)))
        .orderBy(asc(receipts.part));
      return rows.map((row) => JSON.parse(row.settlement) as SettlementJson);
    },
    findOutcome: async (jobId, part) => {
      const row = await db
        .select({ outcome: receipts.outcome })
        .from(receipts)
        .where(and(eq(receipts.jobId, jobId), eq(receipts.part, part)))
        .get();
      return row?.outcome ?? null;
    },
    balanceOf: async (book) => {
      const row = await db
        .select({ sum: sql<number | null>`sum(${postings.amount})` })
        .from(postings)
        .where(eq(postings.book, book))
        .get();
      return row?.sum ?? 0;
    },
    findUnbalanced: async () => {
      const rows = await db
        .select({ id: postings.eventId })
        .from(postings)
        .groupBy(postings.eventId)
        .having(sql`sum(${postings.amount}) <> 0`)
        .limit(100);
      return rows.map((row) => row.id);
    },
    total: async () => {
      const row = await db
        .select({ sum: sql<number | null>`sum(${postings.amount})` })
        .from(postings)
        .get();
      return row?.sum ?? 0;
    },
  };
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

// One JSON parameter carries a whole batch: D1 binds at most 100 values a statement, and three statements cost less than three a row.

const INSERT_EVENTS = `
    INSERT INTO events (id, kind, job_id, part, account_id, at, memo)
    SELECT value->>'id', value->>'kind', value->>'jobId', value->>'part', value->>'accountId', value->>'at', value->>'memo'
    FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING`;

/** Postings of an event that has some are never added to, so no delivery, however different, can unbalance it. */
const INSERT_POSTINGS = `
    INSERT INTO postings (event_id, book, amount)
    SELECT e.value->>'id', p.value->>'book', p.value->>'amount'
    FROM json_each(?1) AS e, json_each(e.value, '$.postings') AS p
    WHERE NOT EXISTS (SELECT 1 FROM postings AS known WHERE known.event_id = e.value->>'id') ON CONFLICT DO NOTHING`;

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
    FROM json_each(?1) WHERE value->>'settlement' IS NOT NULL
    ON CONFLICT (job_id, part) DO UPDATE SET
      charge = max(charge, excluded.charge),
      earn = max(earn, excluded.earn),
      outcome = CASE WHEN excluded.outcome LIKE 'failed-%' THEN excluded.outcome ELSE outcome END,
      settlement = json_set(
        CASE WHEN excluded.settlement->>'acceptance' IS NULL THEN settlement
          ELSE json_set(settlement,
            '$.receipt', excluded.settlement->'receipt', '$.receiptSignature', excluded.settlement->>'receiptSignature',
            '$.acceptance', excluded.settlement->'acceptance',
            '$.acceptanceSignature', excluded.settlement->>'acceptanceSignature') END,
        '$.outcome', CASE WHEN excluded.outcome LIKE 'failed-%' THEN excluded.outcome ELSE outcome END,
        '$.charge', max(charge, excluded.charge), '$.earn', max(earn, excluded.earn))`;
