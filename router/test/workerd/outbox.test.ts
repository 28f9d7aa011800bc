import { applyD1Migrations, evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import type { SettlementJson } from '../../../schema/settlement.ts';
import { buildSettleEntry } from '../../billing/build-entry.ts';
import { makeLedger } from '../../billing/ledger.ts';
import { findBooked, findFateOf } from './find-booked.ts';
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

/** What is known, as an object of an earlier version kept it, and what waits. */
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

interface Age {
  /** Its parts are known by a row each; before that each entry kept its row in the outbox. */
  readonly hasKnown: boolean;
  /** A job and its part have columns of their own. */
  readonly hasColumns: boolean;
}

/**
 * Makes the object what it was in an earlier version that had taken these parts of 50 units, of which the book has or has not all, and starts it
 * anew.
 */
async function makeOld(
  { stub, accountId }: Account,
  age: Age,
  parts: readonly { readonly settlement: SettlementJson; readonly isTaken: boolean }[],
): Promise<void> {
  await runInDurableObject(stub, async (_, { storage }) => {
    const { sql } = storage;
    await storage.deleteAlarm();
    for (const table of ['batches0', 'batches1', 'base', 'held', 'booked0', 'booked1', 'booked_turns'])
      sql.exec(`DROP TABLE IF EXISTS ${table}`);
    sql.exec(`CREATE TABLE account (id INTEGER PRIMARY KEY CHECK (id = 1), balance INTEGER NOT NULL, disabledAt INTEGER,
      jobs INTEGER NOT NULL, promptTokens INTEGER NOT NULL, outputTokens INTEGER NOT NULL, charged INTEGER NOT NULL)`);
    const charged = 50 * parts.length;
    const totals = [parts.length, 10 * parts.length, 20 * parts.length, charged];
    sql.exec('INSERT INTO account VALUES (1, ?, NULL, ?, ?, ?, ?)', 1000 - charged, ...totals);
    sql.exec(
      'CREATE TABLE holds (jobId TEXT PRIMARY KEY, amount INTEGER NOT NULL, expiresAt INTEGER NOT NULL) WITHOUT ROWID',
    );
    const into = 'INSERT INTO outbox (id, own, entry, jobId, part) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING';
    for (const { settlement, isTaken } of parts) {
      const { jobId, part } = settlement;
      const entry = JSON.stringify(buildSettleEntry(settlement, null));
      if (!age.hasKnown || !isTaken)
        sql.exec(into, `settle:${jobId}:${part}`, -50, isTaken ? null : entry, jobId, part);
      if (age.hasKnown) sql.exec('INSERT INTO known0 VALUES (unhex(?), ?, 1, -50)', jobId.slice(4), part);
    }
    if (age.hasKnown) return;
    sql.exec(into, `grant:settle:${accountId}:1`, 1000, null, null, null);
    // A node's account keeps these.
    sql.exec(into, `late:${LATE_JOB}:7`, 0, null, LATE_JOB, 7);
    for (const table of ['known0', 'known1', 'known_ids', 'known_turns']) sql.exec(`DROP TABLE ${table}`);
    sql.exec('CREATE TABLE marks (at INTEGER PRIMARY KEY, seq INTEGER NOT NULL)');
    if (age.hasColumns) return;
    sql.exec('DROP INDEX outbox_jobs');
    for (const column of ['jobId', 'part']) sql.exec(`ALTER TABLE outbox DROP COLUMN ${column}`);
  });
  await evictDurableObject(stub);
}

/** The grant is in the book. */
async function start(): Promise<Account> {
  const account = await openAccount();
  await expect.poll(async () => (await account.stub.booked()).waiting).toBe(0);
  return account;
}

describe.each([
  { hasKnown: true, hasColumns: true },
  { hasKnown: false, hasColumns: true },
  { hasKnown: false, hasColumns: false },
])('an object of an earlier version (a row a part: $hasKnown, columns: $hasColumns)', (age) => {
  test('knows what it has taken, and hands over what waits', async () => {
    const account = await start();
    const jobs = [newId('job'), newId('job')] as const;
    const [taken, waits] = [settlementOf(account, jobs[0], 0), settlementOf(account, jobs[1], 12)];
    await ledger.apply([buildSettleEntry(taken, null)]);
    await makeOld(account, age, [
      { settlement: taken, isTaken: true },
      { settlement: waits, isTaken: false },
    ]);
    expect(await account.stub.usage()).toMatchObject({ balance: 900, held: 0, totals: { jobs: 2, charged: 100 } });
    expect(await account.stub.receipts(jobs[1])).toMatchObject({
      settlements: [{ jobId: jobs[1], part: 12, charge: 50 }],
    });
    for (const one of [taken, waits]) expect(await account.stub.settle(one)).toEqual({ applied: false });
    const parts = [
      { job: jobs[0].slice(4), part: 0, kind: 1, own: -50 },
      { job: jobs[1].slice(4), part: 12, kind: 1, own: -50 },
      ...(age.hasKnown ? [] : [{ job: LATE_JOB.slice(4), part: 7, kind: 2, own: 0 }]),
    ];
    const grants = [{ id: `grant:settle:${account.accountId}:1` }];
    expect(await readRows(account)).toMatchObject({ grants, parts });
    await expect.poll(async () => (await account.stub.booked()).waiting).toBe(0);
    await evictDurableObject(account.stub);
    expect(await account.stub.settle(waits)).toEqual({ applied: false });
    expect(await readRows(account)).toEqual({ grants, parts, waiting: [] });
    expect(await ledger.balanceOf(account.accountId)).toBe(900);
    expect(await findBooked(env.DB, ledger, account.accountId, jobs[1])).toMatchObject([{ part: 12, charge: 50 }]);
  });

  test('takes nothing a second time whose answer it never heard, and knows which part came after which', async () => {
    const account = await start();
    const { stub } = account;
    const jobId = newId('job');
    const part = settlementOf(account, jobId, 1);
    // The book has it, and the object does not know.
    await ledger.apply([buildSettleEntry(part, null)]);
    await makeOld(account, age, [{ settlement: part, isTaken: false }]);
    expect(await stub.settle(part)).toEqual({ applied: false });
    // Part 1 began the answer anew: nobody was given what part 0 sent.
    expect(await stub.settle({ ...settlementOf(account, jobId, 0), isFinal: false })).toEqual({ applied: true });
    expect(await stub.settle(settlementOf(account, newId('job'), 0))).toEqual({ applied: true });
    expect(await stub.usage()).toMatchObject({ balance: 900, totals: { jobs: 2, charged: 100 } });
    await expect.poll(() => ledger.balanceOf(account.accountId)).toBe(900);
  });
});

test('what the book has taken leaves its bytes to the next', async () => {
  const account = await openAccount();
  await account.stub.grant({ eventId: 'more', accountId: account.accountId, amount: 10_000, memo: null });
  const pagesAfter = async (jobs: number): Promise<number> => {
    for (let i = 0; i < jobs; i++) await account.stub.settle(settlementOf(account, newId('job'), 0));
    await expect.poll(async () => (await account.stub.booked()).waiting).toBe(0);
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
  await expect.poll(async () => (await stub.booked()).unpayable).toBe(1);
  expect(await stub.booked()).toEqual({ booked: 900, waiting: 1, unpayable: 1 });
  expect(await ledger.balanceOf(account.accountId)).toBe(900);
  await stub.settle(partOf(jobs[2], 200, 180));
  await expect.poll(() => ledger.balanceOf(account.accountId)).toBe(700);
  await evictDurableObject(stub);
  await expect.poll(async () => (await stub.booked()).waiting).toBe(0);
  const { part } = await findFateOf(env.DB, ledger, {
    accountId: account.accountId,
    jobId: jobs[0],
    part: 0,
    nodeId: home.id,
  });
  expect(part).toMatchObject({ outcome: 'complete', charge: 0 });
});
