// Grants beyond what sums of whole numbers can carry. A file of its own: all grants of a database count together.
import { applyD1Migrations, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { admin, openAccount } from './admin-calls.ts';

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));

test('ten grants of a thousand million credits end in a clear 400, and the books stay whole', async () => {
  const accountId = await openAccount();
  const answers = [];
  for (let i = 0; i < 10; i++)
    answers.push(await admin('POST', `/accounts/${accountId}/credit`, { amount_micro: 1_000_000_000_000_000 }));
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 400, 400, 400, 400, 400, 400]);
  expect(answers[9]?.json.error).toMatchObject({
    code: 'invalid_value',
    param: 'amount_micro',
    message: expect.stringContaining('Grant less'),
  });
  await runDurableObjectAlarm(env.ACCOUNT.getByName(accountId));
  const checked = (await admin('GET', `/ledger/check?account=${accountId}`)).json;
  expect(checked).toMatchObject({ ok: true, accounts: [{ verdict: 'equal', book: 4_000_000_000_000_000 }] });
  const other = await openAccount();
  for (let i = 0; i < 4; i++) await admin('POST', `/accounts/${other}/credit`, { amount_micro: 1_000_000_000_000_000 });
  await runDurableObjectAlarm(env.ACCOUNT.getByName(other));
  const third = await admin('POST', `/accounts/${await openAccount()}/credit`, { amount_micro: 1_000_000_000_000_000 });
  expect(third).toMatchObject({ status: 400, json: { error: { message: expect.stringContaining('All grants') } } });
});
