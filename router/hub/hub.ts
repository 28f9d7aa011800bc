// The hub of an area's homes: a Durable Object that holds their hibernating sockets, leases them by exact counts, relays and settles.
// The platform's calls end here; what is decided stands in the files beside it.
import { DurableObject } from 'cloudflare:workers';
import { CLOSE, PING, PONG } from '../../schema/frames.ts';
import { readHubName } from '../../schema/ids.ts';
import type { PresenceRow } from '../../schema/presence.ts';
import { PrefixHolders } from '../placement/prefix-holders.ts';
import { AsideHomes } from '../homes/aside-homes.ts';
import { FaultMemory } from '../homes/fault-memory.ts';
import { HubGrants } from '../homes/grants.ts';
import { makeLog } from '../log.ts';
import { readLink } from './door.ts';
import { HubJobs } from './jobs.ts';
import { RecalledModels, type ModelChange } from './recalled-models.ts';
import { LateDesk } from './late-desk.ts';
import { SoonestAlarm } from './soonest-alarm.ts';
import { PresenceReports, readWatched } from './presence-reports.ts';
import { ExamDesk, type ExamFacts } from './exam-desk.ts';
import { DurableNumbers } from './durable-numbers.ts';
import { JobReceipts } from './job-receipts.ts';
import { LargeAsks } from './large-asks.ts';
import { tellState } from './judge-owing.ts';
import { Journal } from './journal.ts';
import { makeAccepted } from './make-accepted.ts';
import { sendEach } from './send-each.ts';
import { HubPresence, type WrittenOffer } from '../homes/presence-writer.ts';
import type { VersionedStanding } from '../billing/node-standing.ts';
import type { HubServices } from './hub-services.ts';
import { HubSettlement, type OpenedPart } from './settlement.ts';
import { HubSockets } from './sockets.ts';
import { IdleLog } from '../homes/idle-log.ts';
import type { NodeWhy } from '../homes/make-why.ts';
import { NodeHistory } from '../homes/node-history.ts';
import { NodeLoads } from '../homes/node-loads.ts';
import { TurnMemory } from '../homes/turn-memory.ts';
import { NodeWatch } from '../homes/node-watch.ts';
import { BYTES_HEADER, TOOK_HEADER, type JobOffer, type OfferPreview } from '../../schema/offer.ts';
import type { PartTold } from '../../schema/records.ts';

const log = makeLog('hub');

const FREE_CHECK_MS = 1000;
const [WRITTEN_KEY, IDLE_KEY] = ['presence', 'idle'] as const;

export class Hub extends DurableObject<object> {
  readonly #services: HubServices;
  readonly #sockets: HubSockets;
  readonly #grants: HubGrants;
  readonly #jobs: HubJobs;
  readonly #history: NodeHistory;
  readonly #idle = new IdleLog();
  readonly #aside = new AsideHomes((nodeId, now) => this.#watch.noteUnusable(nodeId, now));
  readonly #watch: NodeWatch;
  readonly #rows: Journal;
  readonly #numbers: DurableNumbers;
  readonly #receipts: JobReceipts<OpenedPart>;
  readonly #settlement: HubSettlement;
  readonly #presence: HubPresence;
  readonly #reports: PresenceReports;
  readonly #exams: ExamDesk;
  readonly #alarm: SoonestAlarm;
  readonly #recalled = new RecalledModels();
  readonly #large = new LargeAsks();
  readonly #late = new LateDesk((nodeId, late) => this.#settlement.takeLate(nodeId, late));
  readonly #name: string;
  readonly #area: string;
  #freeCheckedAt = 0;

  constructor(state: DurableObjectState, env: object, services: HubServices) {
    super(state, env);
    this.#name = state.id.name ?? 'hub';
    this.#area = readHubName(this.#name).area;
    this.#services = services;
    this.#alarm = new SoonestAlarm(state.storage);
    this.#rows = new Journal({ storage: state.storage });
    this.#numbers = new DurableNumbers(state.storage.sql);
    this.#receipts = new JobReceipts(services.signer);
    this.#history = new NodeHistory(state.storage.sql, Date.now(), services.timings.coolingMs);
    this.#idle.load(state.storage.kv.get<string>(IDLE_KEY) ?? '');
    this.#sockets = this.#openSockets();
    this.#exams = this.#openExams();
    this.#watch = this.#openWatch();
    this.#settlement = this.#openSettlement();
    const loads = new NodeLoads();
    this.#grants = this.#openGrants(loads);
    this.#jobs = this.#openJobs(loads);
    this.#presence = new HubPresence({
      hub: this.#name,
      area: this.#area,
      candidates: () => this.#sockets.candidates(),
      catalogue: this.#services.catalogue,
      tell: ({ nodeId, slots }, model, now) => this.#history.tell(nodeId, model, { slots, now }),
      onUnusable: (nodeId, error) => this.#aside.add(nodeId, error, Date.now()),
      write: this.#services.writePresence,
      onCatalogue: () => this.#watch.noteCatalogue(Date.now()),
      save: (written) => state.storage.kv.put(WRITTEN_KEY, written),
    });
    this.#reports = new PresenceReports({
      hub: this.#name,
      area: this.#area,
      presence: this.#presence,
      sockets: this.#sockets,
      services,
      wakeBy: (at) => this.#alarm.wakeBy(at),
    });
    this.#presence.recall(state.storage.kv.get<WrittenOffer[]>(WRITTEN_KEY) ?? []);
    state.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    this.#sockets.wake(state.getWebSockets());
    const orphansUntilAt = Date.now() + services.timings.orphanWaitMs;
    void state.blockConcurrencyWhile(async () => {
      await this.#alarm.recall();
      const now = Date.now();
      this.#watch.wake(this.#sockets.connected(), { watchedAt: readWatched(this.#alarm.at, now), now });
      if (this.#rows.orphan(orphansUntilAt) > 0) await this.#alarm.wakeBy(orphansUntilAt + 1);
    });
    // What an earlier life of this hub decided and did not deliver.
    if (this.#rows.counts().due > 0) void this.#settlement.drain();
  }

  /**
   * `/link`: a home's socket, already looked up by the edge. `/job`: one part, answered by what the caller reads, or a refusal.
   * `/abort`, on a local network only: this life of the hub ends here, with everything in its memory, as when the platform resets it.
   */
  override async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === '/abort' && this.#services.mayAbort) this.ctx.abort('told to');
    if (pathname === '/link') return this.#sockets.acceptLink(...readLink(request.headers));
    return this.#large.run(Number(request.headers.get(BYTES_HEADER)), () => this.#runJob(request));
  }

  async #runJob(request: Request): Promise<Response> {
    const startedAt = Date.now();
    const offer = this.#recalled.fit(await request.json<JobOffer>(), startedAt);
    try {
      const answer = await this.#jobs.run(offer, request.signal);
      const response = answer instanceof Response ? answer : Response.json(answer, { status: 409 });
      response.headers.set(TOOK_HEADER, String(Date.now() - startedAt));
      return response;
    } catch (error) {
      const { requestId, jobId, part } = offer;
      log.error('job-broke', { requestId, jobId, part, hub: this.#name, error });
      throw error;
    }
  }

  /** What would become of an offer now, for who asks before calling. */
  preview(offer: JobOffer): OfferPreview {
    return this.#grants.preview(this.#recalled.fit(offer, Date.now()), Date.now());
  }

  /** Rows of one model, for edges that found none: Redis is away or has lost its rows, so they are written again. */
  async offer(modelKey: string): Promise<PresenceRow[]> {
    void this.#reports.rewrite();
    return [...((await this.#presence.offer(modelKey, Date.now()))?.rows ?? [])];
  }

  /** Closes a node's socket for good. */
  kick(nodeId: string, reason: string): void {
    this.#sockets.kick(nodeId, reason);
  }

  /** True where another agent than this one is here with the node's key, and answers. */
  holdsOther(nodeId: string, instance: string): Promise<boolean> {
    return this.#sockets.holdsOther(nodeId, instance);
  }

  /** What the books say of a node has changed: it holds from now on, and who may not be here any more is gone. */
  takeStanding(nodeId: string, standing: VersionedStanding): void {
    this.#sockets.takeStanding(nodeId, standing);
  }

  /** Why a node had no job in the last hour and what was measured of it; null for one that was never here. */
  why(nodeId: string): NodeWhy | null {
    return this.#watch.why(nodeId, Date.now());
  }

  /** What placement would make of a node now, reason by reason; null for one that is not connected here. */
  async examine(nodeId: string): Promise<ExamFacts | null> {
    return this.#exams.examine(nodeId, await this.#services.catalogue(), Date.now());
  }

  /** How a part broke off, or what became of one that was too long to be read along; null for one that this life of the hub does not know. */
  tellPart(jobId: string, part: number): PartTold | null {
    return this.#jobs.tell(jobId, part);
  }

  /** Parts that run here, or that an account has yet to take. */
  owing(): number {
    return this.#rows.counts().open + this.#rows.counts().due;
  }

  /** A job that a home's model server failed on has failed at another home too: the home is not to blame. */
  forgive(nodeId: string, jobId: string): void {
    this.#watch.forgive(nodeId, jobId, Date.now());
  }

  /** Another home has answered a job of which this one said that nobody can. */
  contradict(nodeId: string, jobId: string): void {
    this.#watch.contradict(nodeId, jobId, Date.now());
  }

  /** Lets homes dial another hub of the area: each once no job of it runs, and what is known of it goes before it. No stream is cut. */
  moveNodes(nodeIds: string[], to: string, reason: string): void {
    this.#sockets.move(nodeIds, { to, reason, now: Date.now() });
  }

  /** Takes over what another hub knew of a node that moves here. */
  takeHistory(nodeId: string, json: string): void {
    const now = Date.now();
    this.#watch.put(nodeId, json, now);
    this.#watch.noteStanding(nodeId, now);
    this.#save(now, true);
  }

  /** The catalogue changed: what was taken off it is granted no more, whatever an edge has read before. */
  async refresh(change: ModelChange): Promise<void> {
    this.#recalled.note(change, Date.now());
    this.#services.forgetCatalogue();
    await this.#reports.publish();
  }

  override webSocketMessage(ws: WebSocket, message: ArrayBuffer | string): void {
    this.#sockets.receive(ws, message);
  }

  override webSocketClose(ws: WebSocket): void {
    this.#end(ws);
    // A hibernatable socket does not answer a close by itself, and the home would wait for it. The code is ours: theirs may be one that no peer may send.
    ws.close(CLOSE.normal);
  }

  override webSocketError(ws: WebSocket): void {
    this.#end(ws);
  }

  override async alarm(): Promise<void> {
    this.#alarm.noteRung();
    this.#settlement.sweep();
    await this.#settlement.renewHolds();
    await this.#settlement.drain();
    this.#rows.tidy();
    await this.#reports.publish();
    // The alarm is one for many: what is due after this one asks again.
    const { open, due, firstExpiryAt } = this.#rows.counts();
    if (open + due > 0) await this.#alarm.wakeBy(Date.now() + this.#services.timings.holdRenewMs);
    await this.#alarm.wakeBy((firstExpiryAt ?? Infinity) + 1);
  }

  /** One that this life of the hub never had is of a home that leaves while the hub slept: what was believed lost was there until now. */
  #end(ws: WebSocket): void {
    if (this.#sockets.end(ws)) return;
    for (const nodeId of this.ctx.getTags(ws)) if (this.#watch.noteHeld(nodeId)) this.#onChanged(nodeId);
  }

  #openSockets(): HubSockets {
    return new HubSockets({
      hub: this.#name,
      area: this.#area,
      services: this.#services,
      accept: (ws, nodeId) => this.ctx.acceptWebSocket(ws, [nodeId]),
      pingedAt: (ws) => this.ctx.getWebSocketAutoResponseTimestamp(ws)?.getTime() ?? 0,
      onChanged: (nodeId) => this.#onChanged(nodeId),
      onWelcome: (nodeId, welcome) => {
        if (welcome.isNew) log.info('home-came', { nodeId, hub: this.#name });
        this.#watch.noteWelcome(nodeId, welcome, Date.now());
        void this.#settlement.askUnsigned(nodeId);
      },
      onUnusable: (nodeId, error) => this.#aside.add(nodeId, error, Date.now()),
      trustSlots: (nodeId, told) => Math.min(told, this.#history.trustedSlots(nodeId)),
      onMoved: (nodeId, to) => void this.#handOver(nodeId, to),
      onLateReceipt: (nodeId, late) => void this.#late.offer(nodeId, late),
      receipts: this.#receipts,
      onReceipts: (receipts) => {
        for (const { opened, signed } of receipts) this.#settlement.takeReceipt(opened, signed);
      },
      onLeft: (parts) => this.#settlement.leaveBare(parts.map(({ ticketHash }) => ticketHash)),
    });
  }

  #openWatch(): NodeWatch {
    return new NodeWatch({
      hub: this.#name,
      area: this.#area,
      history: this.#history,
      idle: this.#idle,
      faults: new FaultMemory(),
      turns: new TurnMemory(),
      stateOf: (nodeId) => tellState(this.#sockets.find(nodeId), this.#receipts, Date.now()),
      isConnected: (nodeId) => this.#sockets.find(nodeId) !== undefined,
      liveOf: (nodeId) => this.#exams.readLive(nodeId),
      catalogue: () => this.#presence.catalogue,
      onWider: () => this.#jobs.onRoom(),
    });
  }

  #openExams(): ExamDesk {
    return new ExamDesk({
      grants: () => this.#grants,
      aside: this.#aside,
      receipts: this.#receipts,
      find: (nodeId) => this.#sockets.find(nodeId),
      trustSlots: (nodeId, told) => Math.min(told, this.#history.trustedSlots(nodeId)),
      isCandidate: (nodeId) => this.#sockets.candidates().some((one) => one.nodeId === nodeId),
    });
  }

  #openGrants(loads: NodeLoads): HubGrants {
    return new HubGrants({
      history: this.#history,
      loads,
      prefixes: new PrefixHolders(),
      idle: this.#idle,
      aside: this.#aside,
      hasVoice: (nodeId) => this.#watch.hasVoice(nodeId),
      candidates: () => this.#sockets.candidates(),
      prefetch: (nodeId, model) => this.#sockets.find(nodeId)?.sendJson('prefetch', { model }),
    });
  }

  #openJobs(loads: NodeLoads): HubJobs {
    return new HubJobs({
      hub: this.#name,
      services: this.#services,
      sockets: this.#sockets,
      grants: this.#grants,
      aside: this.#aside,
      loads,
      watch: this.#watch,
      rows: this.#rows,
      receipts: this.#receipts,
      nextNumber: () => this.#numbers.next(),
      settlement: this.#settlement,
      wakeBy: (at) => void this.#alarm.wakeBy(at),
      onNone: () => void this.#reports.publish(),
      onTick: (now, isLast) => this.#onTick(now, isLast),
    });
  }

  #openSettlement(): HubSettlement {
    return new HubSettlement({
      hub: this.#name,
      rows: this.#rows,
      services: this.#services,
      nextNumber: () => this.#numbers.next(),
      sealTickets: () => this.#jobs.sealTickets(),
      isLive: (ticketHash) => this.#jobs.isLive(ticketHash),
      tellNode: (nodeId, answers) => {
        for (const { ticketHash } of answers) this.#receipts.forget(ticketHash);
        sendEach(this.#sockets.find(nodeId), 'accepted', makeAccepted(answers));
      },
      askToSign: (nodeId, parts) => sendEach(this.#sockets.find(nodeId), 'unsigned', parts),
      offerLate: (nodeId, late) => void this.#late.offer(nodeId, late),
      pause: (ms) => new Promise((wake) => setTimeout(wake, ms)),
      later: (ms, run) => void setTimeout(run, ms),
      retryLater: () => void this.#alarm.wakeBy(Date.now() + this.#services.timings.retryMs),
      now: () => Date.now(),
      startedAt: Date.now(),
    });
  }

  #onTick(now: number, isLast: boolean): void {
    if (!isLast && now - this.#freeCheckedAt < FREE_CHECK_MS) return;
    this.#freeCheckedAt = now;
    const { retold } = this.#history;
    if (this.#presence.isFreeDue(now) || this.#history.retold !== retold) void this.#reports.publish();
    this.#save(now, isLast);
  }

  #onChanged(nodeId: string): void {
    const now = Date.now();
    this.#watch.noteStanding(nodeId, now);
    const hasLeft = !this.#sockets.find(nodeId);
    if (hasLeft) this.#grants.forget(nodeId);
    this.#jobs.onRoom();
    // A hub that its last home left soon sleeps, and would know of that only when it wakes.
    this.#save(now, hasLeft);
    void this.#reports.publish();
  }

  async #handOver(nodeId: string, to: string): Promise<void> {
    const now = Date.now();
    const json = this.#watch.take(nodeId, now);
    void this.#reports.publish();
    await this.#services.handHistory(to, nodeId, json).catch((error: unknown) => {
      // It stays here: the home may come back, and else learns anew where it goes.
      log.warn('history-not-handed', { nodeId, hub: to, error });
      this.#watch.put(nodeId, json, Date.now());
    });
  }

  /** Keeps what was learned: seldom while jobs run, and when the hub falls idle. */
  #save(now: number, isLast: boolean): void {
    this.#history.save(now, isLast);
    const idle = this.#idle.save(now, isLast);
    if (idle !== null) this.ctx.storage.kv.put(IDLE_KEY, idle);
  }
}
