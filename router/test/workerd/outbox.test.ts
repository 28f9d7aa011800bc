import { applyD1Migrations, evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { buildSettleEntry } from '../../billing/build-entry.ts';
import { makeLedger } from '../../billing/ledger.ts';
import { makeNode, makeSettlement, makeTicket, newId } from './make-settlement.ts';

const node = makeNode('outbox-test');
const ledger = makeLedger(env.DB);

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

function readRows({ stub }: Account) {
  return runInDurableObject(stub, (_, state) =>
    state.storage.sql.exec('SELECT id, own, jobId, part FROM outbox ORDER BY seq').toArray(),
  );
}

/** Makes the object what it was before a job and its part had columns of their own, and starts it anew. */
async function makeOld({ stub }: Account): Promise<void> {
  await runInDurableObject(stub, (_, { storage }) => {
    storage.sql.exec('DROP INDEX outbox_jobs');
    for (const column of ['jobId', 'part']) storage.sql.exec(`ALTER TABLE outbox DROP COLUMN ${column}`);
    // A node's account keeps these.
    storage.sql.exec("INSERT INTO outbox (id, own, entry) VALUES ('late:job_late:7', 0, NULL)");
  });
  await evictDurableObject(stub);
}

test('rows of an object that is older than the columns for job and part get them from their ids', async () => {
  const account = await openAccount();
  const jobs = [newId('job'), newId('job')] as const;
  await account.stub.settle(settlementOf(account, jobs[0], 0));
  await account.stub.settle(settlementOf(account, jobs[1], 12));
  await makeOld(account);
  await account.stub.usage();
  const rows = [
    { id: `grant:settle:${account.accountId}:1`, own: 1000, jobId: null, part: null },
    { id: `settle:${jobs[0]}:0`, own: -50, jobId: jobs[0], part: 0 },
    { id: `settle:${jobs[1]}:12`, own: -50, jobId: jobs[1], part: 12 },
    { id: 'late:job_late:7', own: 0, jobId: 'job_late', part: 7 },
  ];
  expect(await readRows(account)).toEqual(rows);
  await evictDurableObject(account.stub);
  await account.stub.usage();
  expect(await readRows(account)).toEqual(rows);
});

test('what such an object has taken it takes no second time, and knows which part came after which', async () => {
  const account = await openAccount();
  const jobId = newId('job');
  const { stub } = account;
  await stub.settle(settlementOf(account, jobId, 1));
  await makeOld(account);
  expect(await stub.receipts(jobId)).toMatchObject({ settlements: [{ jobId, part: 1, charge: 50 }] });
  expect(await stub.settle(settlementOf(account, jobId, 1))).toEqual({ applied: false });
  // Part 1 began the answer anew: nobody was given what part 0 sent.
  expect(await stub.settle({ ...settlementOf(account, jobId, 0), isFinal: false })).toEqual({ applied: true });
  expect(await stub.settle(settlementOf(account, newId('job'), 0))).toEqual({ applied: true });
  expect(await stub.usage()).toMatchObject({ balance: 900, totals: { jobs: 2, charged: 100 } });
  await expect.poll(() => ledger.balanceOf(account.accountId), { timeout: 10_000 }).toBe(900);
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
