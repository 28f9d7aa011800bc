// A job of several parts at its caller's account, and what became of it in the books.
import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import type { SettlementJson } from '../../../schema/settlement.ts';
import { compareBooks } from '../../billing/compare-books.ts';
import { decideCharge } from '../../billing/decide-charge.ts';
import { makeLedger } from '../../billing/ledger.ts';
import { findFateOf } from './find-booked.ts';
import { makeNode, makeSettlement, makeTicket, newId, PRICE } from './make-settlement.ts';
import type { TestNode } from './make-settlement.ts';

const node = makeNode('account-parts-test');
const ledger = makeLedger(env.DB);
export const soon = (): number => Date.now() + 60_000;

export async function openJob(facts: { hold?: number; expiresAt?: number; balance?: number } = {}) {
  const { hold = 400, expiresAt = soon(), balance = 1000 } = facts;
  const accountId = newId('acct');
  const jobId = newId('job');
  const stub = env.ACCOUNT.getByName(accountId);
  await stub.grant({ eventId: `${accountId}:start`, accountId, amount: balance, memo: null });
  await stub.hold({ jobId, keyId: 'key_1', amount: hold, expiresAt });
  return { accountId, jobId, stub, owner: newId('acct') };
}

export type Job = Awaited<ReturnType<typeof openJob>>;
export interface PartFacts extends Partial<Omit<SettlementJson, 'ticket' | 'receipt'>> {
  readonly chargePrompt?: boolean;
  readonly home?: TestNode;
  readonly expiresAtMs?: bigint;
}

/**
 * A part of 20 output tokens at 2 units: the first is charged with its prompt of 10 (50), a later one without (40); both are worth 45. As their
 * homes' accounts hand them on: what a part of several earns is decided there, later.
 */
export function partOf(job: Job, part: number, facts: PartFacts = {}): SettlementJson {
  const { chargePrompt = part === 0, home = node, expiresAtMs = BigInt(Date.now() + 600_000), ...rest } = facts;
  const outcome = rest.outcome ?? (rest.isFinal ? 'complete' : 'interrupted-by-node');
  const counts = { promptTokens: rest.promptTokens ?? 10, outputTokens: rest.outputTokens ?? 20 };
  return makeSettlement(home, {
    ticket: makeTicket(home, { job: job.jobId, part, chargePrompt, expiresAtMs }),
    receipt: null,
    jobId: job.jobId,
    accountId: job.accountId,
    ownerAccountId: job.owner,
    outcome,
    isFinal: false,
    ...decideCharge({ outcome, counts, price: PRICE, chargePrompt }),
    earn: 0,
    ...rest,
  });
}

export function finalOf(job: Job, part: number, facts: PartFacts = {}): SettlementJson {
  return partOf(job, part, { isFinal: true, interrupted: part, ...facts });
}

export async function drain(stub: Job['stub']): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await runDurableObjectAlarm(stub);
    if ((await stub.booked()).waiting === 0) return;
  }
  throw new Error('the outbox did not drain');
}

/** What has moved in D1, once everything has arrived there and the object agrees with it. */
export async function booksOf(job: Job) {
  await drain(job.stub);
  const before = await job.stub.booked();
  const book = await ledger.balanceOf(job.accountId);
  const verdict = compareBooks({ account: job.accountId, before, book, after: await job.stub.booked() }).verdict;
  expect(verdict).toBe('equal');
  expect(await ledger.findUnbalanced()).toEqual([]);
  expect(await ledger.total()).toBe(0);
  return { caller: book - 1000, owner: await ledger.balanceOf(`owner:${job.owner}`) };
}

/** How a job's first part was booked; null while it is not. */
export async function outcomeOf({ accountId, jobId }: Job): Promise<string | null> {
  const { part } = await findFateOf(env.DB, ledger, { accountId, jobId, part: 0, nodeId: node.id });
  return part?.outcome ?? null;
}
