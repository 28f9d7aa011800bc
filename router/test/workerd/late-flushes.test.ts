// Flushes that are summed up with many others, come late for that, or would stand in one place.
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { buildGrantEntry } from '../../billing/build-entry.ts';
import { placeOf } from '../../billing/ledger-sql.ts';
import { makeLedger, SUM_UP_AFTER } from '../../billing/ledger.ts';
import { ARCHIVE_AFTER_MS, makeRollUp } from '../../billing/roll-up.ts';
import { checkProjections } from '../../billing/projection-check.ts';
import { makeProjections } from '../../billing/projections.ts';
import type { ReceiptFiles } from '../../billing/receipt-shelves.ts';
import { emptyBook, Files, flushOf, NOW, partOf } from './make-flush.ts';
import { newId } from './make-settlement.ts';

const A_WEEK_LATER = NOW + ARCHIVE_AFTER_MS + 60_000;

let files: Files;
let ledger: ReturnType<typeof makeLedger>;

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));
beforeEach(async () => {
  await emptyBook(env.DB);
  files = new Files();
  ledger = makeLedger(env.DB, files);
});

function rollUp(now: number, to: ReceiptFiles | null = files) {
  return makeRollUp({ database: env.DB, files: to }).run(now);
}

async function count(table: string): Promise<number> {
  return (await env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>('n')) ?? 0;
}

async function expectSound(): Promise<void> {
  expect(await ledger.findUnbalanced()).toEqual([]);
  expect(await ledger.findDrifted()).toEqual([]);
  expect(await ledger.total()).toBe(0);
  expect((await checkProjections(makeProjections(env.DB, files))).differing).toEqual([]);
}

test('many flushes are summed up by themselves, but for the newest', async () => {
  const accountId = newId('acct');
  const summed = async (): Promise<number> =>
    (await env.DB.prepare('SELECT amount FROM balances WHERE book = ?').bind(accountId).first<number>('amount')) ?? 0;
  const total = SUM_UP_AFTER + 100;
  const apply = (i: number): Promise<void> =>
    ledger.applyFlush({ ...flushOf([partOf(accountId)]), number: 1_000_000_000_000 + 1000 * i });
  for (let i = 0; i < SUM_UP_AFTER; i++) await apply(i);
  expect(await summed()).toBe(0);
  for (let i = SUM_UP_AFTER; i < total; i++) await apply(i);
  expect(await summed()).toBeLessThanOrEqual(-50 * SUM_UP_AFTER);
  expect(await summed()).toBeGreaterThanOrEqual(-50 * (total - 60));
  expect(await ledger.balanceOf(accountId)).toBe(-50 * total);
  await expectSound();
}, 120_000);

test('a flush that comes when others of its time have been summed up counts once too, and its receipts are found', async () => {
  const accountId = newId('acct');
  const [late, part] = [partOf(accountId), partOf(accountId)];
  const lateFlush = flushOf([late]);
  await ledger.applyFlush(flushOf([part]));
  await rollUp(A_WEEK_LATER, null);
  const grant = buildGrantEntry({ eventId: accountId, accountId, amount: 1000, memo: null, at: NOW });
  await ledger.apply([grant]);
  for (let i = 0; i < 2; i++) {
    await ledger.applyFlush(lateFlush);
    expect(await ledger.balanceOf(accountId)).toBe(900);
    expect(await ledger.sumUp()).toEqual({ paid: 100, earned: 90, fees: 10, overdrawn: 0 });
    for (const one of [late, part]) expect(await ledger.findReceipts(accountId, one.jobId, [])).toEqual([one]);
    await expectSound();
  }
  expect(await rollUp(A_WEEK_LATER)).toEqual({ archived: 2 });
  await ledger.applyFlush(lateFlush);
  // Who owns the home finds what is in the archive too, and nobody else does.
  expect(await ledger.findEarned(part.ownerAccountId, part.jobId)).toEqual([part]);
  expect(await ledger.findEarned(accountId, part.jobId)).toEqual([]);
  for (const one of [late, part]) expect(await ledger.findReceipts(accountId, one.jobId, [])).toEqual([one]);
  expect(await ledger.balanceOf(accountId)).toBe(900);
  expect(await count('flushes')).toBe(0);
  await expectSound();
});

test('accounts that begin a flush in the same ms and would share a place are kept apart', async () => {
  const accounts = [newId('acct')];
  const place = placeOf(accounts[0] ?? '', NOW);
  while (accounts.length < 3) {
    const accountId = newId('acct');
    if (placeOf(accountId, NOW) === place) accounts.push(accountId);
  }
  const parts = accounts.map((accountId) => partOf(accountId));
  const flushes = parts.map((part) => ({ ...flushOf([part]), number: NOW }));
  for (const flush of [...flushes, ...flushes.toReversed()]) await ledger.applyFlush(flush);
  expect(await count('flushes')).toBe(3);
  for (const part of parts) {
    expect(await ledger.balanceOf(part.accountId)).toBe(-50);
    expect(await ledger.findReceipts(part.accountId, part.jobId, [NOW])).toEqual([part]);
  }
  await expectSound();
});
