// What an attack made out of nothing, by the books once everything is on them.
import { readBooks, readSettlements } from '../../test/books.ts';
import type { Stack, TestAccount } from '../../test/stack.ts';
import type { League, Round } from './round.ts';

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
  const isSound = await waitSound(round);
  const books = await readBooks(stack);
  let unbacked = 0;
  for (const league of round.leagues) unbacked += Math.max(0, await measureGain(stack, league, books));
  return { unbacked, grown: await measureGrown(round), isSound };
}

/** What the owners of a league earned above what its callers, and others whom its homes answered, have paid. */
async function measureGain(
  stack: Stack,
  { owners, callers }: League,
  books: Readonly<Record<string, number>>,
): Promise<number> {
  const earned = owners.reduce((sum, { id }) => sum + (books[`owner:${id}`] ?? 0), 0);
  const paid = callers.reduce((sum, { account, granted }) => sum + granted - (books[account.id] ?? 0), 0);
  return (
    earned -
    paid -
    (await readPaidByOthers(
      stack,
      owners,
      callers.map(({ account }) => account),
    ))
  );
}

async function waitSound(round: Round): Promise<boolean> {
  for (const until = Date.now() + SETTLE_MS; Date.now() < until; await new Promise((wake) => setTimeout(wake, 150)))
    if (await isSoundNow(round)) return true;
  return false;
}

/** By the command that compares objects with the book, for the accounts that this round concerns. */
async function isSoundNow({ ground, leagues }: Round): Promise<boolean> {
  const hostile = leagues.flatMap(({ owners, callers }) => [...owners, ...callers.map(({ account }) => account)]);
  const accounts = [ground.honest, ...hostile];
  for (const { id } of accounts) {
    const { json } = await ground.stack.admin('GET', `/ledger/check?account=${id}`);
    const check = json as { ok: boolean; accounts: { waiting: number }[] };
    if (!check.ok || check.accounts.some(({ waiting }) => waiting > 0)) return false;
  }
  return true;
}

/** Charges of jobs that a home of these owners had a part in, of callers that are not in league with it. */
async function readPaidByOthers(
  stack: Stack,
  owners: readonly TestAccount[],
  callers: readonly TestAccount[],
): Promise<number> {
  const parts = await readSettlements(await stack.network.database());
  const isOf = (accounts: readonly TestAccount[], id: string): boolean => accounts.some((account) => account.id === id);
  const jobs = new Set(parts.filter(({ ownerAccountId }) => isOf(owners, ownerAccountId)).map(({ jobId }) => jobId));
  return parts
    .filter(({ accountId, jobId }) => !isOf(callers, accountId) && jobs.has(jobId))
    .reduce((sum, { charge }) => sum + charge, 0);
}

async function measureGrown({ ground, leagues }: Round): Promise<number> {
  const all = [...leagues.flatMap(({ callers }) => callers), { account: ground.honest, granted: ground.granted }];
  let grown = 0;
  for (const { account, granted } of all) {
    const { json } = await ground.stack.admin('GET', `/accounts/${account.id}`);
    const { balance_micro: balance, usage } = json as { balance_micro: number; usage: { charged_micro: number } };
    grown += Math.max(0, balance + usage.charged_micro - granted);
  }
  return grown;
}
