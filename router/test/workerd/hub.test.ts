// A hub that slept: what it makes of a socket whose attachment says that a job runs there, what it knows still of its homes, which stayed, left or were lost
// meanwhile, and whom it takes for silent.
import { applyD1Migrations, evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { PONG } from '../../../schema/frames.ts';
import { PRESENCE_REFRESH_MS } from '../../../schema/presence.ts';
import { ZERO_WORD } from '../../../schema/typed-data.ts';
import type { OfferRefusal } from '../../../schema/offer.ts';
import { guessRttMs } from '../../placement/learn-rtt.ts';
import { makeJobOffer } from '../make-job-offer.ts';
import { ask, joinHub, openHub, readRecords, sleep, waitFor } from './join-hub.ts';
import type { HubStub } from './join-hub.ts';

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));
afterEach(() => void vi.useRealTimers());

/** A home at a hub of its own. */
async function joinOwn() {
  const stub = openHub();
  return { stub, ...(await joinHub(stub)) };
}

/** Loses the hub's memory as an eviction in the middle of a job would: its socket's attachment says that one runs. */
async function forgetRunningJob(stub: HubStub): Promise<void> {
  await runInDurableObject(stub, (_hub, state) => {
    for (const socket of state.getWebSockets()) {
      const attachment = socket.deserializeAttachment() as object;
      socket.serializeAttachment({ ...attachment, isBusy: true });
    }
  });
  await evictDurableObject(stub);
}

const offer = (stub: HubStub): Promise<Response> => ask(stub, makeJobOffer());

test('a ping is answered without waking the hub: nobody asks the home anything', async () => {
  const { stub, heard, ping } = await joinOwn();
  await forgetRunningJob(stub);
  const from = heard.length;
  for (let i = 0; i < 3; i++) ping();
  expect((await waitFor(heard, 'pong', from)).json).toBe(PONG);
  await new Promise((wake) => setTimeout(wake, 300));
  expect(heard.slice(from).map(({ name }) => name)).toEqual(['pong', 'pong', 'pong']);
});

test('a home is asked what it runs before it gets a job, and what the hub does not know is cancelled', async () => {
  const { stub, heard, send } = await joinOwn();
  await forgetRunningJob(stub);
  const from = heard.length;
  const answering = offer(stub);
  await waitFor(heard, 'sync', from);
  expect(heard.slice(from).map(({ name }) => name)).toEqual(['sync']);
  send('running', { jobs: [{ job: 77, ticketHash: ZERO_WORD }] });
  const cancel = await waitFor(heard, 'cancel', from);
  expect(cancel).toEqual({ name: 'cancel', job: 77, json: { reason: 'unknown-job' } });
  const job = await waitFor(heard, 'job', from);
  send('refuse', { code: 'busy', message: 'enough' }, job.job);
  expect(await (await answering).json<OfferRefusal>()).toMatchObject({ code: 'busy' });
});

test('a home that does not say what it runs gets no job', async () => {
  const { stub, heard } = await joinOwn();
  await forgetRunningJob(stub);
  const from = heard.length;
  const response = await offer(stub);
  expect(response.status).toBe(409);
  expect(await response.json<OfferRefusal>()).toMatchObject({ code: 'none', nodeId: null });
  expect(heard.slice(from).map(({ name }) => name)).toEqual(['sync']);
});

test('frames of a job from before are no frames of a new one', async () => {
  const { stub, heard, send } = await joinOwn();
  const first = offer(stub);
  const { job: before } = await waitFor(heard, 'job');
  send('refuse', { code: 'busy', message: 'no' }, before);
  await (await first).text();
  await forgetRunningJob(stub);
  const from = heard.length;
  const second = offer(stub);
  await waitFor(heard, 'sync', from);
  send('running', { jobs: [] });
  const { job: after } = await waitFor(heard, 'job', from);
  expect(after).not.toBe(before);
  send('head', { promptTokens: null }, before);
  send('refuse', { code: 'paused', message: 'not now' }, after);
  expect(await (await second).json<OfferRefusal>()).toMatchObject({ code: 'refused' });
});

test('an idle hub asks nothing when it wakes', async () => {
  const { stub, heard, send } = await joinOwn();
  await evictDurableObject(stub);
  const from = heard.length;
  const answering = offer(stub);
  const { job } = await waitFor(heard, 'job', from);
  expect(heard.slice(from).map(({ name }) => name)).not.toContain('sync');
  send('refuse', { code: 'busy', message: 'no' }, job);
  expect(await (await answering).json<OfferRefusal>()).toMatchObject({ code: 'busy' });
});

// Minutes are counted by the clock, so what the hub kept is moved back.
test.each([
  ['kept its socket was there all the time', 'kept', ['quiet']],
  ['hangs up as its hub sleeps was there until then', 'hung-up', ['quiet']],
  ['lost its socket with its hub is not known of since', 'lost', ['quiet', 'unseen']],
] as const)('what a hub tells, once it wakes, of the last hour of a home: one that %s', async (_, fate, reasons) => {
  const stub = openHub();
  const home = await joinHub(stub);
  await sleep(50);
  const nodeId = fate === 'lost' ? `node_${'0'.repeat(32)}` : home.nodeId;
  await runInDurableObject(stub, async (__, { storage }) => {
    const now = Date.now();
    const nodes = [[nodeId, { c: [[now - 7_200_000, 1, null, null, null]], j: [], a: [] }]];
    storage.kv.put('idle', JSON.stringify({ v: 1, at: now - 1_800_000, nodes }));
    // The last report was later than the last save.
    await storage.setAlarm(now + PRESENCE_REFRESH_MS - 1_200_000);
  });
  await evictDurableObject(stub);
  if (fate === 'hung-up') home.close();
  await sleep(50);
  const why = await stub.why(nodeId);
  expect(why?.online).toBe(fate === 'kept');
  // Who looks for homes is told of it at once, not when the next one asks.
  const isTold = (): Promise<boolean> =>
    runInDurableObject(stub, (__, { storage }) => JSON.stringify(storage.kv.get('presence')).includes(home.nodeId));
  await expect.poll(isTold).toBe(fate !== 'hung-up');
  const spans = why?.lastHour.spans ?? [];
  expect(spans.map(({ reason }) => reason)).toEqual(reasons);
  const unseen = spans.filter(({ reason }) => reason === 'unseen').map(({ from, to }) => (to - from) / 60_000);
  // 20 minutes, and the one in which they begin.
  expect(unseen.filter((minutes) => minutes !== 20 && minutes !== 21)).toEqual([]);
});

test('the way to each home that has come is known to a hub that slept since', async () => {
  const stub = openHub();
  const homes = [await joinHub(stub), await joinHub(stub), await joinHub(stub)];
  const read = async () => Promise.all(homes.map(async ({ nodeId }) => (await stub.why(nodeId))?.guessed['m']?.rttMs));
  const before = await read();
  await evictDurableObject(stub);
  expect(await read()).toEqual(before);
  // Nothing of it is the guess that stands before any measurement.
  expect(before).not.toContain(guessRttMs(50));
});

test('a home that says nothing is not asked after two and a half minutes; one that speaks, if only a state, is, whether it pings or not', async () => {
  const startedAt = Date.now();
  const { stub, nodeId, tell, nextJob } = await joinOwn();
  vi.useFakeTimers({ toFake: ['Date'], now: startedAt + 120_000 });
  tell();
  await sleep(100);
  vi.setSystemTime(startedAt + 240_000);
  const answering = offer(stub);
  const job = await nextJob();
  job.head();
  job.say('one ');
  job.end();
  expect((await readRecords(await answering))[0]).toMatchObject({ node: nodeId });
  vi.setSystemTime(startedAt + 480_000);
  expect(await (await offer(stub)).json<OfferRefusal>()).toMatchObject({ code: 'none' });
});
