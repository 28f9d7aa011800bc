// A hub that forgot a running job: what it makes of a socket whose attachment says that a job runs there.
import { applyD1Migrations, evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { toHex } from '../../../schema/bytes.ts';
import {
  decodeFrames,
  encodeJsonFrame,
  nameFrame,
  PING,
  PONG,
  PROTOCOL_VERSION,
  readJson,
} from '../../../schema/frames.ts';
import type { FrameName } from '../../../schema/frames.ts';
import { nodeIdOf } from '../../../schema/ids.ts';
import { NO_WISH } from '../../../schema/placement.ts';
import { makeMessageSigner, NODE_HELLO } from '../../../schema/receipt.ts';
import { addressOfPrivateKey, HANDSHAKE_DOMAIN, ZERO_WORD } from '../../../schema/typed-data.ts';
import type { JobOffer, OfferRefusal } from '../../relay/offer.ts';

const PLACE = { lat: 48.9, lon: 2.4, country: 'FR' };
let hubs = 0;

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));

interface Heard {
  readonly name: FrameName | 'pong';
  readonly job: number;
  readonly json: unknown;
}

/** A home at a hub of its own. */
async function joinHub() {
  const stub = env.HUB.getByName(`hub:weur:${hubs++}`);
  const key = crypto.getRandomValues(new Uint8Array(32));
  const address = addressOfPrivateKey(key);
  const facts = {
    nodeId: nodeIdOf(address),
    address,
    ownerAccountId: 'acct_owner',
    wallet: null,
    pools: ['public'],
    place: PLACE,
  };
  const headers = { upgrade: 'websocket', 'x-irori-facts': JSON.stringify(facts) };
  const { webSocket } = await stub.fetch('https://hub/link', { headers });
  if (!webSocket) throw new Error('no socket');
  const heard: Heard[] = [];
  const send = (name: FrameName, value: unknown, job = 0): void => webSocket.send(encodeJsonFrame(name, value, job));
  webSocket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') return void heard.push({ name: 'pong', job: 0, json: data });
    const frames = decodeFrames(data as ArrayBuffer);
    for (const frame of frames.ok ? frames.value : []) {
      const json = readJson(frame);
      heard.push({ name: nameFrame(frame.type) ?? 'error', job: frame.job, json: json.ok ? json.value : null });
    }
  });
  webSocket.binaryType = 'arraybuffer';
  webSocket.accept();
  const { nonce } = (await waitFor(heard, 'challenge')).json as { nonce: `0x${string}` };
  const hello = { nonce, node: address, protocol: PROTOCOL_VERSION };
  const signature = makeMessageSigner(HANDSHAKE_DOMAIN).sign(NODE_HELLO, hello, key);
  send('hello', { protocol: PROTOCOL_VERSION, address, signature, agent: 'test', platform: 'test' });
  await waitFor(heard, 'welcome');
  const speeds = { promptTokensPerS: 1000, decodeTokensPerS: 100 };
  const model = {
    name: 'm',
    digest: 'ab'.repeat(32),
    contextTokens: 1000,
    quantisation: 'none',
    resume: 'none',
    ...speeds,
  };
  send('state', { models: [model], slots: 1, paused: null });
  return { stub, heard, send, ping: () => webSocket.send(PING) };
}

async function waitFor(heard: readonly Heard[], name: Heard['name'], from = 0): Promise<Heard> {
  for (let i = 0; i < 400; i++) {
    const found = heard.slice(from).find((one) => one.name === name);
    if (found) return found;
    await new Promise((wake) => setTimeout(wake, 10));
  }
  throw new Error(`no ${name}; heard ${heard.map((one) => one.name).join(' ')}`);
}

function makeOffer(): JobOffer {
  const jobId = `job_${toHex(crypto.getRandomValues(new Uint8Array(16))).slice(2)}`;
  return {
    jobId,
    part: 0,
    attempt: 1,
    accountId: 'acct_owner',
    keyId: 'key_1',
    model: 'm',
    digests: null,
    preferNodeId: null,
    excludeNodeIds: [],
    place: PLACE,
    wish: NO_WISH,
    size: { promptTokens: 20, outputTokens: 10 },
    edgeRttMs: 10,
    asks: 1,
    isForced: false,
    prefixes: [],
    isResumable: false,
    interrupted: 0,
    resume: null,
    request: {
      messages: [{ role: 'user', content: 'hello' }],
      maxTokens: 10,
      temperature: 1,
      topP: 1,
      stop: [],
      seed: 1,
      frequencyPenalty: 0,
      presencePenalty: 0,
    },
    requestHash: ZERO_WORD,
    salt: ZERO_WORD,
    chunk: { id: 'chatcmpl-1', created: 1, model: 'm' },
    stream: true,
    chargePrompt: true,
    priceIn: 0,
    priceOut: 0,
    promptBound: 20,
    promptExact: null,
    tokenizer: null,
    minBytesPerToken: 1,
    firstTokenMs: 10_000,
    expiresAt: Date.now() + 600_000,
  };
}

/** Loses the hub's memory as an eviction in the middle of a job would: its socket's attachment says that one runs. */
async function forgetRunningJob(stub: Awaited<ReturnType<typeof joinHub>>['stub']): Promise<void> {
  await runInDurableObject(stub, (_hub, state) => {
    for (const socket of state.getWebSockets()) {
      const attachment = socket.deserializeAttachment() as object;
      socket.serializeAttachment({ ...attachment, isBusy: true });
    }
  });
  await evictDurableObject(stub);
}

function offer(stub: Awaited<ReturnType<typeof joinHub>>['stub']): Promise<Response> {
  return stub.fetch('https://hub/job', { method: 'POST', body: JSON.stringify(makeOffer()) });
}

test('a ping is answered without waking the hub: nobody asks the home anything', async () => {
  const { stub, heard, ping } = await joinHub();
  await forgetRunningJob(stub);
  const from = heard.length;
  for (let i = 0; i < 3; i++) ping();
  expect((await waitFor(heard, 'pong', from)).json).toBe(PONG);
  await new Promise((wake) => setTimeout(wake, 300));
  expect(heard.slice(from).map(({ name }) => name)).toEqual(['pong', 'pong', 'pong']);
});

test('a home is asked what it runs before it gets a job, and what the hub does not know is cancelled', async () => {
  const { stub, heard, send } = await joinHub();
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
  const { stub, heard } = await joinHub();
  await forgetRunningJob(stub);
  const from = heard.length;
  const response = await offer(stub);
  expect(response.status).toBe(409);
  expect(await response.json<OfferRefusal>()).toMatchObject({ code: 'none', nodeId: null });
  expect(heard.slice(from).map(({ name }) => name)).toEqual(['sync']);
});

test('frames of a job from before are no frames of a new one', async () => {
  const { stub, heard, send } = await joinHub();
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
  const { stub, heard, send } = await joinHub();
  await evictDurableObject(stub);
  const from = heard.length;
  const answering = offer(stub);
  const { job } = await waitFor(heard, 'job', from);
  expect(heard.slice(from).map(({ name }) => name)).not.toContain('sync');
  send('refuse', { code: 'busy', message: 'no' }, job);
  expect(await (await answering).json<OfferRefusal>()).toMatchObject({ code: 'busy' });
});
