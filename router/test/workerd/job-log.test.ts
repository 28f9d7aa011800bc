// What statistics read from the book: bounded, by window, without the names of owners' own models.
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { Decision } from '../../../schema/placement.ts';
import { buildSettleEntry } from '../../billing/build-entry.ts';
import { makeJobLog, MAX_PARTS, OWN_MODELS } from '../../billing/job-log.ts';
import { makeLedger } from '../../billing/ledger.ts';
import { withoutTriggers } from './make-flush.ts';
import { makeNode, makeSettlement, makeTicket, newId } from './make-settlement.ts';

const node = makeNode('job-log-test');
const ledger = makeLedger(env.DB);
const NOW = 1_800_000_000_000;
const DECISION: Decision = {
  mode: 'closest',
  reason: 'closest that keeps the promise',
  candidates: 2,
  keeping: 1,
  asks: 1,
  isForced: false,
  km: 12.5,
  ttftMs: 130,
  rttMs: 30,
  edgeRttMs: 20,
  waitMs: 0,
  loadMs: 0,
  promptMs: 90,
  decodeMs: 10,
  tokensPerS: 50,
  active: 0,
  promptTokens: 10,
  outputTokens: 20,
  cachedTokens: 0,
  failureShare: 0,
};

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));
beforeEach(() => withoutTriggers(env.DB, () => env.DB.exec('DELETE FROM flushes')));

function makeEntry(some: object = {}) {
  const jobId = newId('job');
  const ticket = makeTicket(node, { job: jobId });
  const facts = { ticket, receipt: null, jobId, accountId: newId('acct'), endedAt: NOW - 1000, ttftMs: 100 };
  return buildSettleEntry(makeSettlement(node, { ...facts, ...some }), null);
}

const openLog = (models: readonly string[] = ['public']) =>
  makeJobLog({ db: env.DB, publicModels: async () => new Set(models) });

test('an empty book gives no figures', async () => {
  const stats = await openLog().summarise(3_600_000, NOW);
  expect(stats).toMatchObject({ fromAt: NOW - 3_600_000, toAt: NOW, isCut: false, models: {}, modes: {} });
  expect(stats.all.jobs).toBe(0);
});

test('decisions are compared with what came; parts outside of the window are not', async () => {
  await ledger.apply([
    makeEntry({ model: 'public', decision: DECISION }),
    makeEntry({ model: 'public', decision: DECISION, ttftMs: null, outcome: 'failed-before-token' }),
    makeEntry({ model: 'public', attempts: 3, resumed: 'exact' }),
    makeEntry({ model: 'public', decision: DECISION, endedAt: NOW - 3_600_000 }),
  ]);
  const { all, models, modes } = await openLog().summarise(3_600_000, NOW);
  expect(all).toMatchObject({ jobs: 3, resumed: 1, distance_km_mean: 12.5 });
  expect(all.prediction_error).toEqual({ p50: 0.1, p90: 0.1, compared: 1 });
  expect(all.outcomes['failed-before-token']).toBe(1);
  expect(Object.keys(models)).toEqual(['public']);
  expect(modes['closest']?.parts).toBe(2);
});

test("names of owners' own models are not told", async () => {
  await ledger.apply([makeEntry({ model: 'secret-project' }), makeEntry({ model: 'public' })]);
  const stats = await openLog().summarise(300_000, NOW);
  expect(Object.keys(stats.models).toSorted()).toEqual([OWN_MODELS, 'public']);
  expect(JSON.stringify(stats)).not.toContain('secret');
});

test('a busy window tells of its newest parts, and from when on', async () => {
  for (let at = 0; at < 5; at++) {
    const insert = env.DB.prepare(
      `INSERT INTO flushes (seq, account_id, at, postings, homes, parts)
       WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
       SELECT ?2, 'a', ?1, '{}', '{}', json_object('w', json('["public","complete"]'),
         'p', json_group_array(json_array(printf('%032x', ?2 * 1000 + i), 0, 0, 1, i, 1, 5, 0))) FROM n`,
    );
    await insert.bind(NOW - 1000 * (4 - at), at + 1).run();
  }
  const stats = await openLog().summarise(300_000, NOW);
  expect(stats).toMatchObject({ isCut: true, fromAt: NOW - MAX_PARTS + 1 });
  expect(stats.all.parts).toBe(MAX_PARTS);
  const plan = await env.DB.prepare(
    'EXPLAIN QUERY PLAN SELECT at FROM flushes WHERE seq > coalesce((SELECT seq FROM flushes WHERE at <= 5 ORDER BY seq DESC LIMIT 1), 0) ORDER BY seq DESC',
  ).all<{ detail: string }>();
  expect(plan.results[0]?.detail).toContain('INTEGER PRIMARY KEY');
  expect(plan.results.map(({ detail }) => detail).join()).not.toContain('TEMP B-TREE');
});

test('figures are kept for ten seconds a window, a failure is not kept', async () => {
  let reads = 0;
  const log = makeJobLog({
    db: env.DB,
    publicModels: async () => {
      reads += 1;
      if (reads === 1) throw new Error('D1 is away');
      return new Set(['public']);
    },
  });
  await expect(log.summarise(300_000, NOW)).rejects.toThrow('D1 is away');
  const first = await log.summarise(300_000, NOW);
  await ledger.apply([makeEntry({ model: 'public' })]);
  expect(await log.summarise(300_000, NOW + 9999)).toBe(first);
  expect((await log.summarise(3_600_000, NOW)).all.jobs).toBe(1);
  expect((await log.summarise(300_000, NOW + 10_000)).all.jobs).toBe(1);
});
