// The hub's door to homes: who may dial, which of its messages are read at all, and who is sent away for how long. It knows what was sent and not
// what it means. Every number stands in door-limits.ts.
import { BoundedMap } from '../../schema/bounded-map.ts';
import { Bucket } from '../../schema/bucket.ts';
import { decodeFrames } from '../../schema/frames.ts';
import type { Frame, FrameFault } from '../../schema/frames.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import {
  BAD_PROOFS,
  HOME_POINTS,
  JOB_POINTS,
  LINGERING_RETRY_MS,
  MAX_HELLO_BYTES,
  MAX_MESSAGE_BYTES_OF_NODE,
  PROOFS,
} from './door-limits.ts';
import { LingeringLines } from './lingering-lines.ts';
import { HELLO_POINTS, measureBroken, measureWork } from './measure-work.ts';
import type { NodeFacts } from './node-facts.ts';
import type { NodeSocket } from './node-socket.ts';
import { ShutOuts } from './shut-outs.ts';
import { UnprovenDials } from './unproven-dials.ts';

/** Homes and addresses whose points are remembered, over their connections. */
const MAX_KEPT = 4096;

/** Holds a Dial as JSON on its way from the edge. */
export const DIAL_HEADER = 'x-irori-dial';

/** What the edge knows of a dial beside who is said to dial. */
export interface Dial {
  /** The address that it comes from; empty where nobody knows. */
  readonly from: string;
  /** True where a token of the router's says who it is. */
  readonly hasToken: boolean;
}

/** What the edge says of a home that dials, in the headers of its call. Written by our own edge, so its shape is trusted. */
export function readLink(headers: Headers): [facts: NodeFacts, dial: Dial] {
  const facts = JSON.parse(headers.get('x-irori-facts') ?? '{}') as NodeFacts;
  return [facts, JSON.parse(headers.get(DIAL_HEADER) ?? '{"from":"","hasToken":false}') as Dial];
}

/** Why a message is not read. `fault`: it cannot be split, and that is told; the others end the connection. */
export type Unread =
  | { readonly kind: 'fault'; readonly fault: FrameFault }
  /** It has not proved who it is, and says anything but one hello. */
  | { readonly kind: 'unproven' }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'too-much' }
  /** It was sent a lot and reads nothing. */
  | { readonly kind: 'unread' };

/** What a home is told that sends too much. Its agent says it to its owner. */
export const TOO_MUCH: Readonly<Record<Exclude<Unread['kind'], 'fault' | 'unproven'>, string>> = {
  'too-large': 'a message holds more bytes than a home may send at once',
  'too-much': 'this home sends more than a home may',
  unread: 'this home does not read what it is sent',
};

const TOKENLESS: Dial = { from: '', hasToken: false };

export class HubDoor {
  readonly #unproven = new UnprovenDials<NodeSocket>();
  readonly #lingering = new LingeringLines<WebSocket>();
  readonly #dials = new WeakMap<NodeSocket, Dial>();
  readonly #shutOuts: ShutOuts;
  readonly #points = new BoundedMap<string, Bucket>(MAX_KEPT);
  readonly #badProofs = new BoundedMap<string, Bucket>(MAX_KEPT);
  readonly #proofs = new Bucket();
  readonly #haveProved = new WeakSet<NodeSocket>();

  /** `shutOutMs`: how long who was sent away is kept out the first time. */
  constructor(shutOutMs: number) {
    this.#shutOuts = new ShutOuts(shutOutMs);
  }

  /** Dials that have not proved who they are. */
  get unproven(): number {
    return this.#unproven.size;
  }

  /** For how long a dial is kept out, ms; 0 for one that may come in. */
  keptOutMs(nodeId: string, dial: Dial, now: number): number {
    const leftMs = this.#shutOuts.leftMs({ nodeId, ...dial }, now);
    return leftMs === 0 && !dial.hasToken && this.#lingering.isFull(dial.from) ? LINGERING_RETRY_MS : leftMs;
  }

  /** A dial came in; the one that has to leave for it comes back. */
  admit(socket: NodeSocket, dial: Dial = TOKENLESS): NodeSocket | null {
    this.#dials.set(socket, dial);
    return this.#unproven.admit(socket, { nodeId: socket.facts.nodeId, from: dial.from });
  }

  forget(socket: NodeSocket): void {
    this.#unproven.forget(socket);
  }

  /** It was closed from here; its line stands until the other end hangs up. */
  noteClosed(socket: NodeSocket): void {
    this.noteLingering(socket.ws, this.#dialOf(socket).from);
  }

  /** A line that stands though nobody's; one that has ended meanwhile is none. */
  noteLingering(ws: WebSocket, from = ''): void {
    if (ws.readyState === WebSocket.CLOSING) this.#lingering.add(ws, from);
  }

  /** The line has ended. */
  noteEnded(ws: WebSocket): void {
    this.#lingering.forget(ws);
  }

  /** A message's frames, if it may be read. What it costs is taken from its home's points before any of it is. */
  read(socket: NodeSocket, message: ArrayBuffer | string, now: number): Result<readonly Frame[], Unread> {
    if (!socket.isReady) return this.#readHello(socket, message);
    if (socket.unread.isOver) return err({ kind: 'unread' });
    if (typeof message === 'string')
      return this.#spend(socket, measureBroken(message.length), now) ? ok([]) : err({ kind: 'too-much' });
    if (message.byteLength > MAX_MESSAGE_BYTES_OF_NODE) return err({ kind: 'too-large' });
    const frames = decodeFrames(message);
    if (!this.#spend(socket, frames.ok ? measureWork(frames.value) : measureBroken(message.byteLength), now))
      return err({ kind: 'too-much' });
    return frames.ok ? frames : err({ kind: 'fault', fault: frames.error });
  }

  /** True where the proof of a hello may be checked: once a connection, and not where too many were wrong or come at once. */
  mayProve(socket: NodeSocket, now: number): boolean {
    if (this.#haveProved.has(socket)) return false;
    this.#haveProved.add(socket);
    const { from, hasToken } = this.#dialOf(socket);
    if (!hasToken && this.#bucketOf(this.#badProofs, from).waitMs(1, BAD_PROOFS, now) > 0) return false;
    return this.#proofs.take(1, PROOFS, now);
  }

  /** The proof was wrong. */
  noteBadProof(socket: NodeSocket, now: number): void {
    this.#keepBucket(this.#badProofs, this.#dialOf(socket).from).take(1, BAD_PROOFS, now);
  }

  /** It is the home that it says; false where that home has used up its points. */
  noteProof(socket: NodeSocket, now: number): boolean {
    this.#unproven.forget(socket);
    this.#keepBucket(this.#points, socket.facts.nodeId);
    return this.#spend(socket, HELLO_POINTS, now);
  }

  /** A home got a job, which brings it points for what it will say of it. */
  noteJob(socket: NodeSocket, now: number): void {
    this.#bucketOf(this.#points, socket.facts.nodeId).add(JOB_POINTS.once, ruleOf(socket), now);
  }

  /** A home is sent away for sending too much; for how long, ms. */
  shutOut(socket: NodeSocket, now: number): number {
    return this.#shutOuts.note({ nodeId: socket.facts.nodeId, from: this.#dialOf(socket).from }, now);
  }

  #readHello(socket: NodeSocket, message: ArrayBuffer | string): Result<readonly Frame[], Unread> {
    const isHello = typeof message !== 'string' && message.byteLength <= MAX_HELLO_BYTES;
    if (!isHello || this.#haveProved.has(socket)) return err({ kind: 'unproven' });
    const frames = decodeFrames(message);
    return frames.ok && frames.value.length === 1 ? frames : err({ kind: 'unproven' });
  }

  #spend(socket: NodeSocket, points: number, now: number): boolean {
    return this.#bucketOf(this.#points, socket.facts.nodeId).take(points, ruleOf(socket), now);
  }

  #dialOf(socket: NodeSocket): Dial {
    return this.#dials.get(socket) ?? TOKENLESS;
  }

  #bucketOf(buckets: BoundedMap<string, Bucket>, key: string): Bucket {
    return buckets.get(key) ?? this.#keepBucket(buckets, key);
  }

  /** Whoever comes is forgotten last. Not at each message: a map that is changed so often is built anew all the time. */
  #keepBucket(buckets: BoundedMap<string, Bucket>, key: string): Bucket {
    const bucket = buckets.get(key) ?? new Bucket();
    buckets.set(key, bucket);
    return bucket;
  }
}

/** What a home may use rises with the jobs that it runs. */
function ruleOf({ parts }: NodeSocket): { readonly brim: number; readonly perS: number } {
  return {
    brim: HOME_POINTS.brim + JOB_POINTS.once * parts.size,
    perS: HOME_POINTS.perS + JOB_POINTS.perS * parts.size,
  };
}
