// Limits of keys in the account's real object: against calls at once, over evictions, of several answers, and as the operator sets them.
import { applyD1Migrations, evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import type { KeyLimits } from '../../../schema/key-limits.ts';
import type { HoldRequest } from '../../billing/hold-answer.ts';
import { admin, openAccount } from './admin-calls.ts';
import { NO_LIMITS } from './limits-lab.ts';
import { makeNode, makeSettlement, makeTicket, newId } from './make-settlement.ts';

const node = makeNode('account-limits-test');
const KEY = 'key_1';

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));

async function openLimited(limits: Partial<KeyLimits>, credit = 100_000) {
  const accountId = newId('acct');
  const stub = env.ACCOUNT.getByName(accountId);
  await stub.grant({ eventId: `${accountId}:start`, accountId, amount: credit, memo: null });
  await stub.setKeyLimits(KEY, { ...NO_LIMITS, ...limits });
  return { accountId, stub };
}

function holdOf(amount: number, more: Partial<HoldRequest> = {}): HoldRequest {
  return { jobId: newId('job'), keyId: KEY, amount, expiresAt: Date.now() + 60_000, ...more };
}

function settlementOf(accountId: string, jobId: string) {
  const ticket = makeTicket(node, { job: jobId });
  return makeSettlement(node, { ticket, receipt: null, jobId, accountId, keyId: KEY });
}

describe('of many calls at once', () => {
  test('as many are held for as the spend limit carries, and other keys as before', async () => {
    const { stub } = await openLimited({ total: 600 });
    const holds = Array.from({ length: 25 }, () => stub.hold(holdOf(100)));
    const answers = await Promise.all([...holds, stub.hold(holdOf(100, { keyId: 'key_2' }))]);
    expect(answers.map(({ ok }) => ok)).toEqual([...Array(6).fill(true), ...Array(19).fill(false), true]);
    expect(answers[10]).toMatchObject({ reason: 'spend-limit', of: 'total', left: 0, held: 600 });
  });

  test('as many begin as may within a minute, and run as may at once', async () => {
    const { stub } = await openLimited({ requests: 4, concurrent: 6 });
    const answers = await Promise.all(Array.from({ length: 8 }, () => stub.hold(holdOf(0))));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(4);
    expect(answers[7]).toMatchObject({ reason: 'rate-limit', of: 'requests', limit: 4 });
    const { stub: other } = await openLimited({ concurrent: 3 });
    const more = await Promise.all(Array.from({ length: 8 }, () => other.hold(holdOf(0))));
    expect(more.filter(({ ok }) => ok)).toHaveLength(3);
  });
});

test('an object that was evicted knows what its keys have spent and hold, and their limits', async () => {
  const { accountId, stub } = await openLimited({ total: 200, day: 1000 });
  const first = holdOf(100);
  await stub.hold(first);
  await stub.settle(settlementOf(accountId, first.jobId));
  await stub.hold(holdOf(60));
  await evictDurableObject(stub);
  const used = await stub.keyUsage(KEY);
  expect(used).toMatchObject({
    limits: { total: 200, day: 1000 },
    spent: { total: 50, day: 50 },
    held: 60,
    running: 1,
  });
  expect(used.left.spend.map(({ of, left }) => [of, left])).toEqual([
    ['total', 90],
    ['day', 890],
  ]);
  expect(await stub.hold(holdOf(91))).toMatchObject({ ok: false, of: 'total', left: 90 });
  expect((await stub.hold(holdOf(90))).ok).toBe(true);
});

test('several answers to one call are held for together or not at all, by every limit, and are one request', async () => {
  const limits = { total: 1000, requests: 2, tokens: 300, concurrent: 3 };
  const { stub } = await openLimited(limits);
  const call = (amount: number, tokens: number, count: number) => {
    const [first, ...others] = Array.from({ length: count }, () => holdOf(amount, { tokens, tells: true }));
    return stub.holdAll([first ?? holdOf(0), ...others]);
  };
  expect(await call(400, 1, 3)).toMatchObject({ ok: false, reason: 'spend-limit', of: 'total', left: 200 });
  expect(await call(1, 101, 3)).toMatchObject({ ok: false, reason: 'rate-limit', of: 'tokens', left: 98 });
  expect(await call(1, 1, 4)).toMatchObject({ ok: false, reason: 'too-many', of: 'key', limit: 3 });
  expect(await stub.keyUsage(KEY)).toMatchObject({
    held: 0,
    running: 0,
    left: { requests: { left: 2 }, tokens: { left: 300 } },
  });
  const held = await call(100, 100, 3);
  expect(held).toMatchObject({ ok: true, leaves: { requests: { left: 1 }, tokens: { left: 0 }, available: 99_700 } });
});

test('an object of before there were limits takes its held credit over', async () => {
  const { stub } = await openLimited({}, 1000);
  const { jobId } = holdOf(0);
  await runInDurableObject(stub, (_, { storage }) => {
    storage.sql.exec('ALTER TABLE held DROP COLUMN keys');
    const row = JSON.stringify([[jobId, 300, Date.now() + 60_000, Date.now() + 60_000, 0]]);
    storage.sql.exec('INSERT OR REPLACE INTO held VALUES (1, 0, ?, 0, 0)', row);
    for (const table of ['keyLimits', 'keySpending', 'alertSettings', 'toldAlerts', 'alerts', 'sentAlerts'])
      storage.sql.exec(`DROP TABLE ${table}`);
  });
  await evictDurableObject(stub);
  expect(await stub.usage()).toMatchObject({ balance: 1000, held: 300 });
  expect(await stub.keyUsage(KEY)).toMatchObject({ limits: null, held: 0, spent: { total: 0 } });
  expect((await stub.hold(holdOf(700))).ok).toBe(true);
});

describe('the operator', () => {
  async function openKey(body: object = {}) {
    const account = await openAccount();
    const { status, json } = await admin('POST', `/accounts/${account}/keys`, body);
    return { account, status, json, id: String(json['id']) };
  }

  test('limits a key as it is made, and otherwise later: lists show it, and it binds at once', async () => {
    const limits = { spend: { day_micro: 10, month_micro: null, total_micro: 100 }, max_job_micro: 5 };
    const { account, status, json, id } = await openKey({ name: 'limited', limits });
    const full = { ...limits, requests_per_minute: null, tokens_per_minute: null, concurrent: null };
    expect([status, json['limits']]).toEqual([201, full]);
    const stub = env.ACCOUNT.getByName(account);
    const hold = () => stub.hold(holdOf(6, { keyId: id }));
    expect(await hold()).toMatchObject({ ok: false, reason: 'spend-limit', of: 'job' });
    const listed = async () => (await admin('GET', `/accounts/${account}/keys`)).json['data'];
    expect(await listed()).toMatchObject([{ id, limits: full }]);
    expect((await admin('PATCH', `/keys/${id}`, { limits: { concurrent: 1 } })).json).toMatchObject({
      id,
      limits: { concurrent: 1, max_job_micro: null },
    });
    expect(await hold()).toMatchObject({ ok: false, reason: 'no-credit' });
    expect((await admin('PATCH', `/keys/${id}`, { limits: {}, defaults: { sort: 'cheapest' } })).json).toMatchObject({
      id,
      limits: null,
      defaults: { sort: 'cheapest' },
    });
    expect(await listed()).toMatchObject([{ limits: null, defaults: { sort: 'cheapest' } }]);
    expect((await stub.keyUsage(id)).limits).toBeNull();
  });

  test.each([
    [{ limits: { spend: { day_micro: -1 } } }, 'invalid_value', 'limits.spend.day_micro'],
    [{ limits: { requests_per_minute: 0 } }, 'invalid_value', 'limits.requests_per_minute'],
    [{ limits: { per_hour: 1 } }, 'unknown_parameter', 'limits.per_hour'],
    [{ limits: 5 }, 'invalid_value', 'limits'],
    [{}, 'invalid_value', null],
  ])('is told which field of %o is wrong', async (body, code, param) => {
    const { id } = await openKey();
    const { status, json } = await admin('PATCH', `/keys/${id}`, body);
    expect([status, json.error?.code, json.error?.param]).toEqual([400, code, param]);
    expect((await admin('PATCH', `/keys/key_none`, { limits: null })).status).toBe(404);
  });

  test('sets where an account is told of its limits: the secret is shown once, and anew where that is asked for', async () => {
    const account = await openAccount();
    const path = `/accounts/${account}/alerts`;
    expect((await admin('GET', path)).status).toBe(404);
    const url = 'https://example.com/hook';
    const first = (await admin('PUT', path, { url, low_balance_micro: 500 })).json;
    expect(first).toMatchObject({ url, low_balance_micro: 500, secret: expect.stringMatching(/^whsec_[\w+/]{43}=$/) });
    expect((await admin('PUT', path, { url })).json).toEqual({ url, low_balance_micro: null, secret: null });
    const again = (await admin('PUT', path, { url, new_secret: true })).json;
    expect(again['secret']).toMatch(/^whsec_/);
    expect(again['secret']).not.toBe(first['secret']);
    // An account without credit is told so at once, as far as anybody takes it.
    expect((await admin('GET', path)).json).toEqual({
      url,
      low_balance_micro: null,
      waiting: 1,
      sent: expect.any(Array),
    });
    expect((await admin('DELETE', path)).json).toEqual({ deleted: true });
    expect((await admin('GET', path)).status).toBe(404);
    expect((await admin('PUT', '/accounts/acct_none/alerts', { url })).status).toBe(404);
  });

  test.each(['http://example.com/', 'https://127.0.0.1/', 'https://[::1]/', 'nothing'])(
    'may not have %s told',
    async (url) => {
      const { status, json } = await admin('PUT', `/accounts/${await openAccount()}/alerts`, { url });
      expect([status, json.error?.code, json.error?.param]).toEqual([400, 'invalid_value', 'url']);
    },
  );
});
