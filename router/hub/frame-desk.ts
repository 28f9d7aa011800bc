// Where a hub takes in its homes' frames: each is read strictly, then told to its part or to the hub. A malformed frame is answered, never fatal.
import type { Frame } from '../../schema/frames.ts';
import { MIN_PROTOCOL_VERSION, PROTOCOL_VERSION } from '../../schema/frames.ts';
import type { LateReceipt } from '../../schema/frames-to-hub.ts';
import type { ReceiptsFrame } from '../../schema/seal.ts';
import type { ErrorFrame } from '../../schema/frames-to-node.ts';
import { checkNodeHello } from '../auth/check-node-hello.ts';
import { makeLog } from '../log.ts';
import type { HubServices } from './hub-services.ts';
import type { JobReceipts, RebuiltReceipt } from './job-receipts.ts';
import type { NodeSocket } from './node-socket.ts';
import type { Part } from './part.ts';
import type { OpenedPart } from './settlement.ts';
import { nameNodeFrame, readNodeFrame } from './read-node-frame.ts';
import type { FrameRefusal, NodeFrame } from './read-node-frame.ts';

const log = makeLog('hub');

export interface FrameDeskDoors {
  readonly handshake: HubServices['handshake'];
  /** `instance`: what the agent drew at its start; null from one that tells none. */
  readonly onReady: (socket: NodeSocket, instance: string | null) => void;
  readonly onBadHello: (socket: NodeSocket, refusal: ErrorFrame) => void;
  /** False where a hello is not even checked: one a connection is, and not too many at once. */
  readonly mayProve: (socket: NodeSocket, now: number) => boolean;
  readonly onBadProof: (socket: NodeSocket) => void;
  readonly onState: (socket: NodeSocket) => void;
  /** The node has told what it runs after the hub forgot it. */
  readonly onSynced: (socket: NodeSocket) => void;
  readonly onLateReceipt: (socket: NodeSocket, late: LateReceipt) => void;
  /** Where what jobs came to is noted, before their parts hear of the end. */
  readonly receipts: JobReceipts<OpenedPart>;
  readonly onReceipts: (receipts: readonly RebuiltReceipt<OpenedPart>[]) => void;
}

type Named<N extends NodeFrame['name']> = Extract<NodeFrame, { readonly name: N }>;

export class FrameDesk {
  readonly #doors: FrameDeskDoors;

  constructor(doors: FrameDeskDoors) {
    this.#doors = doors;
  }

  /** Handles one frame; gives back the part whose stream it touched. */
  receive(socket: NodeSocket, frame: Frame, now: number): Part | null {
    const name = nameNodeFrame(frame);
    if (!socket.isReady && name !== 'hello') {
      this.#doors.onBadHello(socket, badHello('say hello first'));
      return null;
    }
    const part = socket.parts.get(frame.job) ?? null;
    // A part that has ended may still be spoken of: only what it came to is read.
    const isLastWord = name === 'end' || name === 'fault';
    if (!part && isOfPart(name) && !(isLastWord && this.#doors.receipts.isKnown(socket, frame.job))) return null;
    const read = readNodeFrame(frame, name);
    if (read.ok) return this.#act(socket, part, { frame: read.value, now });
    if (name !== 'error') this.#refuse(socket, frame.job, read.error);
    return part && tellUnreadable(part, name, now) ? part : null;
  }

  #act(socket: NodeSocket, part: Part | null, { frame, now }: { frame: NodeFrame; now: number }): Part | null {
    switch (frame.name) {
      case 'data':
        part?.onData(frame, now);
        return part;
      case 'alive':
        part?.onAlive(now, frame.moves);
        return null;
      case 'head':
        part?.onHead(now);
        return part;
      case 'end':
        this.#doors.receipts.noteWork(socket, frame.job, { work: frame.value.work, now });
        part?.onEnd(frame.value, now);
        return part;
      case 'refuse':
        part?.onRefuse(frame.value);
        return part;
      case 'fault':
        this.#doors.receipts.noteWork(socket, frame.job, { work: frame.value.work, now });
        part?.onFault(frame.value, now);
        return part;
      case 'hello':
        if (!socket.isReady) this.#hello(socket, frame.value, now);
        return null;
      case 'state':
        if (frame.complaint !== undefined) socket.sendError({ code: 'too-many-models', message: frame.complaint });
        socket.noteMostW(frame.mostW ?? null);
        socket.states.offer(frame.value, (state) => {
          socket.setState(state);
          this.#doors.onState(socket);
        });
        return null;
      case 'running':
        this.#running(socket, frame.value);
        return null;
      case 'receipt':
        this.#doors.onLateReceipt(socket, frame.value);
        return null;
      case 'receipts':
        this.#receipts(socket, frame.value);
        return null;
      case 'error':
        return null;
    }
  }

  /** Where they cannot be used their home offers each of them again, as late. */
  #receipts(socket: NodeSocket, frame: ReceiptsFrame): void {
    const { receipts, onReceipts } = this.#doors;
    const taken = receipts.take(socket, frame);
    if (taken.ok) return onReceipts(taken.value);
    const { nodeId } = socket.facts;
    log.warn('receipts-unfit', { nodeId, hub: socket.hub, count: frame.jobs.length, reason: taken.error });
    socket.sendError({ code: 'bad-receipts', message: taken.error });
  }

  #hello(socket: NodeSocket, hello: Named<'hello'>['value'], now: number): void {
    const { handshake, mayProve, onReady, onBadHello, onBadProof } = this.#doors;
    if (hello.protocol < MIN_PROTOCOL_VERSION || hello.protocol > PROTOCOL_VERSION) {
      const spoken = [...new Set([MIN_PROTOCOL_VERSION, PROTOCOL_VERSION])].join(' to ');
      const who = hello.protocol < MIN_PROTOCOL_VERSION ? 'update the agent' : 'this router is older than the agent';
      const message = `the agent speaks version ${hello.protocol} of the protocol, this router ${spoken}: ${who}`;
      return onBadHello(socket, { code: 'protocol-version', message, isFinal: true });
    }
    const { address, origins } = socket.facts;
    const { origin = '', protocol, signature } = hello;
    if (!origins.includes(origin)) {
      const message = `the hello names the router ${origin}, and this one is ${origins.join(' or ')}: dial that, or have its operator list yours`;
      return onBadHello(socket, { code: 'other-origin', message, isFinal: true });
    }
    if (!mayProve(socket, now)) return onBadHello(socket, badHello('too many homes say hello just now'));
    if (checkNodeHello(handshake, { nonce: socket.nonce, address, protocol, origin, signature })) {
      socket.noteAgent({ version: hello.agent, platform: hello.platform });
      return onReady(socket, hello.instance ?? null);
    }
    onBadProof(socket);
    onBadHello(socket, badHello('the challenge was not signed by this node’s key'));
  }

  /** What nobody asked for is not looked into: each job in it would be answered. */
  #running(socket: NodeSocket, { jobs }: Named<'running'>['value']): void {
    if (!socket.noteAnswered()) return;
    for (const { job } of jobs) if (!socket.parts.has(job)) socket.sendJson('cancel', { reason: 'unknown-job' }, job);
    socket.markSynced();
    this.#doors.onSynced(socket);
  }

  /** The node hears of each; the operator of the first on a connection, since a broken agent may send thousands. */
  #refuse(socket: NodeSocket, job: number, { name, code, message }: FrameRefusal): void {
    if (name === 'hello' && socket.isReady) return;
    const { nodeId } = socket.facts;
    if (socket.noteUnreadable()) log.warn('frame-unreadable', { nodeId, hub: socket.hub, reason: code });
    socket.sendError({ code, message }, name === null || code === 'too-many-models' ? 0 : job);
    if (name === 'hello') this.#doors.onBadHello(socket, badHello('the hello cannot be read'));
  }
}

const BAD_HELLO_RETRY_MS = 10_000;

export function badHello(message: string): ErrorFrame {
  return { code: 'bad-hello', message, isFinal: false, retryMs: BAD_HELLO_RETRY_MS };
}

function isOfPart(name: NodeFrame['name'] | null): boolean {
  return (
    name === 'data' || name === 'alive' || name === 'head' || name === 'end' || name === 'refuse' || name === 'fault'
  );
}

/** A frame of a part that cannot be read: what its home meant is lost, and where it was its last word the part ends with it. False where it was of no part. */
function tellUnreadable(part: Part, name: NodeFrame['name'] | null, now: number): boolean {
  if (!isOfPart(name)) return false;
  if (name === 'data') part.onUnreadable(now);
  if (name === 'end') part.onFault({ code: 'bad-end', work: null }, now);
  if (name === 'refuse') part.onRefuse({ code: 'unfit', message: 'refused' });
  if (name === 'fault') part.onFault({ code: 'internal', work: null }, now);
  return true;
}
