// The hub of an area's homes: a Durable Object that holds their hibernating sockets, leases them by exact counts, relays and settles.
// The platform's calls end here; what is decided stands in the files beside it.
import { DurableObject } from 'cloudflare:workers';
import { concatBytes } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { CLOSE, encodeJsonFrame, PING, PONG } from '../../schema/frames.ts';
import { PRESENCE_REFRESH_MS } from '../../schema/presence.ts';
import type { PresenceRow } from '../../schema/presence.ts';
import type { Env } from '../env.ts';
import { makeHubServices } from '../services.ts';
import { HubJobs } from './hub-jobs.ts';
import { HubParts } from './hub-parts.ts';
import { HubPresence } from './hub-presence.ts';
import type { WrittenOffer } from './hub-presence.ts';
import type { HubServices } from './hub-services.ts';
import { HubSettlement } from './hub-settlement.ts';
import { HubSockets } from './hub-sockets.ts';
import { centreOf } from './make-presence.ts';
import type { NodeFacts } from './node-socket.ts';
import type { JobOffer } from './offer.ts';

const RETRY_MS = 5000;
/** Homes have this long to come back with receipts of parts that died with the hub's memory; a later one is still paid. */
const ORPHAN_WAIT_MS = 10_000;
/** After a delivery the next waits this long for parts to share it; the first after a pause leaves at once. */
const GATHER_MS = 100;
const REWRITE_MS = 10_000;
const FREE_CHECK_MS = 1000;
const WRITTEN_KEY = 'presence';

export class Hub extends DurableObject<Env> {
  readonly #services: HubServices;
  readonly #sockets: HubSockets;
  readonly #jobs: HubJobs;
  readonly #parts: HubParts;
  readonly #settlement: HubSettlement;
  readonly #presence: HubPresence;
  readonly #name: string;
  readonly #area: string;
  #alarmAt = Infinity;
  #rewrittenAt = 0;
  #freeCheckedAt = 0;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#name = state.id.name ?? 'hub';
    this.#area = this.#name.split(':')[1] ?? 'area';
    this.#services = makeHubServices(env);
    this.#parts = new HubParts(state.storage.sql);
    this.#sockets = this.#openSockets();
    this.#settlement = this.#openSettlement();
    this.#jobs = new HubJobs({
      hub: this.#name,
      services: this.#services,
      sockets: this.#sockets,
      parts: this.#parts,
      settlement: this.#settlement,
      wakeBy: (at) => void this.#wakeBy(at),
      onNone: () => void this.#publish(),
      onTick: (now) => this.#onTick(now),
    });
    this.#presence = new HubPresence({
      hub: this.#name,
      area: this.#area,
      candidates: () => this.#sockets.candidates(),
      catalogue: this.#services.catalogue,
      write: this.#services.writePresence,
      save: (written) => state.storage.kv.put(WRITTEN_KEY, written),
    });
    this.#presence.recall(state.storage.kv.get<WrittenOffer[]>(WRITTEN_KEY) ?? []);
    state.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    this.#sockets.wake(state.getWebSockets());
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
      return this.#sockets.acceptLink(JSON.parse(request.headers.get('x-irori-facts') ?? '{}') as NodeFacts);
    const offer = await request.json<JobOffer>();
    const answer = await this.#jobs.run(offer, request.signal);
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
    this.#sockets.kick(nodeId, reason);
  }

  /** The catalogue changed. */
  async refresh(): Promise<void> {
    this.#services.forgetCatalogue();
    await this.#publish();
  }

  override webSocketMessage(ws: WebSocket, message: ArrayBuffer | string): void {
    this.#sockets.receive(ws, message);
  }

  override webSocketClose(ws: WebSocket): void {
    this.#sockets.forget(ws);
    // A hibernatable socket does not answer a close by itself, and the home would wait for it. The code is ours: theirs may be one that no peer may send.
    ws.close(CLOSE.normal);
  }

  override webSocketError(ws: WebSocket): void {
    this.#sockets.forget(ws);
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = Infinity;
    this.#settlement.sweep((ticketHash) => this.#jobs.isLive(ticketHash as Hex));
    await this.#settlement.drain();
    await this.#publish();
    // The alarm is one for many: what is due after this one asks again.
    await this.#wakeBy((this.#parts.counts().firstExpiryAt ?? Infinity) + 1);
  }

  #openSockets(): HubSockets {
    return new HubSockets({
      hub: this.#name,
      area: this.#area,
      services: this.#services,
      accept: (ws, nodeId) => this.ctx.acceptWebSocket(ws, [nodeId]),
      pingedAt: (ws) => this.ctx.getWebSocketAutoResponseTimestamp(ws)?.getTime() ?? 0,
      onChanged: () => void this.#publish(),
      onLateReceipt: (nodeId, late) =>
        void this.#settlement.takeLate(nodeId, late, (ticketHash) => this.#jobs.isLive(ticketHash)),
    });
  }

  #openSettlement(): HubSettlement {
    return new HubSettlement({
      parts: this.#parts,
      services: this.#services,
      sync: () => this.ctx.storage.sync(),
      tellNode: (nodeId, answers) =>
        this.#sockets.find(nodeId)?.send(concatBytes(answers.map((answer) => encodeJsonFrame('accepted', answer)))),
      gather: () => new Promise((wake) => setTimeout(wake, GATHER_MS)),
      retryLater: () => void this.#wakeBy(Date.now() + RETRY_MS),
      now: () => Date.now(),
    });
  }

  #onTick(now: number): void {
    if (now - this.#freeCheckedAt < FREE_CHECK_MS) return;
    this.#freeCheckedAt = now;
    if (this.#presence.isFreeDue(now)) void this.#publish();
  }

  async #publish(): Promise<void> {
    const now = Date.now();
    const isWritten = await this.#presence.publish(now);
    const candidates = this.#sockets.candidates();
    const homes = candidates.map(({ nodeId, slots, place }) => ({ nodeId, slots, lat: place.lat, lon: place.lon }));
    await this.#services
      .reportToArea(this.#area, { hub: this.#name, homes, ...centreOf(homes) })
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
