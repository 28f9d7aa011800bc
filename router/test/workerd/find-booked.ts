// What the book has of a job, as who asks its caller's object first finds it: tests ask the book itself which flushes the job is in.
import type { SettlementJson } from '../../../schema/settlement.ts';
import type { Fate } from '../../billing/decide-earn.ts';
import type { Ledger } from '../../billing/ledger.ts';

type Job = Pick<SettlementJson, 'accountId' | 'jobId'>;

/** Places of flushes that are begun in one ms. */
const PLACES_A_MS = 1024;

export async function findBooked(
  db: D1Database,
  ledger: Pick<Ledger, 'findReceipts'>,
  accountId: string,
  jobId: string,
): Promise<SettlementJson[]> {
  return ledger.findReceipts(accountId, jobId, await findFlushes(db, { accountId, jobId }));
}

export async function findFateOf(
  db: D1Database,
  ledger: Pick<Ledger, 'findFate'>,
  part: Job & { readonly part: number; readonly nodeId: string },
): Promise<Fate> {
  return ledger.findFate({ ...part, flushes: await findFlushes(db, part) });
}

async function findFlushes(db: D1Database, { accountId, jobId }: Job): Promise<number[]> {
  const query = 'SELECT seq FROM flushes WHERE account_id = ? AND instr(parts, ?) > 0';
  const { results } = await db.prepare(query).bind(accountId, jobId.slice(4)).all<{ seq: number }>();
  return results.map(({ seq }) => Math.floor(seq / PLACES_A_MS));
}
