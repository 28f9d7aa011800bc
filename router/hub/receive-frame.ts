// What a hub does with each frame of a node: parse it strictly, then tell the part or the hub. A malformed frame is answered, never fatal.
import type * as z from 'zod';
import { FRAME, nameFrame, readData, readJson } from '../../schema/frames.ts';
import type { Frame } from '../../schema/frames.ts';
import {
  endSchema,
  faultSchema,
  headSchema,
  helloSchema,
  lateReceiptSchema,
  refuseSchema,
  runningSchema,
  stateSchema,
} from '../../schema/frames-to-hub.ts';
import type { LateReceipt } from '../../schema/frames-to-hub.ts';
import { MAX_STATE_BYTES, MIN_PROTOCOL_VERSION, PROTOCOL_VERSION } from '../../schema/frames.ts';
import { NODE_HELLO } from '../../schema/receipt.ts';
import type { HubServices } from './hub-services.ts';
import type { NodeSocket } from './node-socket.ts';
import type { Part } from './part.ts';

export interface Receiver {
  readonly socket: NodeSocket;
  readonly services: HubServices;
  readonly now: number;
  readonly onReady: () => void;
  readonly onBadHello: (message: string) => void;
  readonly onState: () => void;
  /** The node has told what it runs after the hub forgot it. */
  readonly onSynced: () => void;
  readonly onLateReceipt: (late: LateReceipt) => void;
}

/** Handles one frame; gives back the part whose stream it touched. */
export function receiveFrame(frame: Frame, receiver: Receiver): Part | null {
  const { socket } = receiver;
  if (frame.type === FRAME.data) return receiveData(frame, receiver);
  if (!socket.isReady) {
    if (frame.type === FRAME.hello) receiveHello(frame, receiver);
    else receiver.onBadHello('say hello first');
    return null;
  }
  switch (frame.type) {
    case FRAME.head:
    case FRAME.end:
    case FRAME.refuse:
    case FRAME.fault:
      return receiveOfPart(frame, receiver);
    case FRAME.state:
      receiveState(frame, receiver);
      return null;
    case FRAME.running:
      receiveRunning(frame, receiver);
      return null;
    case FRAME.receipt: {
      const late = parse(frame, lateReceiptSchema, receiver);
      if (late) receiver.onLateReceipt(late);
      return null;
    }
    case FRAME.error:
    case FRAME.hello:
      return null;
    default:
      socket.sendJson('error', { code: 'unknown-frame', message: `no frame of type ${frame.type} is known here` });
      return null;
  }
}

function receiveData(frame: Frame, { socket, now }: Receiver): Part | null {
  const part = socket.parts.get(frame.job);
  if (!part) return null;
  const data = readData(frame);
  if (data.ok) {
    part.onData({ ...data.value, tokens: frame.tokens }, now);
  } else {
    socket.sendJson('error', data.error, frame.job);
    part.onUnreadable(now);
  }
  return part;
}

function receiveOfPart(frame: Frame, receiver: Receiver): Part | null {
  const part = receiver.socket.parts.get(frame.job);
  if (!part) return null;
  const { now } = receiver;
  if (frame.type === FRAME.head) {
    if (parse(frame, headSchema, receiver)) part.onHead(now);
  } else if (frame.type === FRAME.end) {
    const signed = parse(frame, endSchema, receiver);
    if (signed) part.onEnd(signed, now);
    else part.onFault({ code: 'bad-end', receipt: null }, now);
  } else if (frame.type === FRAME.refuse) {
    const refusal = parse(frame, refuseSchema, receiver);
    part.onRefuse(refusal ?? { code: 'unfit', message: 'refused' });
  } else {
    const fault = parse(frame, faultSchema, receiver);
    part.onFault(fault ?? { code: 'internal', receipt: null }, now);
  }
  return part;
}

function receiveHello(frame: Frame, receiver: Receiver): void {
  const { socket, services } = receiver;
  const hello = parse(frame, helloSchema, receiver);
  if (!hello) return receiver.onBadHello('the hello cannot be read');
  if (hello.protocol < MIN_PROTOCOL_VERSION || hello.protocol > PROTOCOL_VERSION) {
    return receiver.onBadHello(
      `protocol ${hello.protocol} is not spoken here (${MIN_PROTOCOL_VERSION} to ${PROTOCOL_VERSION}): update the agent`,
    );
  }
  const { address } = socket.facts;
  const signed = { nonce: socket.nonce, node: address, protocol: hello.protocol };
  const signer = services.handshake.recover(NODE_HELLO, signed, hello.signature);
  if (!signer.ok || signer.value !== address)
    return receiver.onBadHello('the challenge was not signed by this node’s key');
  receiver.onReady();
}

function receiveState(frame: Frame, receiver: Receiver): void {
  if (frame.payload.length > MAX_STATE_BYTES) {
    receiver.socket.sendJson('error', {
      code: 'too-many-models',
      message: `the state holds more than ${MAX_STATE_BYTES} bytes: share fewer models`,
    });
    return;
  }
  const state = parse(frame, stateSchema, receiver);
  if (!state) return;
  receiver.socket.setState(state);
  receiver.onState();
}

function receiveRunning(frame: Frame, receiver: Receiver): void {
  const running = parse(frame, runningSchema, receiver);
  if (!running) return;
  const { socket } = receiver;
  for (const { job } of running.jobs)
    if (!socket.parts.has(job)) socket.sendJson('cancel', { reason: 'unknown-job' }, job);
  socket.markSynced();
  receiver.onSynced();
}

function parse<T>(frame: Frame, schema: z.ZodType<T>, { socket }: Receiver): T | null {
  const json = readJson(frame);
  if (!json.ok) {
    socket.sendJson('error', json.error, frame.job);
    return null;
  }
  const parsed = schema.safeParse(json.value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  socket.sendJson(
    'error',
    {
      code: 'bad-payload',
      message: `'${nameFrame(frame.type) ?? frame.type}' ${field}: ${issue?.message ?? 'not valid'}`.slice(0, 200),
    },
    frame.job,
  );
  return null;
}
