// Pick and lease at a hub, timed in Node: the hub's own classes over sockets that go nowhere and a history that is not written to disk.
// What is not in the figures: the ticket's signature and the frames, which come after the lease, and the platform's own copy of a socket's attachment.
import { makeMessageSigner } from '../../schema/receipt.ts';
import { HANDSHAKE_DOMAIN, ZERO_WORD } from '../../schema/typed-data.ts';
import { TIMINGS } from '../../schema/timings.ts';
import { PrefixHolders } from '../placement/prefix-holders.ts';
import { AsideHomes } from '../homes/aside-homes.ts';
import { FaultMemory } from '../homes/fault-memory.ts';
import { HubGrants } from '../homes/grants.ts';
import type { Granted } from '../homes/grants.ts';
import type { HubServices } from '../hub/hub-services.ts';
import { HubSockets } from '../hub/sockets.ts';
import { IdleLog } from '../homes/idle-log.ts';
import { NodeHistory } from '../homes/node-history.ts';
import { NodeLoads } from '../homes/node-loads.ts';
import { JobReceipts } from '../hub/job-receipts.ts';
import type { NodeFacts } from '../hub/node-facts.ts';
import type { OpenedPart } from '../hub/settlement.ts';
import { TurnMemory } from '../homes/turn-memory.ts';
import { NodeWatch } from '../homes/node-watch.ts';
import type { JobOffer } from '../../schema/offer.ts';
import { Part } from '../hub/part.ts';
import { makeJobOffer } from '../test/make-job-offer.ts';

const HUB = 'hub:weur:0';
const DIGEST = 'a'.repeat(64);
const WARM_UP = 500;
const OFFERS = 2000;
/** Leases end, the oldest first, so that about so much of all slots is taken. */
const TAKEN_SHARE = 0.6;

/** Microseconds of each of 2,000 offers at a hub of so many homes, from the offer to the lease. Throws when none was granted. */
export function measureHub(nodes: number): number[] {
  const hub = openHub(nodes);
  const leases: (() => void)[] = [];
  const took: number[] = [];
  for (let i = 0; i < WARM_UP + OFFERS; i++) {
    const offer = makeOffer(i);
    const startedAt = performance.now();
    const granted = hub.grants.choose(offer, Date.now());
    const end = granted.kind === 'grant' ? lease(hub, offer, granted) : null;
    const us = (performance.now() - startedAt) * 1000;
    if (end) leases.push(end);
    if (i >= WARM_UP) took.push(us);
    if (leases.length > hub.slots * TAKEN_SHARE) leases.shift()?.();
  }
  if (leases.length === 0) throw new Error('no offer was granted');
  return took;
}

interface BenchHub {
  readonly grants: HubGrants;
  readonly sockets: HubSockets;
  readonly loads: NodeLoads;
  readonly watch: NodeWatch;
  /** Of all homes together. */
  readonly slots: number;
}

function openHub(nodes: number): BenchHub {
  const now = Date.now();
  const idle = new IdleLog();
  const loads = new NodeLoads();
  const holders = new PrefixHolders();
  const history = new NodeHistory({ exec: () => [] } as unknown as SqlStorage, now);
  const sockets = new HubSockets({
    hub: HUB,
    area: 'weur',
    services: { timings: TIMINGS } as HubServices,
    accept: () => undefined,
    pingedAt: () => now,
    onChanged: () => undefined,
    onWelcome: () => undefined,
    onMoved: () => undefined,
    onLateReceipt: () => undefined,
    receipts: new JobReceipts<OpenedPart>(makeMessageSigner(HANDSHAKE_DOMAIN)),
    onReceipts: () => undefined,
    onLeft: () => undefined,
    onUnusable: () => undefined,
    trustSlots: (_, told) => told,
  });
  const homes = Array.from({ length: nodes }, (_, i) => makeHome(i, now));
  sockets.wake(homes.map(({ attachment }) => fakeSocket(attachment)));
  const watch = new NodeWatch({
    hub: HUB,
    area: 'weur',
    history,
    idle,
    faults: new FaultMemory(),
    turns: new TurnMemory(),
    stateOf: (nodeId) => sockets.find(nodeId)?.state ?? null,
    isConnected: (nodeId) => sockets.find(nodeId) !== undefined,
    liveOf: () => null,
    catalogue: () => null,
  });
  for (const { attachment, slots } of homes) teach(history, { ...attachment, slots, now });
  const grants = new HubGrants({
    history,
    loads,
    prefixes: holders,
    idle,
    aside: new AsideHomes(() => undefined),
    hasVoice: (nodeId) => watch.hasVoice(nodeId),
    candidates: () => sockets.candidates(),
    prefetch: () => undefined,
  });
  return { grants, sockets, loads, watch, slots: homes.reduce((sum, home) => sum + home.slots, 0) };
}

function lease({ sockets, loads, watch }: BenchHub, offer: JobOffer, granted: Granted): () => void {
  const socket = sockets.find(granted.nodeId);
  if (!socket) throw new Error('a home was granted that is not here');
  const now = Date.now();
  const { nodeId, place } = socket.facts;
  const number = socket.nextJob();
  const job = watch.begin({
    nodeId,
    model: granted.model,
    slots: socket.state?.slots ?? 1,
    lease: loads.begin(nodeId, granted.freshTokens, now),
    startedAt: now,
    isOwn: granted.isOwn,
    asked: offer,
  });
  const nothing = (): void => undefined;
  const doors = {
    send: nothing,
    settle: () => Promise.reject(new Error('nothing is settled here')),
    onRefused: nothing,
    onHead: nothing,
    onFirstToken: nothing,
    onBroken: nothing,
    onHeld: () => true,
    onDone: nothing,
    onTold: nothing,
    hasIds: false,
    country: place.country,
    digest: DIGEST,
    contextTokens: granted.model.contextTokens,
    nodeId,
    salt: new Uint8Array(32),
    decision: granted.decision,
    resumed: null,
    timings: TIMINGS,
  };
  socket.addPart(new Part(number, offer, doors, now));
  return () => {
    job.onDone(Date.now());
    sockets.endPart(socket, number);
  };
}

/** Homes within some 400 km of Paris, of six speeds, 1 to 6 slots and three models each. */
function makeHome(i: number, now: number) {
  const slots = 1 + (i % 6);
  const model = (digest: string, name: string) => ({
    name,
    digest,
    contextTokens: 8192,
    quantisation: 'q4_k_m',
    resume: 'text' as const,
    promptTokensPerS: 800 * (1 + (i % 6)),
    decodeTokensPerS: 40 + 20 * (i % 6),
  });
  const facts: NodeFacts = {
    nodeId: `node_${i.toString(16).padStart(32, '0')}`,
    address: `0x${i.toString(16).padStart(40, '0')}`,
    ownerAccountId: `acct_${i % 97}`,
    place: { lat: round(48.9 + 3 * Math.sin(i)), lon: round(2.4 + 4 * Math.cos(2 * i)), country: 'FR' },
    origins: [],
  };
  const models = [model(DIGEST, 'm'), model('b'.repeat(64), 'n'), model('c'.repeat(64), 'o')];
  const link = { isReady: true, isReplaced: false, isBusy: false, moving: null };
  const standing = { version: 1, pools: ['public'] };
  const state = { models, slots, paused: null };
  return { slots, attachment: { ...link, standing, facts, hub: HUB, nonce: ZERO_WORD, connectedAt: now, state } };
}

type Home = ReturnType<typeof makeHome>['attachment'];

function fakeSocket(attachment: Home): WebSocket {
  const nothing = (): void => undefined;
  const readyState = 1;
  const ws = {
    readyState,
    deserializeAttachment: () => attachment,
    serializeAttachment: nothing,
    send: nothing,
    close: nothing,
  };
  return ws as unknown as WebSocket;
}

/** A few jobs each, so that the history has something to say of every home. */
function teach(history: NodeHistory, { facts, state, slots, now }: Home & { slots: number; now: number }): void {
  const [model] = state.models;
  if (!model) return;
  history.notePresent(facts.nodeId, now - 3_600_000);
  for (let i = 0; i < 5; i++) {
    const sample = {
      workTokens: 500,
      promptMs: 400,
      activeAtGrant: 0,
      meanBatch: 1,
      outputTokens: 200,
      decodeMs: 4000,
    };
    const answer = { model, sample: { ...sample, slots }, workTokens: 200, startedAt: now - 5000, isWell: true, now };
    history.noteAnswer(facts.nodeId, answer);
    history.noteRtt(facts.nodeId, 20 + i, now);
  }
}

/** Callers all over the area; every second prompt has a beginning in common with others. */
function makeOffer(i: number): JobOffer {
  const of = i % 2 === 0 ? `shared ${i % 50}` : `own ${i}`;
  return makeJobOffer({
    jobId: `job_${i.toString(16).padStart(32, '0')}`,
    digests: [DIGEST],
    place: { lat: 48.9 + 3 * Math.cos(i), lon: 2.4 + 4 * Math.sin(i), country: 'FR' },
    size: { promptTokens: 600, outputTokens: 250 },
    prefixes: Array.from({ length: 8 }, (_, block) => `${of} ${block}`),
    isResumable: true,
    promptBound: 600,
  });
}

function round(degrees: number): number {
  return Math.round(degrees * 10) / 10;
}
