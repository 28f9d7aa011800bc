// The totals of days, for callers and owners: the same before and after flushes are summed up, late ones and what comes alone among them.
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { buildLateEntry, buildSettleEntry } from '../../billing/build-entry.ts';
import { makeLedger } from '../../billing/ledger.ts';
import { makeRollUp } from '../../billing/roll-up.ts';
import type { SettlementJson } from '../../../schema/settlement.ts';
import { emptyBook, flushOf, NO_PROOF, node, NOW, partOf } from './make-flush.ts';
import { newId } from './make-settlement.ts';

const A_DAY_LATER = NOW + 86_400_000 + 60_000;
const DAY = Math.floor(NOW / 86_400_000);
const ledger = makeLedger(env.DB);

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));
beforeEach(() => emptyBook(env.DB));

const rollUp = (now: number) => makeRollUp({ database: env.DB, files: null }).run(now);

async function read(table: string): Promise<unknown[]> {
  return (await env.DB.prepare(`SELECT * FROM ${table} ORDER BY 1, 2, 3`).raw()) as unknown[];
}

const OWNER = 'acct_00000000000000000000000000000001';
const chat = (accountId: string, facts: Partial<SettlementJson> = {}): SettlementJson =>
  partOf(accountId, { kind: 'chat', endedAt: NOW, ...facts });

test('what flushes brought stands by key, model, country and kind, and by home, once they are summed up; a late one adds to it', async () => {
  const accountId = newId('acct');
  const parts = [chat(accountId), chat(accountId), chat(accountId, { kind: 'embedding', keyId: 'key_other' })];
  const late = flushOf([chat(accountId, { country: 'FR' })]);
  await ledger.applyFlush(flushOf(parts));
  expect(await ledger.earnedBy(node.id)).toBe(135);
  expect(await read('usage_days')).toEqual([]);
  await rollUp(A_DAY_LATER);
  const summed = [
    [accountId, DAY, 'key_other', 'nano-demo', 'DE', 'embedding', 1, 1, 10, 20, 50, 0, 0],
    [accountId, DAY, 'key_test', 'nano-demo', 'DE', 'chat', 2, 2, 20, 40, 100, 0, 0],
  ];
  expect(await read('usage_days')).toEqual(summed);
  for (let i = 0; i < 2; i++) await ledger.applyFlush(late);
  expect(await read('usage_days')).toEqual([
    summed[0],
    summed[1],
    [accountId, DAY, 'key_test', 'nano-demo', 'FR', 'chat', 1, 1, 10, 20, 50, 0, 0],
  ]);
  expect(await read('node_days')).toEqual([[node.id, DAY, 'nano-demo', OWNER, 4, 4, 40, 80, 180, 0, 0]]);
  expect(await ledger.earnedBy(node.id)).toBe(180);
});

test('what comes alone is added once, whoever delivers it again', async () => {
  const accountId = newId('acct');
  const part = chat(accountId);
  const brought = buildSettleEntry(chat(accountId, { charge: 1000, earn: 900 }), null);
  const entries = [brought, buildSettleEntry({ ...part, ...NO_PROOF, earn: 0 }, null), buildLateEntry(part, NOW)];
  await ledger.apply(entries);
  expect(await ledger.earnedBy(node.id)).toBe(945);
  await ledger.apply(entries);
  await rollUp(A_DAY_LATER);
  await ledger.apply(entries.toReversed());
  await rollUp(A_DAY_LATER);
  expect(await read('usage_days')).toEqual([
    [accountId, DAY, 'key_test', 'nano-demo', 'DE', 'chat', 0, 2, 20, 40, 1050, 0, 0],
  ]);
  expect(await read('node_days')).toEqual([[node.id, DAY, 'nano-demo', OWNER, 0, 2, 20, 40, 945, 0, 0]]);
  expect(await ledger.earnedBy(node.id)).toBe(945);
  expect(await ledger.earnedBy('node_other')).toBe(0);
});

test('flushes of before there were totals add none, and all else of them as ever', async () => {
  const accountId = newId('acct');
  await ledger.applyFlush(flushOf([chat(accountId)]));
  await env.DB.prepare("UPDATE flushes SET usage = '{}', earnings = '{}'").run();
  expect(await ledger.earnedBy(node.id)).toBe(0);
  await rollUp(A_DAY_LATER);
  expect([await read('usage_days'), await read('node_days')]).toEqual([[], []]);
  expect(await ledger.balanceOf(accountId)).toBe(-50);
});
