import { applyD1Migrations, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { buildSettleEntry } from '../../billing/build-entry.ts';
import { makeLedger } from '../../billing/ledger.ts';
import { admin, call, openAccount, openCode, proofOf } from './admin-calls.ts';
import { makeNode, makePart } from './make-settlement.ts';

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));

test('the ledger check of an owner names its homes whose receipts the fees cannot pay yet', async () => {
  const accountId = await openAccount();
  const node = makeNode('unpaid');
  const code = await openCode(accountId);
  expect(await call('POST', '/node/enrol', proofOf(node, code), { authorization: '' })).toMatchObject({ status: 200 });
  const { bare, late } = makePart(node);
  const stub = env.NODE_ACCOUNT.getByName(node.id);
  // Its receipt is accepted before its caller's charge is in the book.
  await stub.accept(bare);
  await stub.acceptLate(late);
  await runDurableObjectAlarm(stub);
  const { json } = await admin('GET', `/ledger/check?account=${accountId}`);
  expect(json).toMatchObject({ homes_unpayable: [{ node: node.id, unpayable: 1 }] });
  await makeLedger(env.DB).apply([buildSettleEntry({ ...bare, earn: 0 }, null)]);
  await expect
    .poll(async () => (await admin('GET', `/ledger/check?account=${accountId}`)).json['homes_unpayable'], {
      timeout: 45_000,
    })
    .toEqual([]);
});
