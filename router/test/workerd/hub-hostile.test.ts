// Homes whose data or sockets break a step of their hub: no ask of a caller ends with it, and the homes beside them work on.
import { applyD1Migrations, evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { encodeData } from '../../../schema/frames.ts';
import type { OfferRefusal } from '../../../schema/offer.ts';
import { makeJobOffer } from '../make-job-offer.ts';
import { ask, joinHub, makeModel, openHub, readRecords, sleep, waitFor } from './join-hub.ts';
import type { HubStub } from './join-hub.ts';

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));

const CHUNK = 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n';

type Home = Awaited<ReturnType<typeof joinHub>>;

/** A good home that answers each job with one token, and a bad one beside it. */
async function openPair(bad: Parameters<typeof joinHub>[1] = {}) {
  const stub = openHub();
  const evil = await joinHub(stub, { owner: 'acct_evil', ...bad });
  const good = await joinHub(stub, { slots: 8 });
  await sleep(50);
  return { stub, evil, good };
}

async function runAt(stub: HubStub, home: Home): Promise<unknown[]> {
  const from = home.heard.length;
  const answering = ask(stub, makeJobOffer());
  const job = await home.nextJob(from);
  job.head();
  job.say('one ');
  job.end();
  return readRecords(await answering);
}

test('31 names with one CJK letter each: the home is served, and its hub remembers it after it slept', async () => {
  const models = Array.from({ length: 31 }, (_, i) => makeModel({ name: `囲${'x'.repeat(180)}${i}` }));
  const stub = openHub();
  const home = await joinHub(stub, { models, slots: 4 });
  for (let i = 0; i < 2; i++) {
    expect((await runAt(stub, home)).at(-1)).toMatchObject({ finish: 'stop' });
    await evictDurableObject(stub);
  }
  expect(home.heard.filter(({ name }) => name === 'error')).toEqual([]);
});

test('a state that holds too much is told of, and served as far as it fits', async () => {
  const stub = openHub();
  const many = Array.from({ length: 70 }, (_, i) => makeModel({ name: `${'囲'.repeat(60)}${i}` }));
  const home = await joinHub(stub, { models: [makeModel(), { ...makeModel(), digest: 'no' }, ...many], slots: 999 });
  const { json } = await waitFor(home.heard, 'error');
  expect(json).toMatchObject({
    code: 'too-many-models',
    message: expect.stringMatching(/^slots: 999 told, 64 used.*models\.1: digest/),
  });
  expect((await runAt(stub, home)).at(-1)).toMatchObject({ finish: 'stop' });
  expect((await stub.why(home.nodeId))?.online).toBe(true);
});

test('a home whose attachment cannot be written works on, and has to dial anew once its hub has slept', async () => {
  const stub = openHub();
  const home = await joinHub(stub, { slots: 8 });
  await runInDurableObject(stub, (_hub, state) => {
    for (const socket of state.getWebSockets()) {
      const write = socket.serializeAttachment.bind(socket);
      const value = (stored: { state: unknown }): void => {
        if (stored.state !== null) throw new RangeError('too large');
        write(stored);
      };
      Object.defineProperty(socket, 'serializeAttachment', { value });
    }
  });
  for (let i = 0; i < 2; i++) expect((await runAt(stub, home)).at(-1)).toMatchObject({ finish: 'stop' });
  await evictDurableObject(stub);
  const from = home.heard.length;
  expect(await stub.why(home.nodeId)).not.toBeNull();
  expect((await waitFor(home.heard, 'closed', from)).name).toBe('closed');
});

test('a home that breaks the making of its ticket is set aside: the next takes the job, and its owner reads why', async () => {
  const { stub, evil, good } = await openPair();
  // A digest is no digest any more, as after a bug that nobody thought of.
  await runInDurableObject(stub, (_hub, state) => {
    const [socket] = state.getWebSockets(evil.nodeId);
    const stored = socket?.deserializeAttachment() as { facts: object };
    socket?.serializeAttachment({ ...stored, facts: { ...stored.facts, address: 7 } });
  });
  await evictDurableObject(stub);
  for (let i = 0; i < 3; i++) expect((await runAt(stub, good))[0]).toMatchObject({ node: good.nodeId });
  expect(await stub.why(evil.nodeId)).toMatchObject({
    coolingReason: expect.stringContaining('could not use what it says of itself'),
  });
});

test.each([
  ['facts that are none', { facts: 7 }],
  ['no place', { place: null }],
  ['a state that is no JSON', { state: new Uint8Array([1, 2, 3]) }],
])('a hub wakes though one socket’s attachment holds %s', async (_, change) => {
  const { stub, evil, good } = await openPair();
  await runInDurableObject(stub, (_hub, state) => {
    const [socket] = state.getWebSockets(evil.nodeId);
    const stored = socket?.deserializeAttachment() as { facts: object };
    const facts = 'place' in change ? { facts: { ...stored.facts, ...change } } : change;
    socket?.serializeAttachment({ ...stored, ...facts });
  });
  await evictDurableObject(stub);
  expect((await runAt(stub, good))[0]).toMatchObject({ node: good.nodeId });
});

test('a record of a home that cannot be read keeps no hub from waking', async () => {
  const stub = openHub();
  const good = await joinHub(stub);
  await runAt(stub, good);
  await runInDurableObject(stub, (_hub, state) => {
    state.storage.sql.exec("INSERT OR REPLACE INTO history VALUES ('node_x', ?, 'not JSON')", Date.now());
  });
  await evictDurableObject(stub);
  const response = await ask(stub, makeJobOffer({ excludeNodeIds: [good.nodeId], digests: ['b'.repeat(64)] }));
  expect(await response.json<OfferRefusal>()).toMatchObject({ code: 'none' });
});

test('a dial that proves nothing writes nothing: no history, no standing, no alarm, and no home that is here is touched', async () => {
  const stub = openHub();
  const facts = { nodeId: 'node_of_another', address: `0x${'11'.repeat(20)}`, ownerAccountId: 'acct_x', wallet: null };
  const place = { lat: 48.9, lon: 2.4, country: 'FR' };
  const headers = { upgrade: 'websocket', 'x-irori-facts': JSON.stringify({ ...facts, place, pools: ['public'] }) };
  for (let i = 0; i < 3; i++) {
    const { webSocket } = await stub.fetch('https://hub/link', { headers });
    webSocket?.accept();
    webSocket?.send(new Uint8Array([33, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x7b, 0x7d]));
    await sleep(50);
    webSocket?.close(1000);
  }
  await sleep(100);
  expect(await stub.why('node_of_another')).toBeNull();
  await runInDurableObject(stub, async (_hub, state) => {
    expect(state.storage.sql.exec('SELECT * FROM history').toArray()).toEqual([]);
    expect([...state.storage.kv.list()]).toEqual([]);
    expect(await state.storage.getAlarm()).toBeNull();
  });
});

test('a home that tells 64 slots is given 32 jobs, and twice as many as run at once after that', async () => {
  const stub = openHub();
  const home = await joinHub(stub, { slots: 64 });
  const answers = Array.from({ length: 40 }, () => ask(stub, makeJobOffer()));
  await waitFor(home.heard, 'job');
  const busy = await Promise.all(answers.slice(32).map(async (answer) => (await answer).json<OfferRefusal>()));
  expect(busy.map(({ code, capacity }) => [code, capacity!.slots])).toEqual(Array(8).fill(['busy', 32]));
  const more = Array.from({ length: 12 }, () => ask(stub, makeJobOffer({ isForced: true, waitMs: 4000 })));
  const heard = (): number[] => home.heard.filter(({ name }) => name === 'job').map(({ job }) => job);
  for (let i = 0; i < 1000 && heard().length < 32; i++) await sleep(20);
  expect(heard()).toHaveLength(32);
  for (const job of heard()) {
    home.send('head', { promptTokens: null }, job);
    home.sendBytes(encodeData(job, { tokens: 1, events: new TextEncoder().encode(CHUNK) }));
  }
  // On a busy machine some of the first may have ended by then, so not all of the twelve need more than 32 slots.
  for (let i = 0; i < 2000 && heard().length <= 32; i++) await sleep(20);
  expect(heard().length).toBeGreaterThan(32);
  home.close();
  await Promise.all([...answers.slice(0, 32), ...more].map(async (answer) => (await answer).arrayBuffer()));
});
