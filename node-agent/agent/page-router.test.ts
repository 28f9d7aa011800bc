import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ok } from '../../schema/result.ts';
import { addressOfPrivateKey } from '../../schema/typed-data.ts';
import { PageRouter } from './page-router.ts';

const privateKey = new Uint8Array(randomBytes(32));
const key = { privateKey, address: addressOfPrivateKey(privateKey) };
let server: Server;
let asked: string[];
let answers: Record<string, unknown>;
let now: number;
let router: PageRouter;

beforeEach(async () => {
  asked = [];
  answers = {};
  now = Date.now();
  server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    asked.push(request.url ?? '');
    const answer = answers[request.url ?? ''] ?? answers[path];
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? { error: { message: 'No such path.' } }));
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  router = new PageRouter({ router: origin, key, now: () => now });
});
afterEach(() => new Promise((done) => void server.close(done)));

test('an open page costs the router one question in a while, and whoever asks meanwhile shares the answer', async () => {
  answers['/node/v1/forecast'] = { models: [], enough_data: false };
  await Promise.all([router.forecast(), router.forecast()]);
  now += 599_000;
  expect(await router.forecast()).toEqual(ok({ isEnough: false, models: [] }));
  expect(asked).toHaveLength(1);
  now += 2000;
  await router.forecast();
  expect(asked).toHaveLength(2);
});

test('what could not be had is told in a sentence, and asked for again soon', async () => {
  expect(await router.forecast()).toMatchObject({ ok: false, error: expect.stringContaining('older than this agent') });
  answers['/node/v1/forecast'] = { models: 'none' };
  now += 11_000;
  expect(await router.forecast()).toMatchObject({ ok: false, error: expect.stringContaining('does not answer like') });
  expect(asked).toHaveLength(2);
});

test('models of which too little was settled are in no forecast', async () => {
  const model = { name: 'a', days: 3 };
  answers['/node/v1/forecast'] = {
    models: [
      { ...model, low_micro_day: null, high_micro_day: null },
      { ...model, name: 'b', low_micro_day: 1, high_micro_day: 2 },
    ],
    enough_data: true,
  };
  const told = [{ name: 'b', lowMicroDay: 1, highMicroDay: 2, days: 3 }];
  expect(await router.forecast()).toEqual(ok({ isEnough: true, models: told }));
});

test('a model that the catalogue does not have is told without a name there, and a price is a price', async () => {
  const model = { in_catalogue: true, id: 'big', price_in: 3, price_out: 6, calls_per_hour: 12 };
  answers['/node/v1/demand'] = {
    models: [
      { ...model, name: 'a' },
      { name: 'b', in_catalogue: false, id: null },
    ],
  };
  const told = await router.demand([
    { name: 'a', digest: 'ab'.repeat(32) },
    { name: 'b', digest: null },
  ]);
  expect(told.ok && [...told.value]).toEqual([
    ['a', { id: 'big', priceIn: 3, priceOut: 6, callsPerHour: 12 }],
    ['b', { id: null, priceIn: null, priceOut: null, callsPerHour: null }],
  ]);
  expect(asked[0]).toBe(`/node/v1/demand?model=a&digest=${'ab'.repeat(32)}&model=b&digest=`);
});

test('homes are told by the words that everybody uses, times in ISO, and this one is known', async () => {
  const home = { id: 'node_1', online: true, since: 1000, last_seen: 2000, state: 'idle', reason: null };
  const away = { id: 'node_2', online: false, since: null, last_seen: null, state: 'paused', reason: 'battery' };
  const failed = { ...home, id: 'node_3', state: 'cooling', reason: 'jobs failed here' };
  answers['/v1/owner/nodes'] = { data: [{ ...home, models: [{ name: 'a' }] }, away, failed] };
  const told = await router.homes('node_1');
  expect(told.ok && told.value).toMatchObject([
    { id: 'node_1', isThis: true, word: 'idle', sinceAt: '1970-01-01T00:00:01.000Z', models: ['a'] },
    { id: 'node_3', word: 'cooling' },
    { id: 'node_2', isThis: false, word: 'battery', sinceAt: null, models: [] },
  ]);
});

test('all pages of homes are read, this one and those that are there come first, and one that cools down says why', async () => {
  const home = { since: null, last_seen: null, models: [], reason: null };
  const cooling = { state: 'cooling', reason: 'three jobs broke off', earned_days_micro: [0, 5] };
  answers['/v1/owner/nodes?by=day'] = {
    data: [
      { ...home, id: 'node_1', name: 'attic', online: false, state: 'offline' },
      { ...home, id: 'node_2', name: 'barn', online: true, ...cooling },
    ],
    next: 'node_2',
  };
  const last = { ...home, id: 'node_3', online: true, state: 'idle' };
  answers['/v1/owner/nodes?by=day&after=node_2'] = { data: [last], next: null };
  const told = await router.homes('node_3');
  expect(told.ok && told.value).toMatchObject([
    { id: 'node_3', isThis: true },
    { id: 'node_2', word: 'cooling', detail: 'three jobs broke off', earnedDaysMicro: [0, 5] },
    { id: 'node_1', word: 'offline', detail: null, earnedDaysMicro: null },
  ]);
  expect(asked).toEqual(['/v1/owner/nodes?by=day', '/v1/owner/nodes?by=day&after=node_2']);
});

test('a file has every job that the router lists, where the page has the newest', async () => {
  const sums = {
    earned_micro: 0,
    pending_micro: 0,
    held_back_micro: 0,
    payable_micro: 0,
    credited_micro: 0,
    claimed_micro: 0,
  };
  const machine = {
    machine: 'node_1',
    receipts: 0,
    ...sums,
    held_back_why: null,
    pending_until: 0,
    payable_since: null,
    epoch: null,
  };
  answers['/node/v1/earnings'] = {
    machines: [{ ...machine, waiting_receipts: 0, waiting_micro: 0 }],
    data: [],
    next: '1',
  };
  for (const before of [1, 2, 3])
    answers[`/node/v1/earnings?by=job&before=${before}`] = { data: [], next: before === 3 ? null : String(before + 1) };
  const [shown, saved] = [await router.earnings(30), await router.earningsWhole(30)];
  expect([shown.ok && shown.value.isWhole, saved.ok && saved.value.isWhole]).toEqual([false, true]);
});

test('a time that is none is told as no answer, and breaks no page', async () => {
  answers['/v1/owner/nodes'] = { data: [{ id: 'node_1', online: true, since: 1e300, last_seen: null, models: [] }] };
  expect(await router.homes('node_1')).toMatchObject({ ok: false, error: expect.stringContaining('does not answer') });
});

test('a receipt that is not there is told as such, and one that is comes as a document', async () => {
  expect(await router.receipt('job_1')).toMatchObject({ ok: false, error: expect.stringContaining('no receipt') });
  answers['/v1/receipts/job_1'] = { object: 'list', data: [] };
  expect(await router.receipt('job_1')).toEqual(ok(JSON.stringify({ object: 'list', data: [] }, null, 2)));
});
