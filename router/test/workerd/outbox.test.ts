import { applyD1Migrations, evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { buildSettleEntry } from '../../billing/build-entry.ts';
import { makeLedger } from '../../billing/ledger.ts';
import { makeNode, makeSettlement, makeTicket, newId } from './make-settlement.ts';

const node = makeNode('outbox-test');
const ledger = makeLedger(env.DB);

const LATE_JOB = `job_${'ab'.repeat(16)}`;

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));

async function openAccount() {
  const accountId = newId('acct');
  const stub = env.ACCOUNT.getByName(accountId);
  // An operator's own id, which looks like a part's.
  await stub.grant({ eventId: `settle:${accountId}:1`, accountId, amount: 1000, memo: null });
  return { accountId, stub };
}

type Account = Awaited<ReturnType<typeof openAccount>>;

/** A part of 10 prompt and 20 output tokens that ends its job: 50 units. */
function settlementOf({ accountId }: Account, jobId: string, part: number) {
  return makeSettlement(node, { ticket: makeTicket(node, { job: jobId, part }), receipt: null, jobId, accountId });
}

/** What is known, as it is kept, and what waits. */
function readRows({ stub }: Account) {
  return runInDurableObject(stub, (_, { storage: { sql } }) => {
    const of = (table: string): string => `SELECT lower(hex(job)) AS job, part, kind, own FROM ${table}`;
    return {
      grants: sql.exec('SELECT id FROM known_ids').toArray(),
      parts: sql.exec(`${of('known0')} UNION ALL ${of('known1')} ORDER BY kind, part`).toArray(),
      waiting: sql.exec('SELECT id, jobId, part FROM outbox ORDER BY seq').toArray(),
    };
  });
}

/**
 * Makes the object what it was when each entry that the book had taken kept its row without its text, or even before a job and its part had
 * columns of their own, and starts it anew.
 */
async function makeOld({ stub }: Account, { hasColumns }: { hasColumns: boolean }): Promise<void> {
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    const taken = sql
      .exec<{ job: string; part: number; own: number }>(
        "SELECT 'job_' || lower(hex(job)) AS job, part, own FROM (SELECT * FROM known0 UNION ALL SELECT * FROM known1)",
      )
      .toArray();
    const grants = sql.exec<{ id: string }>('SELECT id FROM known_ids').toArray();
    const into = 'INSERT INTO outbox (id, own, entry, jobId, part) VALUES (?, ?, NULL, ?, ?) ON CONFLICT DO NOTHING';
    for (const { id } of grants) sql.exec(into, id, 1000, null, null);
    for (const { job, part, own } of taken) sql.exec(into, `settle:${job}:${part}`, own, job, part);
    // A node's account keeps these.
    sql.exec(into, `late:${LATE_JOB}:7`, 0, LATE_JOB, 7);
    for (const table of ['known0', 'known1', 'known_ids', 'known_turns']) sql.exec(`DROP TABLE ${table}`);
    sql.exec('CREATE TABLE marks (at INTEGER PRIMARY KEY, seq INTEGER NOT NULL)');
    if (hasColumns) return;
    sql.exec('DROP INDEX outbox_jobs');
    for (const column of ['jobId', 'part']) sql.exec(`ALTER TABLE outbox DROP COLUMN ${column}`);
  });
  await evictDurableObject(stub);
}

test.each([{ hasColumns: true }, { hasColumns: false }])(
  'an object of an earlier version knows what it has taken, and keeps what waits ($hasColumns)',
  async (age) => {
    const account = await openAccount();
    const jobs = [newId('job'), newId('job')] as const;
    await account.stub.settle(settlementOf(account, jobs[0], 0));
    await expect.poll(async () => (await account.stub.booked()).waiting, { timeout: 10_000 }).toBe(0);
    await account.stub.settle(settlementOf(account, jobs[1], 12));
    await runInDurableObject(account.stub, (_, { storage }) => storage.deleteAlarm());
    await makeOld(account, age);
    await account.stub.usage();
    const rows = {
      grants: [{ id: `grant:settle:${account.accountId}:1` }],
      parts: [
        { job: jobs[0].slice(4), part: 0, kind: 1, own: -50 },
        { job: jobs[1].slice(4), part: 12, kind: 1, own: -50 },
        { job: LATE_JOB.slice(4), part: 7, kind: 2, own: 0 },
      ],
    };
    expect(await readRows(account)).toMatchObject(rows);
    await expect.poll(async () => (await account.stub.booked()).waiting, { timeout: 10_000 }).toBe(0);
    await evictDurableObject(account.stub);
    await account.stub.usage();
    expect(await readRows(account)).toEqual({ ...rows, waiting: [] });
    expect(await ledger.balanceOf(account.accountId)).toBe(900);
  },
);

test('what such an object has taken it takes no second time, and knows which part came after which', async () => {
  const account = await openAccount();
  const jobId = newId('job');
  const { stub } = account;
  await stub.settle(settlementOf(account, jobId, 1));
  await makeOld(account, { hasColumns: false });
  expect(await stub.receipts(jobId)).toMatchObject({ settlements: [{ jobId, part: 1, charge: 50 }] });
  expect(await stub.settle(settlementOf(account, jobId, 1))).toEqual({ applied: false });
  // Part 1 began the answer anew: nobody was given what part 0 sent.
  expect(await stub.settle({ ...settlementOf(account, jobId, 0), isFinal: false })).toEqual({ applied: true });
  expect(await stub.settle(settlementOf(account, newId('job'), 0))).toEqual({ applied: true });
  expect(await stub.usage()).toMatchObject({ balance: 900, totals: { jobs: 2, charged: 100 } });
  await expect.poll(() => ledger.balanceOf(account.accountId), { timeout: 10_000 }).toBe(900);
});

test('what the book has taken leaves its bytes to the next', async () => {
  const account = await openAccount();
  await account.stub.grant({ eventId: 'more', accountId: account.accountId, amount: 10_000, memo: null });
  const pagesAfter = async (jobs: number): Promise<number> => {
    for (let i = 0; i < jobs; i++) await account.stub.settle(settlementOf(account, newId('job'), 0));
    await expect.poll(async () => (await account.stub.booked()).waiting, { timeout: 10_000 }).toBe(0);
    return runInDurableObject(account.stub, (_, { storage }) => storage.sql.databaseSize);
  };
  const before = await pagesAfter(20);
  const after = await pagesAfter(20);
  // Each entry is more than two kilobytes as it waits.
  expect(after - before).toBeLessThan(20 * 500);
});

test('what the fees cannot pay yet waits without holding up the rest, is counted, and is booked when they can', async () => {
  const account = await openAccount();
  const { stub } = account;
  const jobs = [newId('job'), newId('job'), newId('job')] as const;
  const home = makeNode(account.accountId);
  const partOf = (jobId: string, charge: number, earn: number) => ({
    ...makeSettlement(home, {
      ticket: makeTicket(home, { job: jobId }),
      receipt: null,
      jobId,
      accountId: account.accountId,
    }),
    charge,
    earn,
  });
  // As an object of an earlier version left it: paid out of fees that its home had not brought in.
  await runInDurableObject(stub, (_, { storage }) => {
    const entry = JSON.stringify(buildSettleEntry(partOf(jobs[0], 0, 30), null));
    const into = 'INSERT INTO outbox (id, own, entry, jobId, part) VALUES (?, 0, ?, ?, 0)';
    storage.sql.exec(into, `settle:${jobs[0]}:0`, entry, jobs[0]);
  });
  await stub.settle(partOf(jobs[1], 100, 90));
  await expect.poll(async () => (await stub.booked()).unpayable, { timeout: 10_000 }).toBe(1);
  expect(await stub.booked()).toEqual({ booked: 900, waiting: 1, unpayable: 1 });
  expect(await ledger.balanceOf(account.accountId)).toBe(900);
  await stub.settle(partOf(jobs[2], 200, 180));
  await expect.poll(() => ledger.balanceOf(account.accountId), { timeout: 10_000 }).toBe(700);
  await evictDurableObject(stub);
  await expect.poll(async () => (await stub.booked()).waiting, { timeout: 10_000 }).toBe(0);
  const { part } = await ledger.findFate({ jobId: jobs[0], part: 0, nodeId: home.id });
  expect(part).toMatchObject({ outcome: 'complete', charge: 0 });
});
