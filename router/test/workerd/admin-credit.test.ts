// The operator's credit and the check of the ledger, over the real doors.
import { applyD1Migrations, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { admin, openAccount } from './admin-calls.ts';
import { withoutTriggers } from './make-flush.ts';
import { makeNode, makeSettlement, makeTicket, newId } from './make-settlement.ts';

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));

test('credit is granted once by its event id, and two accounts may use one event id', async () => {
  const [one, two] = [await openAccount(), await openAccount()];
  const credit = { amount_micro: 1_000_000, event_id: 'invoice-7', memo: 'June' };
  expect(await admin('POST', `/accounts/${one}/credit`, credit)).toMatchObject({
    status: 201,
    json: { balance_micro: 1_000_000, applied: true },
  });
  expect(await admin('POST', `/accounts/${one}/credit`, credit)).toMatchObject({
    status: 200,
    json: { balance_micro: 1_000_000, applied: false },
  });
  expect((await admin('POST', `/accounts/${two}/credit`, credit)).json).toMatchObject({ applied: true });
  expect((await admin('POST', `/accounts/${one}/credit`, { amount_micro: 5 })).json).toMatchObject({
    balance_micro: 1_000_005,
  });
});

test('the ledger check says equal when the book has everything, and names an account that differs', async () => {
  const accountId = await openAccount();
  const stub = env.ACCOUNT.getByName(accountId);
  await admin('POST', `/accounts/${accountId}/credit`, { amount_micro: 500 });
  expect((await admin('GET', `/ledger/check?account=${accountId}`)).json).toMatchObject({
    accounts: [{ verdict: 'equal', object: 0, waiting: 1 }],
  });
  await runDurableObjectAlarm(stub);
  const jobId = newId('job');
  const node = makeNode('admin');
  await stub.settle(makeSettlement(node, { ticket: makeTicket(node), receipt: null, jobId, accountId }));
  await runDurableObjectAlarm(stub);
  const checked = (await admin('GET', `/ledger/check?account=${accountId}`)).json;
  expect(checked).toMatchObject({
    ok: true,
    total_micro: 0,
    unbalanced_events: [],
    drifted_books: [],
    paid_micro: 50,
    earned_micro: 45,
    fees_micro: 5,
    overdrawn_accounts: 0,
    accounts: [{ verdict: 'equal', book: 450, object: 450, waiting: 0, unpayable: 0 }],
  });
  const add = env.DB.prepare('UPDATE postings SET amount = amount + ?2 WHERE book = ?1 AND amount BETWEEN 500 AND 501');
  await withoutTriggers(env.DB, () => add.bind(accountId, 1).run());
  const broken = (await admin('GET', '/ledger/check')).json as unknown as {
    ok: boolean;
    unbalanced_events: string[];
    accounts: { account: string; verdict: string }[];
  };
  expect(broken).toMatchObject({ ok: false, total_micro: 1, drifted_books: [accountId] });
  expect(broken.unbalanced_events).toHaveLength(1);
  expect(broken.accounts.find((one) => one.account === accountId)?.verdict).toBe('different');
  await withoutTriggers(env.DB, () => add.bind(accountId, -1).run());
});
