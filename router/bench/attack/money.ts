// What an attack made out of nothing, by the books once everything is on them.
import { isLedgerSound, readBooks } from '../../test/books.ts';
import type { Stack } from '../../test/stack.ts';
import type { Round } from './round.ts';

/** Units of money, none of which may be. */
export interface Made {
  /** Hostile owners earned more than was paid for the jobs that their homes had a part in. */
  readonly unbacked: number;
  /** Callers' balances above what they were granted less what they paid. */
  readonly grown: number;
  /** False where the books did not come to rest, or disagree. */
  readonly isSound: boolean;
}

const SETTLE_MS = 12_000;

/** Waits until the books rest, and compares them. */
export async function measureMade(round: Round): Promise<Made> {
  const { stack } = round.ground;
  const isSound = await waitSound(stack);
  const books = await readBooks(stack);
  const owners = round.owners.map(({ id }) => id);
  const earned = owners.reduce((sum, id) => sum + (books[`owner:${id}`] ?? 0), 0);
  const callers = round.callers.map(({ account }) => account.id);
  const paid = round.callers.reduce((sum, { account, granted }) => sum + granted - (books[account.id] ?? 0), 0);
  const victims = await readPaidByOthers(stack, owners, callers);
  return { unbacked: Math.max(0, earned - paid - victims), grown: await measureGrown(round), isSound };
}

async function waitSound(stack: Stack): Promise<boolean> {
  for (const until = Date.now() + SETTLE_MS; Date.now() < until; await new Promise((wake) => setTimeout(wake, 150)))
    if (await isLedgerSound(stack)) return true;
  return false;
}

/** Charges of jobs that a home of these owners had a part in, of callers that are not in league with it. */
async function readPaidByOthers(stack: Stack, owners: readonly string[], callers: readonly string[]): Promise<number> {
  const database = await stack.network.database();
  const row = await database
    .prepare(
      `SELECT coalesce(sum(charge), 0) AS charge FROM receipts
       WHERE account_id NOT IN (SELECT value FROM json_each(?2)) AND job_id IN
         (SELECT job_id FROM receipts WHERE owner_account_id IN (SELECT value FROM json_each(?1)))`,
    )
    .bind(JSON.stringify(owners), JSON.stringify(callers))
    .first<{ charge: number }>();
  return row?.charge ?? 0;
}

async function measureGrown({ ground, callers }: Round): Promise<number> {
  const all = [...callers, { account: ground.honest, granted: ground.granted }];
  let grown = 0;
  for (const { account, granted } of all) {
    const { json } = await ground.stack.admin('GET', `/accounts/${account.id}`);
    const { balance_micro: balance, usage } = json as { balance_micro: number; usage: { charged_micro: number } };
    grown += Math.max(0, balance + usage.charged_micro - granted);
  }
  return grown;
}
