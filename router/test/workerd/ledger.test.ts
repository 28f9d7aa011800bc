import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { buildGrantEntry, buildLateEntry, buildSettleEntry, buildSpendEntry } from '../../billing/build-entry.ts';
import type { LedgerEntry } from '../../billing/build-entry.ts';
import { buildFlush } from '../../billing/build-flush.ts';
import { makeLedger } from '../../billing/ledger.ts';
import { makeNewcomerBonus } from '../../billing/newcomer-bonus.ts';
import { findBooked } from './find-booked.ts';
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

test('an owner’s book never falls below zero: what was not earned yet is turned into credit when it is', async () => {
  const accountId = newId('acct');
  const ownerAccountId = newId('acct');
  const spend = buildSpendEntry({ id: `spend:${newId('job')}:1`, accountId: ownerAccountId, amount: 46, at: 1 });
  const settled = (): LedgerEntry => buildSettleEntry(settlementOf(accountId, { ownerAccountId }), null);
  expect(await ledger.apply([grantOf(accountId, 1000), settled(), spend])).toEqual([spend.id]);
  expect(await ledger.balanceOf(`owner:${ownerAccountId}`)).toBe(45);
  const transit = await ledger.balanceOf('transit');
  expect(await ledger.apply([settled(), spend])).toEqual([]);
  expect(await ledger.apply([spend])).toEqual([]);
  expect(await ledger.balanceOf(`owner:${ownerAccountId}`)).toBe(44);
  expect((await ledger.balanceOf('transit')) - transit).toBe(46);
  await expect(
    env.DB.prepare('UPDATE balances SET amount = -1 WHERE book = ?').bind(`owner:${ownerAccountId}`).run(),
  ).rejects.toThrow('owner_never_negative');
});

test('what pays out more than its home’s work brought in is written only when it has brought that much, and holds up no others', async () => {
  const home = makeNode('a home that draws');
  const accountId = newId('acct');
  const ownerAccountId = newId('acct');
  const partOf = (charge: number, earn: number): LedgerEntry => {
    const jobId = newId('job');
    const ticket = makeTicket(home, { job: jobId });
    const facts = { ticket, receipt: null, jobId, accountId, ownerAccountId, charge, earn };
    return buildSettleEntry(makeSettlement(home, facts), null);
  };
  const [free, paid, other] = [partOf(0, 10), partOf(60, 54), partOf(40, 36)];
  // Another home's fees are there, and are none of this one's.
  await ledger.apply([buildSettleEntry(settlementOf(accountId, { charge: 1000, earn: 900 }), null)]);
  expect(await ledger.apply([free, grantOf(accountId, 1100), paid])).toEqual([free.id]);
  expect(await ledger.apply([free])).toEqual([free.id]);
  expect(await ledger.balanceOf(`owner:${ownerAccountId}`)).toBe(54);
  expect(await findBooked(env.DB, ledger, accountId, String(free.jobId))).toEqual([]);
  expect(await ledger.apply([other, free])).toEqual([]);
  expect(await ledger.balanceOf(`owner:${ownerAccountId}`)).toBe(100);
  expect(await ledger.balanceOf(accountId)).toBe(0);
  expect(await ledger.apply([free])).toEqual([]);
  expect(await ledger.findDrifted()).toEqual([]);
});

test('a newcomer’s bonus is booked once an epoch, out of what bought credit left to the fees for its own home', async () => {
  const home = makeNode('a newcomer');
  const [accountId, ownerAccountId] = [newId('acct'), newId('acct')];
  await env.DB.batch([
    env.DB.prepare("INSERT INTO accounts (id, name, created_at) VALUES (?, 'owner', 1)").bind(ownerAccountId),
    env.DB.prepare('INSERT INTO nodes (id, address, account_id, created_at) VALUES (?, ?, ?, 1)').bind(
      home.id,
      home.address,
      ownerAccountId,
    ),
  ]);
  const bonuses = makeNewcomerBonus(env.DB, ledger);
  const pay = async (epoch: number, bonusBps = 10_000): Promise<number | undefined> =>
    (await bonuses([home.id, 'node_that_nobody_knows'], { epoch, bonusBps, at: Date.now() })).get(home.id);
  let number = Date.now();
  const work = async (bought: number, charge = 100): Promise<void> => {
    const jobId = newId('job');
    const paidFrom = { granted: charge - bought, earned: 0, bought };
    const ticket = makeTicket(home, { job: jobId });
    const facts = { ticket, receipt: null, jobId, accountId, ownerAccountId, charge, earn: 0.9 * charge, paidFrom };
    await ledger.applyFlush({
      ...buildFlush([{ settlement: makeSettlement(home, facts), memo: null }])!,
      number: ++number,
    });
  };
  const owed = (): Promise<number> => ledger.balanceOf(`owner:${ownerAccountId}`);
  await work(0);
  expect(await pay(1)).toBe(0);
  await work(100);
  expect(await pay(1, 5000)).toBe(5);
  // The same epoch again, at whatever share, pays nothing more.
  expect(await pay(1)).toBe(5);
  expect(await pay(2)).toBe(10);
  expect(await pay(3)).toBe(10);
  expect(await owed()).toBe(190);
  await work(100);
  const asked = { accountId, jobId: newId('job'), part: 1, nodeId: home.id, flushes: [] };
  // Of 30 that its work left to the fees 20 are there for what nobody is charged for.
  expect((await ledger.findFate(asked)).brought).toBe(20);
  expect(await pay(4)).toBe(20);
  expect(await ledger.total()).toBe(0);
  expect(await ledger.findDrifted()).toEqual([]);
});

test('the books say who paid, who earned and what is left, and name a balance that is not the sum of its postings', async () => {
  const before = await ledger.sumUp();
  const accountId = newId('acct');
  await ledger.apply([grantOf(accountId, 500), buildSettleEntry(settlementOf(accountId), null)]);
  const after = await ledger.sumUp();
  const { paid, earned, fees, overdrawn } = before;
  expect(after).toEqual({ paid: paid + 50, earned: earned + 45, fees: fees + 5, overdrawn });
  await env.DB.prepare('UPDATE balances SET amount = amount + 1 WHERE book = ?').bind(accountId).run();
  expect(await ledger.findDrifted()).toEqual([accountId]);
  await env.DB.prepare('UPDATE balances SET amount = amount - 1 WHERE book = ?').bind(accountId).run();
  expect(await ledger.findDrifted()).toEqual([]);
});

test('an unbalanced entry is refused with everything beside it', async () => {
  const accountId = newId('acct');
  const entry = grantOf(accountId, 1000);
  const bad = { ...entry, id: 'grant:bad', postings: [{ book: accountId, amount: 1 }] };
  await expect(ledger.apply([entry, bad])).rejects.toThrow('do not sum to zero');
  expect(await ledger.balanceOf(accountId)).toBe(0);
});

test('an empty batch writes nothing', async () => {
  expect(await ledger.apply([])).toEqual([]);
});

test('a receipt is read back whole, and only by the account that called', async () => {
  const accountId = newId('acct');
  const ticket = makeTicket(node);
  const settlement = settlementOf(accountId, { receipt: toMessageJson(makeReceipt(ticket)) });
  await ledger.apply([buildSettleEntry(settlement, null)]);
  expect(await findBooked(env.DB, ledger, accountId, settlement.jobId)).toEqual([settlement]);
  expect(await findBooked(env.DB, ledger, newId('acct'), settlement.jobId)).toEqual([]);
});

test('a late receipt completes its row and keeps the charge, whichever of the two comes first', async () => {
  // Fees for the home to be paid from.
  await ledger.apply([buildSettleEntry(settlementOf(newId('acct'), { charge: 1000, earn: 900 }), null)]);
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
    expect(await findBooked(env.DB, ledger, accountId, settled.jobId)).toEqual([expected]);
    // Neither row is changed by the other.
    const rows = await env.DB.prepare('SELECT booked FROM part_receipts WHERE job = unhex(?) ORDER BY booked')
      .bind(settled.jobId.slice(4))
      .all();
    expect(rows.results).toEqual([{ booked: 1 }, { booked: 2 }]);
    expect(await ledger.balanceOf(accountId)).toBe(-41);
  }
  expect(await ledger.total()).toBe(0);
});

test('every event sums to zero, no fees are spent before they are there, and any order and repetition of deliveries gives the same books', async () => {
  const amount = fc.integer({ min: 0, max: 1_000_000_000 });
  const delivery = fc.record({ charge: amount, earn: amount, grant: fc.integer({ min: 1, max: 1_000_000 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(delivery, { minLength: 1, maxLength: 8 }),
      fc.infiniteStream(fc.nat()),
      async (deliveries, order) => {
        const accountId = newId('acct');
        const ownerAccountId = newId('acct');
        const home = makeNode(accountId);
        const entries = deliveries.flatMap(({ charge, earn, grant }) => {
          const jobId = newId('job');
          const ticket = makeTicket(home, { job: jobId });
          const facts = { ticket, receipt: null, jobId, accountId, ownerAccountId, charge, earn };
          return [grantOf(accountId, grant), buildSettleEntry(makeSettlement(home, facts), null)];
        });
        const shuffled = [...entries, ...entries].toSorted(() => ((order.next().value ?? 0) % 3) - 1);
        const applied = new Set<string>();
        for (let at = 0; at < shuffled.length; at += 3) {
          const batch = shuffled.slice(at, at + 3);
          const unpayable = await ledger.apply(batch);
          for (const { id } of batch) if (!unpayable.includes(id)) applied.add(id);
          const written = entries.filter(({ id }) => applied.has(id)).flatMap(({ postings }) => postings);
          const sumOf = (book: string): number =>
            written.reduce((sum, posting) => sum + (posting.book === book ? posting.amount : 0), 0);
          expect(await ledger.balanceOf(accountId)).toBe(sumOf(accountId));
          expect(await ledger.balanceOf(`owner:${ownerAccountId}`)).toBe(sumOf(`owner:${ownerAccountId}`));
          expect(sumOf('fees')).toBeGreaterThanOrEqual(0);
        }
      },
    ),
    { numRuns: 15 },
  );
  expect(await ledger.findUnbalanced()).toEqual([]);
  expect(await ledger.findDrifted()).toEqual([]);
  expect(await ledger.total()).toBe(0);
});
