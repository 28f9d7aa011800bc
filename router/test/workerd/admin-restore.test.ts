// D1 restored from a backup that is older than what the objects know.
import { applyD1Migrations, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { withoutTriggers } from './make-flush.ts';
import { admin, call, openAccount, openCode, proofOf } from './admin-calls.ts';
import { makeNode } from './make-settlement.ts';

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));

/** An account with a key and a home. */
async function openAll(name: string) {
  const account = await openAccount();
  const { id: key } = (await admin('POST', `/accounts/${account}/keys`, {})).json as unknown as { id: string };
  const proof = proofOf(makeNode(name), await openCode(account));
  const { node } = (await call('POST', '/node/enrol', proof)).json as unknown as { node: string };
  return { account, key, node };
}

const find = async (account: string) => {
  const { json } = await admin('GET', '/restore/check');
  const { accounts } = json as unknown as { accounts: { account: string }[] };
  return accounts.find((one) => one.account === account) ?? null;
};

test('keys and homes that were revoked since, and accounts that were disabled, are told and closed again; nothing else is touched', async () => {
  const { account, key, node } = await openAll('restored');
  const other = await openAll('untouched');
  await admin('DELETE', `/keys/${key}`);
  await admin('DELETE', `/nodes/${node}?reason=lost`);
  await admin('POST', `/accounts/${account}/disable`);
  expect(await find(account)).toBeNull();
  for (const statement of [
    'UPDATE api_keys SET revoked_at = NULL',
    'UPDATE nodes SET revoked_at = NULL',
    'UPDATE accounts SET disabled_at = NULL',
  ])
    await env.DB.prepare(statement).run();
  const forgotten = { account, keys_to_revoke: [key], to_disable: true, nodes_to_revoke: [node], book_lacks_micro: 0 };
  expect(await find(account)).toEqual(forgotten);
  expect((await admin('GET', '/restore/check')).json).toMatchObject({
    ok: false,
    remedy: expect.stringContaining('mend'),
  });
  expect((await admin('POST', '/restore/mend')).json).toEqual({ mended: [forgotten], next: null });
  expect((await admin('GET', '/restore/check')).json).toEqual({ ok: true, accounts: [], next: null });
  expect((await admin('GET', `/accounts/${account}/keys?revoked=true`)).json).toMatchObject({
    data: [{ revoked_at: expect.any(Number) }],
  });
  expect((await admin('GET', `/nodes/${other.node}`)).json).toMatchObject({ revoked_at: null });
});

test('credit that the book has lost is told with how much', async () => {
  const { account } = await openAll('poorer');
  await admin('POST', `/accounts/${account}/credit`, { amount_micro: 500 });
  await runDurableObjectAlarm(env.ACCOUNT.getByName(account));
  expect(await find(account)).toBeNull();
  for (const table of ['postings', 'balances'])
    await withoutTriggers(env.DB, () => env.DB.prepare(`DELETE FROM ${table} WHERE book = ?`).bind(account).run());
  expect(await find(account)).toMatchObject({ keys_to_revoke: [], book_lacks_micro: 500 });
});
