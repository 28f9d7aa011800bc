// The homes at a hub: their sockets from the first challenge to the last close, and which connection speaks for which home.
// It knows nothing of offers: what a frame means for a part stands in frame-desk.ts and part.ts.
import { toHex } from '../../schema/bytes.ts';
import { CLOSE, PROTOCOL_VERSION } from '../../schema/frames.ts';
import type { ErrorFrame } from '../../schema/frames-to-node.ts';
import type { LateReceipt } from '../../schema/frames-to-hub.ts';
import type { JobReceipts, RebuiltReceipt } from './job-receipts.ts';
import { isBehind } from './judge-owing.ts';
import type { OpenedPart } from './settlement.ts';
import type { NodeCandidate } from '../homes/find-entry.ts';
import { HubDoor, TOO_MUCH } from './door.ts';
import type { Dial, Unread } from './door.ts';
import { askEntry, isOther } from './entry-look.ts';
import { countFinishing } from './count-finishing.ts';
import { badHello, FrameDesk } from './frame-desk.ts';
import { makeLog } from '../log.ts';
import type { HubServices } from './hub-services.ts';
import { NodeSocket, SILENT_AFTER_MS } from './node-socket.ts';
import type { NodeFacts } from './node-facts.ts';
import type { ShownNode } from '../billing/node-account.ts';
import type { VersionedStanding } from '../billing/node-standing.ts';
import type { Part } from './part.ts';

const log = makeLog('hub');

const HELLO_TIMEOUT_MS = 5000;
const SYNC_WAIT_MS = 1000;
const REPLACED_WAIT_MS = 500;
const REPLACED = 'replaced by a newer connection';

export interface HubSocketsDoors {
  readonly hub: string;
  readonly area: string;
  readonly services: HubServices;
  /** Hands a socket to the platform, which keeps it while the hub sleeps. */
  readonly accept: (ws: WebSocket, nodeId: string) => void;
  /** When the platform last answered a ping of this socket, ms since epoch; 0 for never. */
  readonly pingedAt: (ws: WebSocket) => number;
  /** A home came, left or changed: it may stand elsewhere now than before. */
  readonly onChanged: (nodeId: string) => void;
  /** A home has proved who it is. `rttMs` is the way there and back, as the challenge took it. */
  readonly onWelcome: (nodeId: string, welcome: { readonly rttMs: number; readonly isNew: boolean }) => void;
  /** A home is told to dial another hub: no job runs there. */
  readonly onMoved: (nodeId: string, to: string) => void;
  /** How many of the slots that a home tells may be given jobs. */
  readonly trustSlots: (nodeId: string, told: number) => number;
  readonly onLateReceipt: (nodeId: string, late: LateReceipt) => void;
  readonly receipts: JobReceipts<OpenedPart>;
  readonly onReceipts: (receipts: readonly RebuiltReceipt<OpenedPart>[]) => void;
  /** A connection is gone: these parts of it have ended, and their receipts do not come. */
  readonly onLeft: (parts: readonly OpenedPart[]) => void;
  /** A step that touches this home's data threw: the other homes work on. */
  readonly onUnusable: (nodeId: string, error: unknown) => void;
}

/** A home that the books let in. */
interface Entering {
  readonly instance: string | null;
  readonly rttMs: number;
  readonly lastReceipt: ShownNode['lastReceipt'];
}

export class HubSockets {
  readonly #doors: HubSocketsDoors;
  readonly #sockets = new Map<WebSocket, NodeSocket>();
  /** The connection that speaks for each node. */
  readonly #current = new Map<string, NodeSocket>();
  readonly #desk: FrameDesk;
  readonly #door: HubDoor;

  constructor(doors: HubSocketsDoors) {
    this.#doors = doors;
    this.#door = new HubDoor(doors.services.timings.shutOutMs);
    this.#desk = this.#openDesk();
  }

  /** Takes back the connections that outlived the hub's memory; one that may run jobs is asked which. */
  wake(sockets: readonly WebSocket[]): void {
    for (const ws of sockets) {
      // Who was sent away and does not hang up is listed still: it is nobody's connection any more.
      if (ws.readyState !== WebSocket.OPEN) {
        this.#door.noteLingering(ws);
        continue;
      }
      try {
        this.#wake(ws);
      } catch (error) {
        // Its home dials anew.
        log.error('socket-not-woken', { hub: this.#doors.hub, error });
        ws.close(CLOSE.going, 'unknown socket');
      }
    }
  }

  #wake(ws: WebSocket): void {
    const socket = NodeSocket.wake(ws);
    if (!socket) throw new TypeError('an attachment that is not ours');
    if (socket.isCut) throw new RangeError('what its home told did not fit beside the rest');
    this.#sockets.set(ws, socket);
    if (!socket.isReady) this.#awaitHello(socket);
    if (socket.isCurrent) this.#current.set(socket.facts.nodeId, socket);
    socket.askAtWake();
    this.#moveIdle(socket);
  }

  /** A home dials: it is challenged, and has 5 s to prove who it is. One that was sent away for sending too much is told when to come again. */
  acceptLink(facts: NodeFacts, dial: Dial): Response {
    const keptOutMs = this.#door.keptOutMs(facts.nodeId, dial, Date.now());
    if (keptOutMs > 0) return Response.json({ retryAfterMs: keptOutMs }, { status: 429 });
    const { 0: client, 1: server } = new WebSocketPair();
    this.#doors.accept(server, facts.nodeId);
    const nonce = toHex(crypto.getRandomValues(new Uint8Array(32)));
    const now = Date.now();
    const socket = NodeSocket.open(server, { facts, hub: this.#doors.hub, nonce, now });
    this.#sockets.set(server, socket);
    socket.sendJson('challenge', { nonce, protocol: PROTOCOL_VERSION, serverTimeAt: now });
    this.#awaitHello(socket, dial);
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Handles one message of a socket, frame by frame; what it brought to a stream leaves as one write. */
  receive(ws: WebSocket, message: ArrayBuffer | string): void {
    const socket = this.#sockets.get(ws);
    if (!socket) return ws.close(CLOSE.going, 'unknown socket');
    const now = Date.now();
    const frames = this.#door.read(socket, message, now);
    if (!frames.ok) return this.#refuse(socket, frames.error);
    socket.noteHeard(now);
    const touched = new Set<Part>();
    for (const frame of frames.value) {
      const part = this.#guard(socket, () => this.#desk.receive(socket, frame, now));
      if (part) touched.add(part);
      // Of who was sent away nothing more is read.
      if (!this.#sockets.has(ws)) break;
    }
    for (const part of touched) this.#guard(socket, () => part.flush(now));
  }

  /** The other end hung up, or the line broke. False for one that this life of the hub does not know. */
  end(ws: WebSocket): boolean {
    this.#door.noteEnded(ws);
    const isKnown = this.#sockets.has(ws);
    this.forget(ws);
    return isKnown;
  }

  /** The socket is closed: its jobs are lost. One that never proved who it is leaves no trace. */
  forget(ws: WebSocket): void {
    const socket = this.#sockets.get(ws);
    if (!socket) return;
    this.#sockets.delete(ws);
    this.#door.forget(socket);
    socket.dispose();
    if (!socket.isReady) return;
    const now = Date.now();
    const { nodeId } = socket.facts;
    if (this.#current.get(nodeId) === socket) this.#current.delete(nodeId);
    if (socket.isCurrent) log.info('home-left', { nodeId, hub: socket.hub, count: socket.parts.size });
    for (const part of socket.parts.values()) part.onLost(now);
    this.#doors.onLeft(this.#doors.receipts.leave(socket));
    this.#doors.onChanged(nodeId);
  }

  drop(socket: NodeSocket, code: number, reason: string): void {
    socket.close(code, reason);
    this.#door.noteClosed(socket);
    this.forget(socket.ws);
  }

  /** True where another agent than this one is connected with the node's key, and answers. */
  holdsOther(nodeId: string, instance: string): Promise<boolean> {
    return isOther(this.find(nodeId), instance);
  }

  /** Closes a node's socket for good. */
  kick(nodeId: string, reason: string): void {
    for (const socket of this.#sockets.values()) {
      if (socket.isReady && socket.facts.nodeId === nodeId) this.#bar(socket, reason);
    }
  }

  /** The books have changed: the next grant goes by what they say now. What runs is finished, but for a node that may not be here at all. */
  takeStanding(nodeId: string, standing: VersionedStanding): void {
    const known = [...this.#sockets.values()].filter(({ facts }) => facts.nodeId === nodeId);
    const changed = known.filter((socket) => socket.takeStanding(standing));
    if (standing.barred !== null) for (const socket of changed) this.#bar(socket, standing.barred);
    else if (changed.length > 0) this.#doors.onChanged(nodeId);
  }

  /** Homes that may be given jobs, as placement sees them. */
  candidates(): NodeCandidate[] {
    const now = Date.now();
    const candidates: NodeCandidate[] = [];
    const finishing = countFinishing(this.#sockets.values());
    for (const socket of this.#sockets.values()) {
      const candidate = this.#toCandidate(socket, now);
      if (!candidate) continue;
      const others = finishing.size > 0 ? (finishing.get(candidate.nodeId) ?? 0) : 0;
      candidates.push(others > 0 ? { ...candidate, active: candidate.active + others } : candidate);
    }
    return candidates;
  }

  #toCandidate(socket: NodeSocket, now: number): NodeCandidate | null {
    return this.#guard(socket, () => {
      if (this.#isSilent(socket, now)) return null;
      return socket.toCandidate(now, this.#trusted(socket), isBehind(socket, this.#doors.receipts, now));
    });
  }

  /** Homes that are connected here and belong here, able to work or not. */
  seated(): { nodeId: string; slots: number; lat: number; lon: number }[] {
    const seated = [...this.#sockets.values()].map((socket) =>
      this.#guard(socket, () => {
        const { facts, state, moving } = socket;
        if (!socket.isCurrent || !state || moving?.isTold || this.#isSilent(socket)) return null;
        return { nodeId: facts.nodeId, slots: this.#trusted(socket), lat: facts.place.lat, lon: facts.place.lon };
      }),
    );
    return seated.filter((home) => home !== null);
  }

  /** Lets homes dial another hub: at once where no job runs, else when the last one has ended. A stream is never cut by it. */
  move(nodeIds: readonly string[], { to, reason, now }: { to: string; reason: string; now: number }): void {
    for (const nodeId of nodeIds) {
      const socket = this.find(nodeId);
      if (!socket || socket.moving?.isTold) continue;
      const { sinceAt } = socket.moving ?? { sinceAt: now };
      socket.markMoving({ to, reason, sinceAt, isTold: false });
      this.#moveIdle(socket);
    }
  }

  /** Nodes that are connected, and since when. */
  connected(): { nodeId: string; connectedAt: number }[] {
    return [...this.#sockets.values()].flatMap(({ isCurrent, facts, connectedAt }) =>
      isCurrent ? [{ nodeId: facts.nodeId, connectedAt }] : [],
    );
  }

  /** The connection that speaks for a node. */
  find(nodeId: string): NodeSocket | undefined {
    return this.#current.get(nodeId);
  }

  /** Ends the parts of homes that are there no more though their connections stand: a frozen machine closes nothing. */
  leaveSilent(now: number): void {
    for (const socket of this.#sockets.values())
      if (socket.unread.isOver) this.#refuse(socket, { kind: 'unread' });
      else if (socket.parts.size > 0 && !socket.isThere(now))
        for (const part of socket.parts.values()) this.#guard(socket, () => part.onSilent(now));
  }

  /** A home is given a job. */
  beginPart(socket: NodeSocket, part: Part): void {
    socket.addPart(part);
    this.#door.noteJob(socket, Date.now());
  }

  #trusted({ facts, state }: NodeSocket): number {
    return this.#doors.trustSlots(facts.nodeId, state?.slots ?? 0);
  }

  /** What touches one home's data is nobody else's matter: null where it throws. */
  #guard<T>(socket: NodeSocket, read: () => T): T | null {
    try {
      return read();
    } catch (error) {
      this.#doors.onUnusable(socket.facts.nodeId, error);
      return null;
    }
  }

  /** The lease of a part ends; a connection that only waited for it ends too. */
  endPart(socket: NodeSocket, number: number): void {
    socket.removePart(number);
    if (socket.isReplaced && socket.parts.size === 0) this.drop(socket, CLOSE.replaced, REPLACED);
    this.#moveIdle(socket);
  }

  /** Waits for nodes whose jobs this hub forgot; true when one answered, so that picking again may help. */
  async waitForSync(): Promise<boolean> {
    const unsynced = [...this.#sockets.values()].filter((socket) => socket.isCurrent && !socket.isSynced);
    if (unsynced.length === 0) return false;
    await Promise.race(unsynced.map((socket) => socket.waitForSync(SYNC_WAIT_MS)));
    return unsynced.some((socket) => socket.isSynced);
  }

  #awaitHello(socket: NodeSocket, dial?: Dial): void {
    socket.awaitHello(HELLO_TIMEOUT_MS, () => this.drop(socket, CLOSE.badHello, 'no hello in time'));
    const leaving = this.#door.admit(socket, dial);
    if (leaving) this.drop(leaving, CLOSE.badHello, 'too many dials without a hello');
  }

  #refuse(socket: NodeSocket, unread: Unread): void {
    switch (unread.kind) {
      case 'fault':
        return socket.sendError(unread.fault);
      case 'unproven':
        return this.#refuseHello(socket, badHello('say hello first'));
      case 'too-large':
      case 'too-much':
      case 'unread':
        return this.#sendAway(socket, unread.kind);
    }
  }

  /** Ends a connection that asks for more than a home may; its node is kept out for a while. */
  #sendAway(socket: NodeSocket, reason: keyof typeof TOO_MUCH): void {
    const retryMs = this.#door.shutOut(socket, Date.now());
    log.warn('home-sent-away', { nodeId: socket.facts.nodeId, hub: socket.hub, reason, waitMs: retryMs });
    socket.sendJson('error', { code: 'too-much', message: TOO_MUCH[reason], retryMs });
    this.drop(socket, CLOSE.tooMuch, TOO_MUCH[reason]);
  }

  #refuseHello(socket: NodeSocket, refusal: ErrorFrame): void {
    log.warn('hello-refused', { nodeId: socket.facts.nodeId, hub: socket.hub, reason: refusal.code });
    socket.sendJson('error', refusal);
    this.drop(socket, CLOSE.badHello, 'bad hello');
  }

  #moveIdle(socket: NodeSocket): void {
    const { moving, facts } = socket;
    if (!moving || moving.isTold || !socket.isCurrent || !socket.isSynced || socket.parts.size > 0) return;
    socket.markMoving({ ...moving, isTold: true });
    socket.sendJson('moved', { reason: moving.reason });
    if (moving.to !== this.#doors.hub) this.#doors.onMoved(facts.nodeId, moving.to);
  }

  #isSilent(socket: NodeSocket, now = Date.now()): boolean {
    if (socket.parts.size > 0 || now - socket.livedAt <= SILENT_AFTER_MS) return false;
    // The platform is asked only where what it told last is too old to do.
    socket.livedAt = Math.max(this.#doors.pingedAt(socket.ws), socket.livedAt);
    return now - socket.livedAt > SILENT_AFTER_MS;
  }

  #openDesk(): FrameDesk {
    const { services, onChanged, onLateReceipt, receipts, onReceipts } = this.#doors;
    return new FrameDesk({
      handshake: services.handshake,
      mayProve: (socket, now) => this.#door.mayProve(socket, now),
      onReady: (socket, instance) => {
        if (this.#door.noteProof(socket, Date.now())) void this.#enter(socket, instance);
        else this.#sendAway(socket, 'too-much');
      },
      onBadProof: (socket) => this.#door.noteBadProof(socket, Date.now()),
      onBadHello: (socket, refusal) => this.#refuseHello(socket, refusal),
      onState: ({ facts }) => onChanged(facts.nodeId),
      onSynced: (socket) => this.#moveIdle(socket),
      onLateReceipt: ({ facts }, late) => onLateReceipt(facts.nodeId, late),
      receipts,
      onReceipts,
    });
  }

  #bar(socket: NodeSocket, reason: string): void {
    if (socket.isReady) socket.sendJson('error', { code: 'node_revoked', message: reason, isFinal: true });
    this.drop(socket, CLOSE.revoked, 'revoked');
  }

  async #enter(socket: NodeSocket, instance: string | null): Promise<void> {
    const { nodeId } = socket.facts;
    const rttMs = Date.now() - socket.connectedAt;
    const { hub, services } = this.#doors;
    const look = await askEntry(services, { nodeId, hub, instance, here: this.find(nodeId) });
    if (look.kind === 'refused') {
      socket.sendJson('error', look.error);
      return this.drop(socket, look.code, look.reason);
    }
    socket.takeStanding(look.shown.standing);
    return this.#welcome(socket, { instance, rttMs, lastReceipt: look.shown.lastReceipt });
  }

  async #welcome(socket: NodeSocket, { instance, rttMs, lastReceipt }: Entering): Promise<void> {
    const { services, area, hub } = this.#doors;
    const { nodeId } = socket.facts;
    const { token, untilAt } = await services.issueNodeToken(socket.facts, Date.now());
    if (socket.isReady || !this.#sockets.has(socket.ws)) return;
    const replaced = this.find(nodeId);
    // Until the node has told its state anew the last one stands, so that no caller finds the home gone meanwhile.
    socket.markReady({ state: replaced?.state ?? null, instance });
    this.#current.set(nodeId, socket);
    const { domain, routerAddress: router, handovers } = services;
    const keys = { router, domain, ...(handovers.length > 0 && { handovers: [...handovers] }) };
    socket.sendJson('welcome', { node: nodeId, area, hub, ...keys, token, tokenUntilAt: untilAt, lastReceipt });
    this.#doors.onWelcome(nodeId, { rttMs, isNew: !replaced });
    if (replaced) await this.#replace(replaced);
  }

  /** A newer connection took this one's place: if it still answers it may finish its jobs, else they are lost now. */
  async #replace(socket: NodeSocket): Promise<void> {
    socket.markReplaced();
    const isAlive = socket.parts.size > 0 && (await socket.askSync(REPLACED_WAIT_MS));
    if (!isAlive) this.drop(socket, CLOSE.replaced, REPLACED);
  }
}
