// The totals of days, for callers and owners: the same before and after flushes are summed up, late ones and what comes alone among them.
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildLateEntry, buildSettleEntry } from '../../billing/build-entry.ts';
import { makeLedger } from '../../billing/ledger.ts';
import type { UsageAsk } from '../../billing/build-usage-query.ts';
import { makeDayTotals } from '../../billing/day-totals.ts';
import { makeRollUp } from '../../billing/roll-up.ts';
import type { SettlementJson } from '../../../schema/settlement.ts';
import { emptyBook, flushOf, NO_PROOF, node, NOW, partOf, withoutTriggers } from './make-flush.ts';
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
  await withoutTriggers(env.DB, () => env.DB.exec("UPDATE flushes SET usage = '{}', earnings = '{}'"));
  expect(await ledger.earnedBy(node.id)).toBe(0);
  await rollUp(A_DAY_LATER);
  expect([await read('usage_days'), await read('node_days')]).toEqual([[], []]);
  expect(await ledger.balanceOf(accountId)).toBe(-50);
});

describe('an account reads its totals', () => {
  const accountId = newId('acct');
  const whole: UsageAsk = {
    accountId,
    ownKeyId: null,
    groups: [],
    fromDay: DAY,
    toDay: DAY,
    key: null,
    model: null,
    kind: null,
    after: null,
    limit: 10,
  };
  const find = (ask: Partial<UsageAsk>) => makeDayTotals(env.DB).find({ ...whole, ...ask });
  const cut = { ...NO_PROOF, earn: 0 };

  beforeEach(async () => {
    await env.DB.batch([
      env.DB.prepare("INSERT OR IGNORE INTO accounts (id, name, created_at) VALUES (?, 'a', 1)").bind(accountId),
      env.DB.prepare(
        'INSERT OR IGNORE INTO api_keys (id, account_id, hash, name, created_at) VALUES (?, ?, ?, ?, 1)',
      ).bind('key_named', accountId, `hash of ${accountId}`, 'laptop'),
    ]);
    await ledger.applyFlush(flushOf([chat(accountId, { keyId: 'key_named' }), chat(accountId)]));
    await rollUp(A_DAY_LATER);
    // Not summed up: a flush, and one that came alone with its receipt, and what is others'.
    const embedded = chat(accountId, { kind: 'embedding', endedAt: NOW - 86_400_000 });
    await ledger.applyFlush({ ...flushOf([embedded]), number: A_DAY_LATER });
    await ledger.applyFlush({ ...flushOf([chat(newId('acct'))]), number: A_DAY_LATER });
    await ledger.apply([
      buildSettleEntry(chat(accountId, { ...cut, model: 'other', keyId: 'key_named' }), null),
      buildSettleEntry(chat(newId('acct'), cut), null),
    ]);
  });

  test('what is summed up and what waits for it together, by whatever it is grouped by, in that order', async () => {
    const by = async (groups: UsageAsk['groups'], ask: Partial<UsageAsk> = {}) =>
      (await find({ groups, fromDay: DAY - 1, ...ask })).rows.map((row) => Object.values(row));
    const one = [1, 1, 10, 20, 50, 0, 0];
    expect(await by([])).toEqual([[3, 4, 40, 80, 200, 0, 0]]);
    expect(await by(['day'])).toEqual([
      [DAY - 1, ...one],
      [DAY, 2, 3, 30, 60, 150, 0, 0],
    ]);
    expect(await by(['kind', 'key'])).toEqual([
      ['chat', 'key_named', 'laptop', 1, 2, 20, 40, 100, 0, 0],
      ['chat', 'key_test', null, ...one],
      ['embedding', 'key_test', null, ...one],
    ]);
    expect(await by(['country'])).toEqual([['DE', 3, 4, 40, 80, 200, 0, 0]]);
    expect(await by(['model'], { key: 'laptop' })).toEqual([
      ['nano-demo', ...one],
      ['other', 0, 1, 10, 20, 50, 0, 0],
    ]);
    expect(await by(['key'], { key: 'key_named', model: 'nano-demo' })).toEqual([['key_named', 'laptop', ...one]]);
    expect(await by(['key'], { kind: 'embedding' })).toEqual([['key_test', null, ...one]]);
    expect(await by(['key'], { ownKeyId: 'key_named', key: 'key_test' })).toEqual([]);
  });

  test('a page says whether another follows, which begins behind it, and all pages have one sum', async () => {
    const first = await find({ groups: ['model', 'key'], limit: 2 });
    expect(first.rows.map(({ model, key_id }) => [model, key_id])).toEqual([
      ['nano-demo', 'key_named'],
      ['nano-demo', 'key_test'],
    ]);
    expect([first.hasMore, first.all?.parts]).toEqual([true, 3]);
    const second = await find({ groups: ['model', 'key'], limit: 2, after: ['nano-demo', 'key_test'] });
    expect(second.rows.map(({ model }) => model)).toEqual(['other']);
    expect([second.hasMore, second.all?.parts]).toEqual([false, 3]);
  });

  test('where there is nothing there is no row', async () => {
    expect(await find({ fromDay: DAY + 1, toDay: DAY + 1 })).toEqual({ rows: [], hasMore: false, all: null });
  });
});
