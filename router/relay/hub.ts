// The hub of an area's homes: a Durable Object that holds their hibernating sockets, leases them by exact counts, relays and settles.
// The platform's calls end here; what is decided stands in the files beside it.
import { DurableObject } from 'cloudflare:workers';
import { concatBytes, fromHex, toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import {
  CLOSE,
  decodeFrames,
  encodeJsonFrame,
  INITIAL_CREDIT_BYTES,
  PING,
  PONG,
  PROTOCOL_VERSION,
} from '../../schema/frames.ts';
import type { Frame } from '../../schema/frames.ts';
import type { NodeModel } from '../../schema/frames-to-hub.ts';
import type { JobFrameJson } from '../../schema/frames-to-node.ts';
import { PRESENCE_REFRESH_MS } from '../../schema/presence.ts';
import type { PresenceRow } from '../../schema/presence.ts';
import { JOB_TICKET, toMessageJson } from '../../schema/receipt.ts';
import type { Env } from '../env.ts';
import { makeHubServices } from '../services.ts';
import { HubParts } from './hub-parts.ts';
import { HubPresence } from './hub-presence.ts';
import type { WrittenOffer } from './hub-presence.ts';
import type { HubServices } from './hub-services.ts';
import { HubSettlement } from './hub-settlement.ts';
import { draftSettlement, makeTicket } from './make-ticket.ts';
import { centreOf } from './make-presence.ts';
import { NodeSocket, SILENT_AFTER_MS } from './node-socket.ts';
import type { NodeFacts } from './node-socket.ts';
import { receiveFrame } from './receive-frame.ts';
import type { JobOffer, OfferRefusal } from './offer.ts';
import { encodeTicketFrame, Part } from './part.ts';
import { pickNode } from './pick-node.ts';
import type { NodeCandidate } from './pick-node.ts';

const TICK_MS = 250;
const HELLO_TIMEOUT_MS = 5000;
const SYNC_WAIT_MS = 1000;
const REPLACED_WAIT_MS = 500;
const REPLACED = 'replaced by a newer connection';
const RETRY_MS = 5000;
/** Homes have this long to come back with receipts of parts that died with the hub's memory; a later one is still paid. */
const ORPHAN_WAIT_MS = 10_000;
/** After a delivery the next waits this long for parts to share it; the first after a pause leaves at once. */
const GATHER_MS = 100;
const REWRITE_MS = 10_000;
const FREE_CHECK_TICKS = 4;
const WRITTEN_KEY = 'presence';

export class Hub extends DurableObject<Env> {
  readonly #services: HubServices;
  readonly #sockets = new Map<WebSocket, NodeSocket>();
  readonly #live = new Map<Hex, Part>();
  readonly #parts: HubParts;
  readonly #settlement: HubSettlement;
  readonly #presence: HubPresence;
  readonly #name: string;
  readonly #area: string;
  #ticker: ReturnType<typeof setInterval> | null = null;
  #alarmAt = Infinity;
  #rewrittenAt = 0;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#name = state.id.name ?? 'hub';
    this.#area = this.#name.split(':')[1] ?? 'area';
    this.#services = makeHubServices(env);
    this.#parts = new HubParts(state.storage.sql);
    this.#settlement = new HubSettlement({
      parts: this.#parts,
      services: this.#services,
      sync: () => state.storage.sync(),
      tellNode: (nodeId, answers) =>
        this.#findNode(nodeId)?.send(concatBytes(answers.map((answer) => encodeJsonFrame('accepted', answer)))),
      gather: () => new Promise((wake) => setTimeout(wake, GATHER_MS)),
      retryLater: () => void this.#wakeBy(Date.now() + RETRY_MS),
      now: () => Date.now(),
    });
    this.#presence = new HubPresence({
      hub: this.#name,
      area: this.#area,
      candidates: () => this.#candidates(),
      catalogue: this.#services.catalogue,
      write: this.#services.writePresence,
      save: (written) => state.storage.kv.put(WRITTEN_KEY, written),
    });
    this.#presence.recall(state.storage.kv.get<WrittenOffer[]>(WRITTEN_KEY) ?? []);
    state.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    this.#wakeSockets();
    const orphansUntilAt = Date.now() + ORPHAN_WAIT_MS;
    void state.blockConcurrencyWhile(async () => {
      this.#alarmAt = (await state.storage.getAlarm()) ?? Infinity;
      if (this.#parts.orphan(orphansUntilAt) > 0) await this.#wakeBy(orphansUntilAt + 1);
    });
    // What an earlier life of this hub decided and did not deliver.
    if (this.#parts.counts().due > 0) void this.#settlement.drain();
  }

  /** `/link`: a home's socket, already looked up by the edge. `/job`: one part, answered by records or a refusal. */
  override async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === '/link')
      return this.#acceptLink(JSON.parse(request.headers.get('x-irori-facts') ?? '{}') as NodeFacts);
    const offer = await request.json<JobOffer>();
    const answer = await this.#runOffer(offer, request.signal);
    if (answer instanceof Response) return answer;
    return Response.json(answer, { status: 409 });
  }

  /** Rows of one model, for edges that found none: Redis is away or has lost its rows, so they are written again. */
  async offer(modelKey: string): Promise<PresenceRow[]> {
    void this.#rewritePresence();
    const offer = await this.#presence.offer(modelKey, Date.now());
    return offer ? [...offer.rows] : [];
  }

  /** Closes a node's socket for good. */
  kick(nodeId: string, reason: string): void {
    for (const socket of this.#sockets.values()) {
      if (!socket.isReady || socket.facts.nodeId !== nodeId) continue;
      socket.sendJson('error', { code: 'node_revoked', message: reason, isFinal: true });
      this.#drop(socket, CLOSE.revoked, 'revoked');
    }
  }

  /** The catalogue changed. */
  async refresh(): Promise<void> {
    this.#services.forgetCatalogue();
    await this.#publish();
  }

  override webSocketMessage(ws: WebSocket, message: ArrayBuffer | string): void {
    const socket = this.#sockets.get(ws);
    if (!socket) return ws.close(CLOSE.going, 'unknown socket');
    if (typeof message === 'string') return;
    const frames = decodeFrames(message);
    if (!frames.ok) return socket.sendJson('error', frames.error);
    const touched = new Set<Part>();
    for (const frame of frames.value) {
      const part = this.#receive(socket, frame);
      if (part) touched.add(part);
    }
    for (const part of touched) part.flush();
  }

  override webSocketClose(ws: WebSocket): void {
    const socket = this.#sockets.get(ws);
    if (socket) this.#forgetSocket(socket);
    // A hibernatable socket does not answer a close by itself, and the home would wait for it. The code is ours: theirs may be one that no peer may send.
    ws.close(CLOSE.normal);
  }

  override webSocketError(ws: WebSocket): void {
    const socket = this.#sockets.get(ws);
    if (socket) this.#forgetSocket(socket);
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = Infinity;
    this.#settlement.sweep((ticketHash) => this.#live.has(ticketHash as Hex));
    await this.#settlement.drain();
    await this.#publish();
    // The alarm is one for many: what is due after this one asks again.
    await this.#wakeBy((this.#parts.counts().firstExpiryAt ?? Infinity) + 1);
  }

  #acceptLink(facts: NodeFacts): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server, [facts.nodeId]);
    const nonce = toHex(crypto.getRandomValues(new Uint8Array(32)));
    const now = Date.now();
    const socket = NodeSocket.open(server, { facts, hub: this.#name, nonce, now });
    this.#sockets.set(server, socket);
    socket.sendJson('challenge', { nonce, protocol: PROTOCOL_VERSION, serverTimeAt: now });
    socket.awaitHello(HELLO_TIMEOUT_MS, () => this.#drop(socket, CLOSE.badHello, 'no hello in time'));
    return new Response(null, { status: 101, webSocket: client });
  }

  #receive(socket: NodeSocket, frame: Frame): Part | null {
    return receiveFrame(frame, {
      socket,
      services: this.#services,
      now: Date.now(),
      onReady: () => void this.#welcome(socket),
      onBadHello: (message) => {
        socket.sendJson('error', { code: 'bad-hello', message, isFinal: false, retryMs: 10_000 });
        this.#drop(socket, CLOSE.badHello, 'bad hello');
      },
      onState: () => void this.#publish(),
      onLateReceipt: (late) =>
        void this.#settlement.takeLate(socket.facts.nodeId, late, (hash) => this.#live.has(hash)),
    });
  }

  async #welcome(socket: NodeSocket): Promise<void> {
    const { nodeId } = socket.facts;
    const { token, untilAt } = await this.#services.issueNodeToken(socket.facts, Date.now());
    if (socket.isReady || !this.#sockets.has(socket.ws)) return;
    const replaced = this.#findNode(nodeId);
    // Until the node has told its state anew the last one stands, so that no caller finds the home gone meanwhile.
    socket.markReady(replaced?.state ?? null);
    const { routerAddress, domain } = this.#services;
    socket.sendJson('welcome', {
      node: nodeId,
      area: this.#area,
      hub: this.#name,
      router: routerAddress,
      domain,
      token,
      tokenUntilAt: untilAt,
    });
    if (replaced) await this.#replace(replaced);
  }

  /** A newer connection took this one's place: if it still answers it may finish its jobs, else they are lost now. */
  async #replace(socket: NodeSocket): Promise<void> {
    socket.markReplaced();
    const isAlive = socket.parts.size > 0 && (await socket.askSync(REPLACED_WAIT_MS));
    if (!isAlive) this.#drop(socket, CLOSE.replaced, REPLACED);
  }

  #endPart(socket: NodeSocket, number: number): void {
    socket.removePart(number);
    if (socket.isReplaced && socket.parts.size === 0) this.#drop(socket, CLOSE.replaced, REPLACED);
  }

  async #runOffer(offer: JobOffer, signal: AbortSignal | null): Promise<Response | OfferRefusal> {
    const picked = pickNode(this.#candidates(), offer);
    if (picked.kind !== 'node') {
      if (await this.#waitForSync()) return this.#runOffer(offer, signal);
      if (picked.kind === 'none') void this.#publish();
      return { code: picked.kind, nodeId: null, message: `no home here (${picked.kind})`, param: null, free: 0 };
    }
    const socket = this.#findNode(picked.nodeId);
    if (!socket) return { code: 'none', nodeId: picked.nodeId, message: 'no home here', param: null, free: 0 };
    const part = this.#startPart(socket, offer, picked.model);
    if (signal?.aborted) part.leave();
    signal?.addEventListener('abort', () => part.leave());
    const answer = await part.answer;
    if (answer instanceof Response) {
      answer.headers.set('x-irori-free', String(this.#countFree(offer)));
      return answer;
    }
    return { ...answer, free: this.#countFree(offer) };
  }

  #startPart(socket: NodeSocket, offer: JobOffer, model: NodeModel): Part {
    const { digest } = model;
    const { signer, signTicket } = this.#services;
    const now = Date.now();
    const ticket = makeTicket(offer, { address: socket.facts.address, digest }, now);
    const ticketHash = signer.hash(JOB_TICKET, ticket);
    const number = socket.nextJob();
    const job: JobFrameJson = {
      ticket: toMessageJson(ticket),
      // A catalogue model goes by the home's own name for it; an owner's model by the name that was asked (it may match a prefix).
      request: { ...offer.request, model: offer.digests ? model.name : offer.model },
      chunk: offer.chunk,
      stream: offer.stream,
      creditBytes: INITIAL_CREDIT_BYTES,
    };
    socket.sendJson('job', job, number);
    const signature = signTicket(ticket);
    socket.send(encodeTicketFrame(number, fromHex(signature)));
    const draft = draftSettlement(offer, { facts: socket.facts, hub: this.#name }, { message: ticket, signature });
    this.#parts.open({ ticketHash, expiresAt: offer.expiresAt + 60_000, draft });
    void this.#wakeBy(offer.expiresAt + 61_000);
    const part: Part = new Part(
      number,
      offer,
      {
        send: (bytes) => socket.send(bytes),
        settle: (summary) =>
          this.#settlement
            .settle({ ticketHash, ticket, draft, offer }, summary)
            .finally(() => void this.#live.delete(ticketHash)),
        onRefused: () => {
          this.#parts.forget(ticketHash);
          this.#live.delete(ticketHash);
        },
        onDone: () => this.#endPart(socket, number),
        country: socket.facts.place.country,
        digest,
        nodeId: socket.facts.nodeId,
        salt: fromHex(offer.salt),
      },
      now,
    );
    this.#live.set(ticketHash, part);
    socket.addPart(part);
    this.#startTicking();
    return part;
  }

  #candidates(): NodeCandidate[] {
    const candidates: NodeCandidate[] = [];
    for (const socket of this.#sockets.values()) {
      const candidate = socket.toCandidate();
      if (candidate && !this.#isSilent(socket)) candidates.push(candidate);
    }
    return candidates;
  }

  #isSilent(socket: NodeSocket): boolean {
    const pingedAt = this.ctx.getWebSocketAutoResponseTimestamp(socket.ws)?.getTime() ?? 0;
    return Date.now() - Math.max(pingedAt, socket.connectedAt) > SILENT_AFTER_MS && socket.parts.size === 0;
  }

  #countFree(offer: JobOffer): number {
    let free = 0;
    for (const candidate of this.#candidates()) {
      if (pickNode([candidate], { ...offer, preferNodeId: null, excludeNodeIds: [] }).kind === 'node')
        free += candidate.slots - candidate.active;
    }
    return free;
  }

  /** Waits for nodes whose jobs this hub forgot; true when one answered, so that picking again may help. */
  async #waitForSync(): Promise<boolean> {
    const unsynced = [...this.#sockets.values()].filter((socket) => socket.isCurrent && !socket.isSynced);
    if (unsynced.length === 0) return false;
    await Promise.race(unsynced.map((socket) => socket.waitForSync(SYNC_WAIT_MS)));
    return unsynced.some((socket) => socket.isSynced);
  }

  #findNode(nodeId: string): NodeSocket | undefined {
    for (const socket of this.#sockets.values()) if (socket.isCurrent && socket.facts.nodeId === nodeId) return socket;
    return undefined;
  }

  #drop(socket: NodeSocket, code: number, reason: string): void {
    socket.close(code, reason);
    this.#forgetSocket(socket);
  }

  #forgetSocket(socket: NodeSocket): void {
    if (!this.#sockets.delete(socket.ws)) return;
    const now = Date.now();
    for (const part of socket.parts.values()) part.onLost(now);
    void this.#publish();
  }

  #wakeSockets(): void {
    for (const ws of this.ctx.getWebSockets()) {
      const socket = NodeSocket.wake(ws);
      if (!socket) continue;
      this.#sockets.set(ws, socket);
      if (!socket.isSynced) socket.sendJson('sync', { protocol: PROTOCOL_VERSION });
    }
  }

  #startTicking(): void {
    let ticks = 0;
    this.#ticker ??= setInterval(() => {
      const now = Date.now();
      ticks++;
      for (const part of this.#live.values()) part.onTick(now);
      if (ticks % FREE_CHECK_TICKS === 0 && this.#presence.isFreeDue(now)) void this.#publish();
      if (this.#live.size > 0 || !this.#ticker) return;
      clearInterval(this.#ticker);
      this.#ticker = null;
    }, TICK_MS);
  }

  async #publish(): Promise<void> {
    const now = Date.now();
    const isWritten = await this.#presence.publish(now);
    const candidates = this.#candidates();
    const places = candidates.map((candidate) => candidate.place);
    const centre = centreOf(places);
    const slots = candidates.reduce((sum, candidate) => sum + candidate.slots, 0);
    await this.#services
      .reportToArea(this.#area, {
        hub: this.#name,
        nodes: candidates.map((candidate) => candidate.nodeId),
        slots,
        ...centre,
      })
      .catch(() => undefined);
    if (!isWritten || candidates.length > 0) await this.#wakeBy(now + (isWritten ? PRESENCE_REFRESH_MS : RETRY_MS));
  }

  async #rewritePresence(): Promise<void> {
    const now = Date.now();
    if (now - this.#rewrittenAt < REWRITE_MS) return;
    this.#rewrittenAt = now;
    this.#presence.distrust();
    await this.#publish();
  }

  async #wakeBy(at: number): Promise<void> {
    if (at >= this.#alarmAt) return;
    this.#alarmAt = at;
    await this.ctx.storage.setAlarm(at);
  }
}
