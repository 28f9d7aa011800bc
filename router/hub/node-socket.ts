// One home's connection at its hub. What must outlive the hub's memory stands in the socket's attachment; jobs do not outlive it.
import { encodeJsonFrame, PROTOCOL_VERSION } from '../../schema/frames.ts';
import type { JsonToNode } from '../../schema/frames-to-node.ts';
import type { Hex } from '../../schema/bytes.ts';
import type { NodeCandidate } from '../homes/find-entry.ts';
import { makeKin } from '../auth/make-kin.ts';
import type { NodeFacts, Standing } from './node-facts.ts';
import type { AgentFacts, Attachment, Hindrance, Moving, Stored } from './socket-attachment.ts';
import type { Part } from './part.ts';
import { packState, unpackState } from './read-state.ts';
import type { KeptState } from './read-state.ts';
import { Bucket } from '../../schema/bucket.ts';
import { ERRORS_TOLD } from './door-limits.ts';
import { JobSender } from './job-sender.ts';
import { StateGate } from './state-gate.ts';
import { UnreadBytes } from './unread-bytes.ts';

/** Two and a half ping intervals without a sign of life. */
export const SILENT_AFTER_MS = 150_000;
/** A home that is to move gets new jobs for so long while it waits for a moment without any; after that none. */
const MOVE_PATIENCE_MS = 60_000;

/** A home that runs jobs and says nothing for so long is asked whether it is there, and has so long to answer. */
const ASK_AFTER_MS = 2000;
const ANSWER_MS = 2000;

export class NodeSocket {
  readonly ws: WebSocket;
  readonly parts = new Map<number, Part>();
  /** What it was sent and has not shown to have read. */
  readonly unread = new UnreadBytes();
  readonly states = new StateGate();
  readonly jobs = new JobSender({
    send: (frame) => this.#put(frame),
    onLeft: () => this.#askIfDue(),
    unread: () => this.unread.bytes,
    onPiece: (job) => this.parts.get(job)?.onPiece(Date.now()),
  });
  readonly #errors = new Bucket();
  #attachment: Attachment;
  #nextJob = 1;
  /** False after a cold start of the hub until the node has answered `sync`. */
  isSynced: boolean;
  /** True where the node's state did not outlive the hub's memory: it has to dial anew to tell it. */
  isCut = false;
  #helloTimer: ReturnType<typeof setTimeout> | null = null;
  #onSynced: (() => void)[] = [];
  /** When the node was heard last and when it was asked whether it is there, ms since epoch; 0 for never in this life of the hub. */
  #heardAt = 0;
  #askedAt = 0;
  #unreadable = 0;
  /** The latest sign of life that the hub has looked at, ms since epoch: a ping, anything that it said, or that it connected. */
  livedAt: number;
  /** Until when its model server wants no job, ms since epoch. */
  #heldUntilAt = 0;
  /** The state as it is stored, so that it is packed once and not at every job. */
  #packed: { readonly state: KeptState; readonly bytes: Uint8Array } | null = null;

  private constructor(ws: WebSocket, attachment: Attachment, isSynced: boolean) {
    this.ws = ws;
    this.#attachment = attachment;
    this.isSynced = isSynced;
    this.livedAt = attachment.connectedAt;
    // Job numbers start at a random place, so a number from before an eviction is not taken for a new job's.
    if (!isSynced) this.#nextJob = 1 + Math.floor(Math.random() * 0x4000_0000);
  }

  /** A connection that has just been accepted. */
  static open(ws: WebSocket, opened: { facts: NodeFacts; hub: string; nonce: Hex; now: number }): NodeSocket {
    const { facts, hub, nonce, now } = opened;
    const socket = new NodeSocket(
      ws,
      {
        facts,
        standing: null,
        hub,
        nonce,
        connectedAt: now,
        isReady: false,
        instance: null,
        isReplaced: false,
        isBusy: false,
        state: null,
        moving: null,
      },
      true,
    );
    socket.#save();
    return socket;
  }

  /** A connection that outlived its hub's memory; null when its attachment is not ours. */
  static wake(ws: WebSocket): NodeSocket | null {
    const stored = ws.deserializeAttachment() as Stored | null;
    if (typeof stored?.facts?.nodeId !== 'string') return null;
    const { state, isCut = false, ...rest } = stored;
    const told = state instanceof Uint8Array ? unpackState(state) : state;
    const socket = new NodeSocket(ws, { ...rest, state: told }, !stored.isBusy);
    socket.isCut = isCut;
    return socket;
  }

  get facts(): NodeFacts {
    return this.#attachment.facts;
  }

  /** As callers are compared with it. */
  get kin(): readonly string[] {
    const { facts, standing } = this.#attachment;
    return [...makeKin({ family: facts.family }), ...(standing?.kin ?? [])];
  }

  get standing(): Standing | null {
    return this.#attachment.standing ?? null;
  }

  get hub(): string {
    return this.#attachment.hub;
  }

  get nonce(): Hex {
    return this.#attachment.nonce;
  }

  get isReady(): boolean {
    return this.#attachment.isReady;
  }

  get instance(): string | null {
    return this.#attachment.instance ?? null;
  }

  get isReplaced(): boolean {
    return this.#attachment.isReplaced;
  }

  /** True for the one connection that speaks for its node. */
  get isCurrent(): boolean {
    return this.isReady && !this.isReplaced;
  }

  get connectedAt(): number {
    return this.#attachment.connectedAt;
  }

  get state(): KeptState | null {
    return this.#attachment.state;
  }

  /** What its agent said of itself. */
  get agent(): AgentFacts | null {
    return this.#attachment.agent ?? null;
  }

  noteAgent(agent: AgentFacts): void {
    this.#attachment = { ...this.#attachment, agent };
  }

  /** W at the wall that the home can draw at most, by the card that it named last; null where nobody knows. */
  get mostW(): number | null {
    return this.#attachment.mostW ?? null;
  }

  /** Kept with the state that it came in. */
  noteMostW(mostW: number | null): void {
    this.#attachment = { ...this.#attachment, mostW };
  }

  get moving(): Moving | null {
    return this.#attachment.moving;
  }

  /** Calls back unless the node has proved who it is by then. The proof ends the timer: an idle hub has none, so that it can sleep. */
  awaitHello(waitMs: number, onMissing: () => void): void {
    this.#helloTimer = setTimeout(onMissing, waitMs);
  }

  /** The node has proved who it is; `state` is what its last connection told, or null. */
  markReady({ state, instance }: { state: KeptState | null; instance: string | null }): void {
    if (this.#helloTimer) clearTimeout(this.#helloTimer);
    this.#attachment = { ...this.#attachment, isReady: true, state, instance };
    this.#save();
  }

  /** Takes what the books say now; false for what is not newer than what is known. */
  takeStanding({ version, pools, kin = [] }: Standing): boolean {
    if (this.standing && this.standing.version >= version) return false;
    this.#attachment = { ...this.#attachment, standing: { version, pools, kin } };
    this.#save();
    return true;
  }

  markReplaced(): void {
    this.#attachment = { ...this.#attachment, isReplaced: true };
    this.#save();
  }

  markMoving(moving: Moving): void {
    this.#attachment = { ...this.#attachment, moving };
    this.#save();
  }

  setState(state: KeptState): void {
    this.#attachment = { ...this.#attachment, state };
    this.#save();
  }

  /** What placement may know of this node, with so many of its slots; null until it is connected, authenticated and has told its state, and while it moves. `isBehind`: it owes more receipts than it may. */
  toCandidate(now: number, slots: number, isBehind: boolean): NodeCandidate | null {
    const { facts, state, standing } = this.#attachment;
    if (!state || !standing || this.findHindrance(now) !== null) return null;
    return {
      nodeId: facts.nodeId,
      ownerAccountId: facts.ownerAccountId,
      pools: standing.pools,
      place: facts.place,
      models: state.models,
      workW: state.workW ?? null,
      slots,
      // Who has not read what was sent, owes receipts or has a busy model server gets nothing more for now: it is busy, and not away.
      active:
        this.unread.isFull || isBehind || this.#heldUntilAt > now ? Math.max(slots, this.parts.size) : this.parts.size,
      isPaused: state.paused !== null && state.paused !== 'outbox',
    };
  }

  /** Why placement does not see it; null where it does. */
  findHindrance(now: number): Hindrance | null {
    const { state, standing } = this.#attachment;
    if (!this.isCurrent) return 'replaced';
    if (!state || !standing) return 'told-nothing';
    if (!this.isSynced) return 'not-synced';
    return this.#isLeaving(now) ? 'leaving' : null;
  }

  #isLeaving(now: number): boolean {
    const { moving } = this;
    return moving !== null && (moving.isTold || now - moving.sinceAt > MOVE_PATIENCE_MS);
  }

  /** Its model server said that it is busy, and until when. True where it runs no other job that would keep it so. */
  hold(untilAt: number): boolean {
    this.#heldUntilAt = Math.max(this.#heldUntilAt, untilAt);
    return this.parts.size <= 1;
  }

  /** How long its model server wants no job though none runs there, ms; 0 where it may be given one, or the end of one is what it waits for. */
  heldMs(now: number): number {
    return this.parts.size > 0 ? 0 : Math.max(0, this.#heldUntilAt - now);
  }

  nextJob(): number {
    return this.#nextJob++;
  }

  addPart(part: Part): void {
    this.parts.set(part.number, part);
    if (this.parts.size === 1) this.#markBusy(true);
  }

  /** The lease of a part ends; its last frames may still come, so the caller keeps the part itself. */
  removePart(number: number): void {
    this.jobs.drop(number);
    if (this.parts.delete(number) && this.parts.size === 0) this.#markBusy(false);
  }

  send(frame: Uint8Array): void {
    this.#put(frame);
    this.#askIfDue();
  }

  #put(frame: Uint8Array): void {
    try {
      this.ws.send(frame);
      this.unread.noteSent(frame.length);
    } catch {
      // The socket closed under us; its close event ends the parts.
    }
  }

  #askIfDue(): void {
    if (this.unread.isDue && this.isReady) this.#ask();
  }

  /** Tells what could not be used; after many of these nothing. */
  sendError(error: JsonToNode['error'], job = 0): void {
    if (this.#errors.take(1, ERRORS_TOLD, Date.now())) this.sendJson('error', error, job);
  }

  sendJson<N extends keyof JsonToNode>(name: N, value: JsonToNode[N], job = 0): void {
    this.send(encodeJsonFrame(name, value, job));
  }

  /** The node has told what it runs, and so that it has read until it was asked; false where nobody asked. */
  noteAnswered(): boolean {
    if (!this.unread.noteAnswered()) return false;
    this.jobs.pump();
    // What it has yet to show is asked for again: it may be given nothing more until then.
    this.#askIfDue();
    return true;
  }

  /** Asks the node what it runs; false when it did not answer in time. */
  async askSync(waitMs: number): Promise<boolean> {
    this.isSynced = false;
    this.#ask();
    await this.waitForSync(waitMs);
    return this.isSynced;
  }

  /** Resolves when the node has answered `sync`, or after the wait, whichever is first. */
  waitForSync(waitMs: number): Promise<void> {
    if (this.isSynced) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onSynced.push(resolve);
      setTimeout(resolve, waitMs);
    });
  }

  /** A frame of the node could not be read; true for the first of this connection. */
  noteUnreadable(): boolean {
    return this.#unreadable++ === 0;
  }

  /** A message of the node came, whatever it says: who answers jobs lives, though its ping be late. */
  noteHeard(now: number): void {
    this.#heardAt = now;
    this.livedAt = now;
  }

  /** For a node with jobs: false once it has been silent and does not answer when it is asked what it runs. A slow model server does. */
  isThere(now: number): boolean {
    if (now - this.#heardAt < ASK_AFTER_MS) return true;
    if (this.#askedAt > this.#heardAt) return now - this.#askedAt < ANSWER_MS;
    this.#askedAt = now;
    this.#ask();
    return true;
  }

  /** It woke with its hub: what it runs is not known. */
  askAtWake(): void {
    if (!this.isSynced) this.#ask();
  }

  markSynced(): void {
    this.isSynced = true;
    if (this.#attachment.isBusy && this.parts.size === 0) this.#markBusy(false);
    for (const resolve of this.#onSynced.splice(0)) resolve();
  }

  close(code: number, reason: string): void {
    this.dispose();
    try {
      this.ws.close(code, reason);
    } catch {
      // Already closed.
    }
  }

  /** Nothing of it waits any longer. */
  dispose(): void {
    if (this.#helloTimer) clearTimeout(this.#helloTimer);
    this.states.close();
  }

  #ask(): void {
    this.unread.noteAsked();
    this.sendJson('sync', { protocol: PROTOCOL_VERSION });
  }

  #markBusy(isBusy: boolean): void {
    this.#attachment = { ...this.#attachment, isBusy };
    this.#save();
  }

  /** Never throws: where what the home says cannot be stored the hub works with what it remembers, and has it told anew once it forgot. */
  #save(): void {
    const { state, ...rest } = this.#attachment;
    this.#packed = state === this.#packed?.state ? this.#packed : state && { state, bytes: packState(state) };
    if (this.#store({ ...rest, state: this.#packed?.bytes ?? null })) return;
    this.#store({ ...rest, state: null, isCut: true });
  }

  #store(stored: Stored): boolean {
    try {
      this.ws.serializeAttachment(stored);
      return true;
    } catch {
      return false;
    }
  }
}
