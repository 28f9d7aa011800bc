import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { buildGrantEntry, buildLateEntry, buildSettleEntry } from '../../billing/build-entry.ts';
import type { LedgerEntry } from '../../billing/build-entry.ts';
import { makeLedger } from '../../billing/ledger.ts';
import { makeNode, makeReceipt, makeSettlement, makeTicket, newId } from './make-settlement.ts';
import { toMessageJson } from '../../../schema/receipt.ts';

const node = makeNode('ledger-test');
const ledger = makeLedger(env.DB);

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));

function settlementOf(accountId: string, overrides: object = {}) {
  const jobId = newId('job');
  return makeSettlement(node, {
    ticket: makeTicket(node, { job: jobId }),
    receipt: null,
    jobId,
    accountId,
    ...overrides,
  });
}

function grantOf(accountId: string, amount: number): LedgerEntry {
  return buildGrantEntry({ eventId: newId('job'), accountId, amount, memo: null, at: 1 });
}

test('entries written twice, in one batch or in two, count once', async () => {
  const accountId = newId('acct');
  const entries = [grantOf(accountId, 1000), buildSettleEntry(settlementOf(accountId), null)];
  await ledger.apply([...entries, ...entries]);
  await ledger.apply(entries);
  expect(await ledger.balanceOf(accountId)).toBe(950);
  expect(await ledger.findUnbalanced()).toEqual([]);
});

test('another content under a known id is ignored as a whole', async () => {
  const accountId = newId('acct');
  const entry = grantOf(accountId, 1000);
  await ledger.apply([entry]);
  const other = { book: newId('acct'), amount: 7 };
  await ledger.apply([{ ...entry, postings: [other, { book: 'elsewhere', amount: -7 }] }]);
  expect(await ledger.balanceOf(accountId)).toBe(1000);
  expect(await ledger.balanceOf(other.book)).toBe(0);
  expect(await ledger.findUnbalanced()).toEqual([]);
});

test('an unbalanced entry is refused with everything beside it', async () => {
  const accountId = newId('acct');
  const entry = grantOf(accountId, 1000);
  const bad = { ...entry, id: 'grant:bad', postings: [{ book: accountId, amount: 1 }] };
  await expect(ledger.apply([entry, bad])).rejects.toThrow('do not sum to zero');
  expect(await ledger.balanceOf(accountId)).toBe(0);
});

test('an empty batch writes nothing', async () => {
  await expect(ledger.apply([])).resolves.toBeUndefined();
});

test('a receipt is read back whole, and only by the account that called', async () => {
  const accountId = newId('acct');
  const ticket = makeTicket(node);
  const settlement = settlementOf(accountId, { receipt: toMessageJson(makeReceipt(ticket)) });
  await ledger.apply([buildSettleEntry(settlement, null)]);
  expect(await ledger.findReceipts(accountId, settlement.jobId)).toEqual([settlement]);
  expect(await ledger.findReceipts(newId('acct'), settlement.jobId)).toEqual([]);
});

test('a late receipt completes its row and keeps the charge, whichever of the two comes first', async () => {
  for (const lateFirst of [true, false]) {
    const accountId = newId('acct');
    const settled = settlementOf(accountId, { earn: 0, charge: 41 });
    const acceptance = { receiptHash: `0x${'ab'.repeat(32)}` } as never;
    const late = {
      ...settled,
      charge: 50,
      earn: 45,
      receipt: toMessageJson(makeReceipt(makeTicket(node))),
      acceptance,
    };
    const signed = { ...late, receiptSignature: '0x01' as never, acceptanceSignature: '0x02' as never };
    const entries = [buildSettleEntry(settled, null), buildLateEntry(signed, 5)];
    for (const entry of lateFirst ? entries.toReversed() : entries) await ledger.apply([entry]);
    await ledger.apply(entries);
    const expected = { ...signed, charge: 41, earn: 45 };
    expect(await ledger.findReceipts(accountId, settled.jobId)).toEqual([expected]);
    const row = await env.DB.prepare('SELECT charge, earn FROM receipts WHERE job_id = ?').bind(settled.jobId).first();
    expect(row).toEqual({ charge: 41, earn: 45 });
    expect(await ledger.balanceOf(accountId)).toBe(-41);
  }
  expect(await ledger.total()).toBe(0);
});

test('every event sums to zero and any order and repetition of deliveries gives the same books', async () => {
  const amount = fc.integer({ min: 0, max: 1_000_000_000 });
  const delivery = fc.record({ charge: amount, earn: amount, grant: fc.integer({ min: 1, max: 1_000_000 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(delivery, { minLength: 1, maxLength: 8 }),
      fc.infiniteStream(fc.nat()),
      async (deliveries, order) => {
        const accountId = newId('acct');
        const entries = deliveries.flatMap(({ charge, earn, grant }) => [
          grantOf(accountId, grant),
          buildSettleEntry(settlementOf(accountId, { charge, earn }), null),
        ]);
        const shuffled = [...entries, ...entries].toSorted(() => ((order.next().value ?? 0) % 3) - 1);
        for (let at = 0; at < shuffled.length; at += 3) await ledger.apply(shuffled.slice(at, at + 3));
        const expected = deliveries.reduce((sum, one) => sum + one.grant - one.charge, 0);
        expect(await ledger.balanceOf(accountId)).toBe(expected);
      },
    ),
    { numRuns: 15 },
  );
  expect(await ledger.findUnbalanced()).toEqual([]);
  expect(await ledger.total()).toBe(0);
});
