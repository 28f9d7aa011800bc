import { applyD1Migrations, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { CROWD_LIMITS } from '../../billing/decide-crowd.ts';
import { makeLedger } from '../../billing/ledger.ts';
import { findBooked } from './find-booked.ts';
import { faults } from './billing-worker.ts';
import { makeNode, makeSettlement, makeTicket, newId } from './make-settlement.ts';

const node = makeNode('account-test');
const ledger = makeLedger(env.DB);
const soon = (): number => Date.now() + 60_000;

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));
beforeEach(() => {
  faults.refuse = 0;
  faults.loseAnswer = 0;
  faults.written = 0;
});

async function openAccount(amount: number) {
  const accountId = newId('acct');
  const stub = env.ACCOUNT.getByName(accountId);
  if (amount > 0) await stub.grant({ eventId: `${accountId}:start`, accountId, amount, memo: null });
  return { accountId, stub };
}

function settlementOf(accountId: string, jobId: string, overrides: Parameters<typeof makeSettlement>[1] | object = {}) {
  const part = 'part' in overrides && typeof overrides.part === 'number' ? overrides.part : 0;
  return makeSettlement(node, {
    ticket: makeTicket(node, { job: jobId, part }),
    receipt: null,
    jobId,
    accountId,
    ...overrides,
  });
}

/** Runs alarms until the outbox is empty. */
async function drain(stub: DurableObjectStub): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await runDurableObjectAlarm(stub);
    const { waiting } = await (stub as unknown as { booked: () => Promise<{ waiting: number }> }).booked();
    if (waiting === 0) return;
  }
  throw new Error('the outbox did not drain');
}

test('a grant raises the balance once by its event id, and the book shows both sides', async () => {
  const { accountId, stub } = await openAccount(0);
  const grant = { eventId: `${accountId}:g1`, accountId, amount: 500, memo: 'welcome' };
  expect(await stub.grant(grant)).toEqual({ balance: 500, applied: true });
  expect(await stub.grant(grant)).toEqual({ balance: 500, applied: false });
  await drain(stub);
  expect(await ledger.balanceOf(accountId)).toBe(500);
  expect(await ledger.total()).toBe(0);
});

test('of many parallel holds for a balance that carries one, exactly one is granted', async () => {
  const { stub } = await openAccount(100);
  const answers = await Promise.all(
    Array.from({ length: 25 }, () => stub.hold({ jobId: newId('job'), keyId: 'key_1', amount: 60, expiresAt: soon() })),
  );
  expect(answers.filter((answer) => answer.ok)).toHaveLength(1);
  expect(answers.find((answer) => !answer.ok)).toEqual({ ok: false, reason: 'no-credit', available: 40 });
});

test('the jobs of one call are held for together, or none of them is', async () => {
  const { stub } = await openAccount(100);
  const holdOf = (amount: number) => ({ jobId: newId('job'), keyId: 'key_1', amount, expiresAt: soon() });
  const refused = await stub.holdAll([holdOf(60), holdOf(30), holdOf(30)]);
  expect(refused).toEqual({ ok: false, reason: 'no-credit', available: 10 });
  expect((await stub.usage()).held).toBe(0);
  expect(await stub.holdAll([holdOf(60), holdOf(30), holdOf(10)])).toEqual({ ok: true });
  expect((await stub.usage()).held).toBe(100);
});

test('each job of one call counts among those that run at once', async () => {
  const { stub } = await openAccount(0);
  const holds = Array.from({ length: CROWD_LIMITS.guest + 1 }, () => ({
    jobId: newId('job'),
    keyId: 'key_1',
    amount: 0,
    expiresAt: soon(),
    mayBeGuest: true,
  }));
  const [first, ...others] = holds;
  const refused = await stub.holdAll([first!, ...others]);
  expect(refused).toEqual({ ok: false, reason: 'too-many', of: 'guest', limit: CROWD_LIMITS.guest });
  expect(await stub.holdAll([first!, ...others.slice(1)])).toEqual({ ok: true, isGuest: true });
});

test('the same job holds once, and a larger hold replaces the smaller one only where credit allows', async () => {
  const { stub } = await openAccount(100);
  const jobId = newId('job');
  const hold = (amount: number) => stub.hold({ jobId, keyId: 'key_1', amount, expiresAt: soon() });
  expect(await hold(80)).toEqual({ ok: true });
  expect(await hold(80)).toEqual({ ok: true });
  expect(await hold(100)).toEqual({ ok: true });
  expect(await hold(101)).toEqual({ ok: false, reason: 'no-credit', available: 100 });
  expect((await stub.usage()).held).toBe(100);
});

test('a release gives the hold back, and an unknown job is left alone', async () => {
  const { stub } = await openAccount(100);
  const jobId = newId('job');
  await stub.hold({ jobId, keyId: 'key_1', amount: 100, expiresAt: soon() });
  await stub.release(newId('job'));
  expect((await stub.usage()).held).toBe(100);
  await stub.release(jobId);
  expect(await stub.usage()).toMatchObject({ balance: 100, held: 0 });
});

test('a lapsed hold is given back by the next call', async () => {
  const { stub } = await openAccount(100);
  await stub.hold({ jobId: newId('job'), keyId: 'key_1', amount: 100, expiresAt: Date.now() + 20 });
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(await stub.usage()).toMatchObject({ balance: 100, held: 0 });
});

test('a hold that is no whole number of units is refused as a bug', async () => {
  const { stub } = await openAccount(100);
  await runInDurableObject(stub, (account) => {
    const hold = (amount: number) => () =>
      account.hold({ jobId: newId('job'), keyId: 'key_1', amount, expiresAt: soon() });
    expect(hold(-1)).toThrow(RangeError);
    expect(hold(0.5)).toThrow(RangeError);
    expect(() => account.grant({ eventId: 'x', accountId: 'acct_x', amount: 0, memo: null })).toThrow(RangeError);
  });
});

test('a settled job is charged once, and the rest of its hold comes back', async () => {
  const { accountId, stub } = await openAccount(1000);
  const jobId = newId('job');
  await stub.hold({ jobId, keyId: 'key_1', amount: 400, expiresAt: soon() });
  const settlement = settlementOf(accountId, jobId);
  expect(await stub.settle(settlement)).toEqual({ applied: true });
  expect(await stub.settle(settlement)).toEqual({ applied: false });
  expect(await stub.usage()).toEqual({
    balance: 950,
    held: 0,
    kinds: { granted: 950, earned: 0, bought: 0 },
    ending: [],
    totals: { jobs: 1, promptTokens: 10, outputTokens: 20, charged: 50 },
  });
});

test('a settlement repeated after the object was evicted, before and after the book has it, changes nothing', async () => {
  const { accountId, stub } = await openAccount(1000);
  const settlement = settlementOf(accountId, newId('job'));
  await stub.hold({ jobId: settlement.jobId, keyId: 'key_1', amount: 400, expiresAt: soon() });
  await stub.settle(settlement);
  await evictDurableObject(stub);
  expect(await stub.settle(settlement)).toEqual({ applied: false });
  await drain(stub);
  await evictDurableObject(stub);
  expect(await stub.settle(settlement)).toEqual({ applied: false });
  expect((await stub.usage()).balance).toBe(950);
  expect(await ledger.balanceOf(accountId)).toBe(950);
});

test('who left a pool holds nothing for it, wherever a key is still believed, until it joins again', async () => {
  const { stub } = await openAccount(100);
  const hold = (poolId: string | null) =>
    stub.hold({ jobId: newId('job'), keyId: 'key_1', amount: 1, expiresAt: soon(), poolId });
  expect(await hold('pool_1')).toEqual({ ok: true });
  for (let again = 0; again < 2; again++) await stub.leavePool('pool_1');
  await evictDurableObject(stub);
  expect(await hold('pool_1')).toEqual({ ok: false, reason: 'pool-left', available: 99 });
  expect(await hold('pool_2')).toEqual({ ok: true });
  expect(await hold(null)).toEqual({ ok: true });
  await stub.joinPool('pool_1');
  await evictDurableObject(stub);
  expect(await hold('pool_1')).toEqual({ ok: true });
});

test('holds, revocations and disabling survive an eviction', async () => {
  const { stub } = await openAccount(100);
  const jobId = newId('job');
  await stub.hold({ jobId, keyId: 'key_1', amount: 70, expiresAt: soon() });
  await stub.revokeKey('key_2');
  await evictDurableObject(stub);
  expect(await stub.usage()).toMatchObject({ balance: 100, held: 70 });
  const other = { jobId: newId('job'), amount: 1, expiresAt: soon() };
  expect(await stub.hold({ ...other, keyId: 'key_2' })).toEqual({ ok: false, reason: 'key-revoked', available: 30 });
  await stub.disable();
  await evictDurableObject(stub);
  expect(await stub.hold({ ...other, keyId: 'key_1' })).toEqual({
    ok: false,
    reason: 'account-disabled',
    available: 30,
  });
});

test('a revoked key and a disabled account are refused a free hold too', async () => {
  const { stub } = await openAccount(0);
  const free = { jobId: newId('job'), amount: 0, expiresAt: soon() };
  expect(await stub.hold({ ...free, keyId: 'key_1' })).toEqual({ ok: true });
  await stub.revokeKey('key_1');
  expect(await stub.hold({ ...free, keyId: 'key_1' })).toMatchObject({ ok: false, reason: 'key-revoked' });
});

test('a charge above the hold takes the hold, the home is paid that now and the rest once its work has brought it in, and the event says so', async () => {
  const { accountId, stub } = await openAccount(2000);
  const home = makeNode(accountId);
  const jobId = newId('job');
  const partOf = (id: string, overrides: object = {}) => {
    const facts = { ticket: makeTicket(home, { job: id }), receipt: null, jobId: id, accountId };
    return makeSettlement(home, { ...facts, ownerAccountId: accountId, ...overrides });
  };
  await stub.hold({ jobId, keyId: 'key_1', amount: 30, expiresAt: soon() });
  await stub.settle(partOf(jobId));
  expect((await stub.usage()).balance).toBe(1970);
  await expect.poll(async () => (await stub.booked()).unpayable).toBe(1);
  const postings = await env.DB.prepare('SELECT postings FROM flushes WHERE instr(parts, ?)')
    .bind(jobId.slice(4))
    .first<string>('postings');
  expect(JSON.parse(postings ?? '')).toEqual({ [accountId]: -30, [`owner:${accountId}`]: 30 });
  const memo = await env.DB.prepare('SELECT memo FROM events WHERE id = ?').bind(`settle:${jobId}:0`).first('memo');
  expect(memo).toBe('charge lowered from 50 to 30: the hold');
  // A part is one part, whatever it takes to pay it.
  expect(await stub.settle(partOf(jobId))).toEqual({ applied: false });
  expect((await stub.receipts(jobId)).settlements).toEqual([]);
  await stub.settle(partOf(newId('job'), { charge: 150, earn: 135 }));
  await expect.poll(async () => (await stub.booked()).waiting).toBe(0);
  expect(await ledger.balanceOf(`owner:${accountId}`)).toBe(45 + 135);
  expect(await findBooked(env.DB, ledger, accountId, jobId)).toMatchObject([{ charge: 30, earn: 45 }]);
});

test('without a hold a charge takes at most what no other job holds, so the balance never falls below the holds', async () => {
  const { accountId, stub } = await openAccount(100);
  await stub.hold({ jobId: newId('job'), keyId: 'key_1', amount: 70, expiresAt: soon() });
  await stub.settle(settlementOf(accountId, newId('job')));
  expect(await stub.usage()).toMatchObject({ balance: 70, held: 70, totals: { charged: 30 } });
});

test('while D1 fails the outbox keeps everything, and drains exactly once when it is back', async () => {
  const { accountId, stub } = await openAccount(1000);
  const jobs = Array.from({ length: 5 }, () => newId('job'));
  for (const jobId of jobs) await stub.settle(settlementOf(accountId, jobId));
  faults.refuse = 2;
  await runDurableObjectAlarm(stub);
  await runDurableObjectAlarm(stub);
  expect(faults.refuse).toBe(0);
  expect(await stub.booked()).toEqual({ booked: 0, waiting: 6, unpayable: 0 });
  expect((await stub.receipts(jobs[0] ?? '')).settlements).toHaveLength(1);
  await drain(stub);
  expect(await stub.booked()).toEqual({ booked: 750, waiting: 0, unpayable: 0 });
  expect(await ledger.balanceOf(accountId)).toBe(750);
  expect((await stub.receipts(jobs[0] ?? '')).settlements).toEqual([]);
  expect(await findBooked(env.DB, ledger, accountId, jobs[0] ?? '')).toHaveLength(1);
});

test('a batch whose answer was lost is written again and counted once, also after an eviction in between', async () => {
  const { accountId, stub } = await openAccount(1000);
  const jobId = newId('job');
  faults.loseAnswer = 2;
  await stub.settle(settlementOf(accountId, jobId));
  // The grant it is paid from is written, and then, heard of or not, the part.
  await expect.poll(() => faults.loseAnswer).toBe(0);
  await evictDurableObject(stub);
  faults.loseAnswer = 1;
  await expect.poll(() => ledger.balanceOf(accountId)).toBe(950);
  await evictDurableObject(stub);
  await drain(stub);
  expect(faults.written).toBeGreaterThanOrEqual(3);
  expect(await ledger.balanceOf(accountId)).toBe(950);
  expect(await ledger.findUnbalanced()).toEqual([]);
});

test('a part is known until its list is forgotten, after 60 days at the latest; grants for ever; a settlement older than that charges nothing', async () => {
  const { accountId, stub } = await openAccount(10_000);
  const old = settlementOf(accountId, newId('job'));
  await stub.settle(old);
  // Enough for their rows to become lists.
  for (let i = 0; i < 100; i++) await stub.settle(settlementOf(accountId, newId('job')));
  await drain(stub);
  const lists = () =>
    runInDurableObject(stub, (_, { storage: { sql } }) =>
      sql.exec('SELECT seq FROM booked0 UNION ALL SELECT seq FROM booked1').toArray(),
    );
  expect((await lists()).length).toBeGreaterThan(0);
  await evictDurableObject(stub);
  expect(await stub.settle(old)).toEqual({ applied: false });
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    // Its table's turn has come again: two of 30 days have gone by.
    for (const name of ['booked', 'known']) sql.exec(`UPDATE ${name}_turns SET turn = turn - 2`);
  });
  await evictDurableObject(stub);
  await stub.usage();
  expect(await lists()).toEqual([]);
  const grant = { eventId: `${accountId}:start`, accountId, amount: 10_000, memo: null };
  expect(await stub.grant(grant)).toMatchObject({ applied: false });
  const again = { ...old, ticket: { ...old.ticket, expiresAtMs: String(Date.now() - 30 * DAY_MS) } };
  await stub.settle(again);
  await drain(stub);
  const balance = 10_000 - 101 * 50;
  expect(await stub.usage()).toMatchObject({ balance, totals: { jobs: 101, charged: 101 * 50 } });
  expect(await ledger.balanceOf(accountId)).toBe(balance);
  expect(await findBooked(env.DB, ledger, accountId, old.jobId)).toMatchObject([{ charge: 50, earn: 45 }]);
});

const DAY_MS = 86_400_000;

test('the alarm alone carries a settlement to the book, without any further call', async () => {
  const { accountId, stub } = await openAccount(1000);
  await stub.settle(settlementOf(accountId, newId('job')));
  await expect.poll(() => ledger.balanceOf(accountId)).toBe(950);
});

test('a job that holds credit may still bring a receipt; a settled or unknown one not', async () => {
  const { accountId, stub } = await openAccount(1000);
  const jobId = newId('job');
  await stub.hold({ jobId, keyId: 'key_1', amount: 100, expiresAt: soon() });
  expect(await stub.receipts(jobId)).toEqual({ settlements: [], waiting: [], pending: true, flushes: [] });
  await stub.settle(settlementOf(accountId, jobId));
  expect(await stub.receipts(jobId)).toMatchObject({ pending: false, settlements: [{ jobId, charge: 50 }] });
  expect(await stub.receipts(newId('job'))).toEqual({ settlements: [], waiting: [], pending: false, flushes: [] });
});

test('of parallel holds that cost nothing exactly as many are granted as one key may run at once, and each that ends makes room for one', async () => {
  const { stub } = await openAccount(0);
  const most = CROWD_LIMITS.key;
  const holds = Array.from({ length: most + 40 }, () => ({
    jobId: newId('job'),
    keyId: 'key_1',
    amount: 0,
    expiresAt: soon(),
  }));
  const answers = await Promise.all(holds.map((hold) => stub.hold(hold)));
  expect(answers.filter(({ ok }) => ok)).toHaveLength(most);
  expect(answers.find(({ ok }) => !ok)).toEqual({ ok: false, reason: 'too-many', of: 'key', limit: most });
  const one = (keyId: string, more = {}) =>
    stub.hold({ jobId: newId('job'), keyId, amount: 0, expiresAt: soon(), ...more });
  expect((await one('key_2')).ok).toBe(true);
  await stub.release(holds[0]?.jobId ?? '');
  expect([(await one('key_1')).ok, (await one('key_1')).ok]).toEqual([true, false]);
  expect([(await one('key_1', { ended: [holds[1]?.jobId ?? ''] })).ok, (await one('key_1')).ok]).toEqual([true, false]);
});

test('the same job again is no second one', async () => {
  const { stub } = await openAccount(0);
  const hold = { jobId: newId('job'), keyId: 'key_1', amount: 0, expiresAt: soon(), mayBeGuest: true };
  for (let i = 0; i < 100; i++) expect(await stub.hold(hold)).toEqual({ ok: true, isGuest: true });
});

test('a job whose answer has ended keeps its credit held until it is settled', async () => {
  const { stub } = await openAccount(100);
  const job = { jobId: newId('job'), keyId: 'key_1', amount: 60, expiresAt: soon() };
  await stub.hold(job);
  expect(
    await stub.hold({ jobId: newId('job'), keyId: 'key_1', amount: 60, expiresAt: soon(), ended: [job.jobId] }),
  ).toEqual({
    ok: false,
    reason: 'no-credit',
    available: 40,
  });
});

test('who has no credit is a guest on homes of others, and runs fewer jobs at once; who has some is none', async () => {
  const { stub } = await openAccount(0);
  const free = () => ({ jobId: newId('job'), keyId: 'key_1', amount: 0, expiresAt: soon() });
  for (let i = 0; i < 32; i++)
    expect(await stub.hold({ ...free(), mayBeGuest: true })).toEqual({ ok: true, isGuest: true });
  expect(await stub.hold({ ...free(), mayBeGuest: true })).toMatchObject({
    reason: 'too-many',
    of: 'guest',
    limit: 32,
  });
  expect(await stub.hold(free())).toEqual({ ok: true });
  const { stub: paying } = await openAccount(1);
  for (let i = 0; i < 40; i++) expect(await paying.hold({ ...free(), mayBeGuest: true })).toEqual({ ok: true });
});

test('a grant that would make the balance more than may be changes nothing', async () => {
  const { accountId, stub } = await openAccount(0);
  const grant = (n: number) =>
    stub.grant({ eventId: `${accountId}:g${n}`, accountId, amount: 1_000_000_000_000_000, memo: null });
  for (let n = 1; n <= 4; n++) expect(await grant(n)).toEqual({ balance: n * 1_000_000_000_000_000, applied: true });
  expect(await grant(5)).toEqual({ balance: 4_000_000_000_000_000, applied: false, isTooMuch: true });
  expect(await grant(4)).toEqual({ balance: 4_000_000_000_000_000, applied: false });
});
