// Homes that dial a hub in workerd, as far as a hub can tell: they prove who they are, tell their state and answer jobs as the test says.
import { applyD1Migrations } from 'cloudflare:test';
import { sha256 } from '@noble/hashes/sha2.js';
import { env } from 'cloudflare:workers';
import { concatBytes, fromHex, toHex } from '../../../schema/bytes.ts';
import { makeChunkWriter } from '../../../schema/chunks.ts';
import {
  decodeFrames,
  encodeData,
  encodeFrame,
  encodeJsonFrame,
  nameFrame,
  PING,
  PROTOCOL_VERSION,
  readJson,
} from '../../../schema/frames.ts';
import type { FrameName } from '../../../schema/frames.ts';
import type { NodeModel, NodeState } from '../../../schema/frames-to-hub.ts';
import { jobSchema } from '../../../schema/frames-to-node.ts';
import { nodeIdOf } from '../../../schema/ids.ts';
import type { Place } from '../../../schema/places.ts';
import { encodeReceiptsFrame } from '../../../schema/seal.ts';
import { makeMessageSigner, NODE_HELLO } from '../../../schema/receipt.ts';
import type { UsageReceipt } from '../../../schema/receipt.ts';
import { addressOfPrivateKey, HANDSHAKE_DOMAIN } from '../../../schema/typed-data.ts';
import { HEAD_HEADER } from '../../../schema/offer.ts';
import type { JobOffer } from '../../../schema/offer.ts';
import { readFacts } from '../../relay/read-said.ts';
import { toWork } from '../seal-chain.ts';
import { makeReceipt, sealReceipts } from './make-settlement.ts';

/** Where the homes of these tests have dialled. */
export const ORIGIN = 'https://irori.test';
const PARIS: Place = { lat: 48.9, lon: 2.4, country: 'FR' };
let hubs = 0;

export type HubStub = ReturnType<typeof openHub>;

/** What a home heard, in order. */
export interface Heard {
  readonly name: FrameName | 'pong' | 'closed';
  readonly job: number;
  readonly json: unknown;
}

/** A hub of its own for each test, in an area of its own: hubs of one area share its homes out. */
export function openHub() {
  hubs += 1;
  return env.HUB.getByName(`hub:test-${hubs}:0`);
}

/** A catalogue model (digest 64 times `a`) at 1,000 prompt tokens and 100 output tokens a second. */
export function makeModel(facts: Partial<NodeModel> = {}): NodeModel {
  const speeds = { promptTokensPerS: 1000, decodeTokensPerS: 100 };
  return {
    name: 'm',
    digest: 'a'.repeat(64),
    contextTokens: 1000,
    quantisation: 'q8',
    resume: 'none',
    ...speeds,
    ...facts,
  };
}

/** A home at this hub, ready for jobs once this returns. */
export async function joinHub(
  stub: HubStub,
  home: Partial<NodeState> & { owner?: string; place?: Place; key?: Uint8Array } = {},
) {
  const { key = crypto.getRandomValues(new Uint8Array(32)) } = home;
  await bookNode(key, home.owner);
  const joined = await dialHub(stub, { ...home, key });
  await waitFor(joined.heard, 'welcome');
  joined.tell();
  return joined;
}

/** The books know this node from now on, as one that answers for everyone. */
export async function bookNode(key: Uint8Array, owner = 'acct_owner'): Promise<string> {
  const address = addressOfPrivateKey(key);
  const nodeId = nodeIdOf(address);
  await applyD1Migrations(env.DB, env.MIGRATIONS);
  const account = env.DB.prepare('INSERT OR IGNORE INTO accounts (id, name, created_at) VALUES (?, ?, 1)');
  const node = env.DB.prepare('INSERT OR IGNORE INTO nodes (id, address, account_id, created_at) VALUES (?, ?, ?, 1)');
  await env.DB.batch([account.bind(owner, owner), node.bind(nodeId, address, owner)]);
  return nodeId;
}

interface OddHello {
  /** What it signs and says otherwise; and what it says otherwise than it signed. */
  readonly said: object;
  readonly shown: object;
}

/** A home that has answered the challenge; what the hub made of that it hears. */
export async function dialHub(
  stub: HubStub,
  home: Partial<NodeState> & { owner?: string; place?: Place; key?: Uint8Array } & Partial<OddHello> = {},
) {
  const {
    owner = 'acct_owner',
    place = PARIS,
    key = crypto.getRandomValues(new Uint8Array(32)),
    said = {},
    shown = {},
    ...state
  } = home;
  const address = addressOfPrivateKey(key);
  const nodeId = nodeIdOf(address);
  const facts = { nodeId, address, ownerAccountId: owner, place, origins: [ORIGIN] };
  const headers = { upgrade: 'websocket', 'x-irori-facts': JSON.stringify(facts) };
  const { webSocket } = await stub.fetch('https://hub/link', { headers });
  if (!webSocket) throw new Error('no socket');
  const heard: Heard[] = [];
  const sendBytes = (bytes: Uint8Array): void => webSocket.send(bytes);
  const send = (name: FrameName, value: unknown, job = 0): void => sendBytes(encodeJsonFrame(name, value, job));
  webSocket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') return void heard.push({ name: 'pong', job: 0, json: data });
    const frames = decodeFrames(data as ArrayBuffer);
    for (const frame of frames.ok ? frames.value : []) {
      const json = readJson(frame);
      heard.push({ name: nameFrame(frame.type) ?? 'error', job: frame.job, json: json.ok ? json.value : null });
    }
  });
  webSocket.addEventListener('close', () => void heard.push({ name: 'closed', job: 0, json: null }));
  webSocket.binaryType = 'arraybuffer';
  webSocket.accept();
  const { nonce } = (await waitFor(heard, 'challenge')).json as { nonce: `0x${string}` };
  const hello = { nonce, node: address, protocol: PROTOCOL_VERSION, origin: ORIGIN, ...said };
  const signature = makeMessageSigner(HANDSHAKE_DOMAIN).sign(NODE_HELLO, hello, key);
  send('hello', { ...hello, ...shown, address, signature, agent: 'test', platform: 'test' });
  const tell = (change: Partial<NodeState> = {}): void =>
    send('state', { models: [makeModel()], slots: 1, paused: null, ...state, ...change });
  return {
    nodeId,
    key,
    heard,
    send,
    sendBytes,
    tell,
    ping: () => webSocket.send(PING),
    close: () => webSocket.close(1000),
    /** The next job that comes from now on, and what the home can say of it. */
    nextJob: async (from = 0) => openJob(await waitFor(heard, 'job', from), { key, address, nodeId, send, sendBytes }),
  };
}

interface Speaker {
  readonly key: Uint8Array;
  readonly address: `0x${string}`;
  readonly nodeId: string;
  readonly send: (name: FrameName, value: unknown, job?: number) => void;
  readonly sendBytes: (bytes: Uint8Array) => void;
}

function openJob({ job, json }: Heard, { key, address, nodeId, send, sendBytes }: Speaker) {
  const frame = jobSchema.parse(json);
  const writer = makeChunkWriter(frame.chunk, true);
  let tokens = 0;
  const hash = sha256.create().update(fromHex(frame.ticket.salt));
  const say = (text: string, count = 1): void => {
    tokens += count;
    const events = new TextEncoder().encode(writer.content(text));
    hash.update(events);
    sendBytes(encodeData(job, { tokens: count, events }));
  };
  const makeEnd = (change: Partial<UsageReceipt> = {}): { word: Uint8Array; receipts: Uint8Array } => {
    const responseHash = toHex(hash.clone().digest());
    const counts = { promptTokens: 5, outputTokens: tokens };
    const receipt = { ...makeReceipt(frame.ticket, counts), responseHash, ...change };
    const signed = sealReceipts({ key, address, id: nodeId }, [receipt]);
    const word = encodeJsonFrame('end', { work: toWork(receipt) }, job);
    return { word, receipts: encodeFrame('receipts', { payload: encodeReceiptsFrame({ ...signed, jobs: [job] }) }) };
  };
  /** Its last word, and when its receipt comes; a test may withhold that. */
  const endBare = (change: Partial<UsageReceipt> = {}): (() => void) => {
    const { word, receipts } = makeEnd(change);
    sendBytes(word);
    return () => sendBytes(receipts);
  };
  /** Both in one message. */
  const end = (): void => {
    const { word, receipts } = makeEnd();
    sendBytes(concatBytes([word, receipts]));
  };
  return {
    job,
    frame,
    head: () => send('head', { promptTokens: null }, job),
    say,
    end,
    endBare,
    send: send.bind(null),
  };
}

/** The first frame of a name from place `from` on; waits half a minute for it, which only a broken hub takes. */
export async function waitFor(heard: readonly Heard[], name: Heard['name'], from = 0): Promise<Heard> {
  for (let i = 0; i < 3000; i++) {
    const found = heard.slice(from).find((one) => one.name === name);
    if (found) return found;
    await sleep(10);
  }
  throw new Error(`no ${name}; heard ${heard.map((one) => one.name).join(' ')}`);
}

export function sleep(ms: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, ms));
}

export async function ask(stub: HubStub, offer: JobOffer): Promise<Response> {
  const response = await stub.fetch('https://hub/job', { method: 'POST', body: JSON.stringify(offer) });
  asked.set(response, { stub, offer });
  return response;
}

const asked = new WeakMap<Response, { readonly stub: HubStub; readonly offer: JobOffer }>();

/** What an edge learns of a granted part: who took it, how many bytes its caller reads, and how it ended, by its last events or its hub. */
export async function readRecords(response: Response): Promise<unknown[]> {
  const body = new Uint8Array(await response.arrayBuffer());
  const head: unknown = JSON.parse(response.headers.get(HEAD_HEADER) ?? 'null');
  return [head, body.length, readEnd(body) ?? (await tellFail(response))];
}

function readEnd(body: Uint8Array): object | null {
  const facts = readFacts(body);
  const finish = /"finish_reason":"(\w+)"/.exec(new TextDecoder().decode(body))?.[1];
  return (
    facts && {
      finish,
      outputTokens: facts.output_tokens,
      charge: facts.charge_micro,
      receiptHash: facts.receipt_hash,
    }
  );
}

async function tellFail(response: Response): Promise<unknown> {
  const { stub, offer } = asked.get(response) ?? {};
  const told = offer && (await stub?.tellPart(offer.jobId, offer.part));
  return told?.kind === 'fail' ? told.fail : told;
}
