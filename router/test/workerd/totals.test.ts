// Hours and months beside days, an account's jobs out of its flushes, and where its credit came from.
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { SettlementJson } from '../../../schema/settlement.ts';
import { buildExpireEntry, buildGrantEntry, buildSettleEntry } from '../../billing/build-entry.ts';
import { monthOf } from '../../billing/compute-periods.ts';
import { makeCreditHistory } from '../../billing/credit-history.ts';
import { makeDayTotals } from '../../billing/day-totals.ts';
import { makeJobList } from '../../billing/job-list.ts';
import { makeLedger } from '../../billing/ledger.ts';
import { checkProjections, rebuildProjections } from '../../billing/projection-check.ts';
import { makeProjections } from '../../billing/projections.ts';
import { makeRollUp } from '../../billing/roll-up.ts';
import { emptyBook, flushOf, NOW, partOf, withoutTriggers } from './make-flush.ts';
import { newId } from './make-settlement.ts';

const DAY_MS = 86_400_000;
const DAY = Math.floor(NOW / DAY_MS);
const HOUR = Math.floor(NOW / 3_600_000);
const MONTH = monthOf(DAY);
const ledger = makeLedger(env.DB);
const totals = makeDayTotals(env.DB);

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));
beforeEach(() => emptyBook(env.DB));

const rollUp = (now: number) => makeRollUp({ database: env.DB, files: null }).run(now);
const chat = (accountId: string, facts: Partial<SettlementJson> = {}): SettlementJson =>
  partOf(accountId, { kind: 'chat', endedAt: NOW, ...facts });
const asked = (accountId: string) => ({
  accountId,
  ownKeyId: null,
  groups: [] as const,
  fromDay: DAY - 400,
  toDay: DAY + 40,
  key: null,
  model: null,
  kind: null,
  after: null,
  limit: 100,
});

test('hours, days and months tell the same sums, before and after flushes are summed up, a late one and what came alone among them', async () => {
  const accountId = newId('acct');
  const late = flushOf([chat(accountId, { country: 'FR' })]);
  const read = async () => {
    const find = async (groups: ('hour' | 'day' | 'month' | 'key' | 'country')[], country: string | null = null) =>
      (await totals.find({ ...asked(accountId), groups, country })).rows;
    return Promise.all([find(['hour']), find(['day']), find(['month']), find(['key']), find(['hour'], 'FR')]);
  };
  await ledger.applyFlush(flushOf([chat(accountId), chat(accountId, { country: 'FR' })]));
  const sums = { jobs: 2, parts: 2, prompt_tokens: 20, output_tokens: 40, charged: 100 };
  const [hours, days, months, keys, french] = await read();
  expect(hours).toMatchObject([{ hour: HOUR, ...sums }]);
  expect(days).toMatchObject([{ day: DAY, ...sums }]);
  expect(months).toMatchObject([{ month: MONTH, ...sums }]);
  expect(keys).toMatchObject([{ key_id: 'key_test', ...sums }]);
  expect(french).toMatchObject([{ hour: HOUR, jobs: 1, charged: 50 }]);
  await rollUp(NOW + DAY_MS + 60_000);
  expect(await read()).toEqual([hours, days, months, keys, french]);
  for (let i = 0; i < 2; i++) await ledger.applyFlush(late);
  // A part that came alone is no job: nobody can tell it from one that was counted.
  await ledger.apply([buildSettleEntry(chat(accountId, { endedAt: NOW - DAY_MS }), null)]);
  await rollUp(NOW + 2 * DAY_MS + 60_000);
  const [byHour, byDay, byMonth] = await read();
  const sum = (rows: readonly { charged: number; parts: number }[] = []) =>
    rows.reduce((all, { charged, parts }) => ({ charged: all.charged + charged, parts: all.parts + parts }), {
      charged: 0,
      parts: 0,
    });
  expect(sum(byHour)).toEqual({ charged: 200, parts: 4 });
  expect([sum(byDay), sum(byMonth)]).toEqual([sum(byHour), sum(byHour)]);
});

test('they are made anew from the book, and hours go after 35 days', async () => {
  const accountId = newId('acct');
  await ledger.applyFlush(flushOf([chat(accountId), chat(accountId, { keyId: 'key_other' })]));
  await rollUp(NOW + DAY_MS + 60_000);
  const door = makeProjections(env.DB, null);
  expect((await checkProjections(door)).differing).toEqual([]);
  const read = () => totals.find({ ...asked(accountId), groups: ['hour', 'key'] });
  const whole = await read();
  await withoutTriggers(env.DB, () =>
    env.DB.batch(['DELETE FROM usage_hours', 'UPDATE usage_months SET jobs = 9'].map((text) => env.DB.prepare(text))),
  );
  expect((await rebuildProjections(door)).after.differing).toEqual([]);
  expect(await read()).toEqual(whole);
  await rollUp(NOW + 40 * DAY_MS);
  expect((await read()).rows).toEqual([]);
  expect((await checkProjections(door)).differing).toEqual([]);
  expect((await totals.find({ ...asked(accountId), groups: ['month'] })).rows).toMatchObject([{ jobs: 2 }]);
});

test('groups of any number are read page by page, the largest first, each once, however many are as large', async () => {
  const accountId = newId('acct');
  await env.DB.prepare(
    `WITH RECURSIVE m(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM m WHERE n < 1199)
     INSERT INTO usage_days (account_id, day, key_id, model, country, kind, jobs, parts, prompt_tokens, output_tokens, charged, energy_micro_wh, energy_parts)
     SELECT ?1, ?2, 'key_test', 'model-' || n, 'DE', 'chat', n % 7 + 1, 1, 1, 1, n / 100, 0, 0 FROM m`,
  )
    .bind(accountId, DAY)
    .run();
  const page = async (skip: number, limit: number) =>
    totals.page({ ...asked(accountId), fromDay: DAY, toDay: DAY, groups: ['model'], largest: 'charged', skip, limit });
  const pages = await Promise.all(Array.from({ length: 24 }, (_, at) => page(at * 50, 50)));
  expect(pages.map(({ hasMore }) => hasMore)).toEqual(pages.map((_, at) => at < 23));
  const rows = pages.flatMap((one) => one.rows);
  expect(new Set(rows.map(({ model }) => model)).size).toBe(1200);
  expect(rows).toEqual(rows.toSorted((a, b) => b.charged - a.charged || b.jobs - a.jobs));
  expect(rows[0]).toMatchObject({ charged: 11, jobs: 7 });
});

test('jobs come the newest first, page by page, of one key where only that may be seen', async () => {
  const [accountId, other] = [newId('acct'), newId('acct')];
  const jobs = Array.from({ length: 25 }, (_, i) =>
    chat(accountId, { endedAt: NOW + i, keyId: i % 5 === 0 ? 'key_own' : 'key_test' }),
  );
  for (let i = 0; i < 25; i += 2) await ledger.applyFlush(flushOf(jobs.slice(i, i + 2)));
  await ledger.applyFlush(flushOf([chat(other)]));
  const list = makeJobList(env.DB);
  const read = async (ownKeyId: string | null, limit: number, keyId: string | null = null) => {
    const found: string[] = [];
    for (let before: { seq: number; skip: number } | null = null, pages = 0; pages < 30; pages++) {
      const { data, next } = await list.list({ accountId, ownKeyId, keyId, before, limit });
      expect(data.length).toBeLessThanOrEqual(limit);
      found.push(...data.map(({ job }) => job));
      before = next;
      if (!next) break;
    }
    return found;
  };
  const newest = jobs.toReversed().map(({ jobId }) => jobId);
  expect(await read(null, 7)).toEqual(newest);
  expect(await read(null, 100)).toEqual(newest);
  expect(await read('key_own', 2)).toEqual(jobs.flatMap(({ jobId }, i) => (i % 5 === 0 ? [jobId] : [])).toReversed());
  const own = await read('key_own', 2);
  expect(await read(null, 2, 'key_own')).toEqual(own);
  expect([await read('key_own', 2, 'key_own'), await read('key_own', 2, 'key_test')]).toEqual([own, []]);
  const plan = await env.DB.prepare(
    'EXPLAIN QUERY PLAN SELECT seq FROM flushes WHERE account_id = ?1 AND seq <= ?2 AND packed IS NOT NULL ORDER BY seq DESC LIMIT 8',
  )
    .bind(accountId, 1)
    .all<{ detail: string }>();
  expect(plan.results.map(({ detail }) => detail).join()).toContain('flushes_account');
});

test('where credit came from, the newest first, and what ended', async () => {
  const accountId = newId('acct');
  const grant = (eventId: string, at: number, from: 'grants' | 'stripe') =>
    buildGrantEntry({
      eventId,
      accountId,
      amount: 500,
      memo: eventId,
      at,
      from,
      kind: from === 'stripe' ? 'bought' : 'granted',
    });
  await ledger.apply([grant('a', NOW, 'grants'), grant('b', NOW + 1, 'stripe')]);
  const lot = { kind: 'granted', left: 200, expiresAt: NOW + 2 } as const;
  await ledger.apply([buildExpireEntry({ id: `expire:${accountId}:1`, accountId, lot, at: NOW + 2 })]);
  const history = makeCreditHistory(env.DB);
  const first = await history.list(accountId, null, 2);
  expect(first.data).toMatchObject([
    { type: 'expired', amount: -200, kinds: { granted: -200 } },
    { type: 'bought', amount: 500, kinds: { bought: 500 } },
  ]);
  const second = await history.list(accountId, first.next, 2);
  expect(second).toMatchObject({ data: [{ type: 'grant', amount: 500, memo: 'a' }], next: null });
});
