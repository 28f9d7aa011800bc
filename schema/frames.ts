// Every frame of the hub-node socket. A WebSocket message is one frame or more, binary, so several jobs can share one write.
// Frame: u8 type, u8 flags, u16 tokens, u32 job, u32 length (big-endian), then the payload. Text `p` is the ping, answered `P` by the platform.
// Rules from the first version: unknown fields are ignored, an unknown type is answered with an `error` frame, never a closed socket.
import { concatBytes } from './bytes.ts';
import { err, ok } from './result.ts';
import type { Result } from './result.ts';

export const PROTOCOL_VERSION = 3;
/** The oldest version that a hub still speaks; raised only with a release note. */
export const MIN_PROTOCOL_VERSION = 3;

export const FRAME_HEADER_BYTES = 12;
/** A frame's payload at most; a longer one is hostile. */
export const MAX_PAYLOAD_BYTES = 2 * 1024 * 1024;
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** Frames of a message at most; whoever gathers frames sends them when half of that is there. */
export const MAX_MESSAGE_FRAMES = 1024;

/** A `job` frame's payload above this comes in `piece` frames of so many bytes, the rest in the `job` frame itself. */
export const JOB_PIECE_BYTES = 64 * 1024;
/** The payload of a job at most, all its pieces together: a caller's largest body, whatever escaping makes of it, and the answer so far. */
export const MAX_JOB_BYTES = 20 * 1024 * 1024;

/** Event bytes that a node may send of one job before the hub grants more; token ids are not counted. */
export const INITIAL_CREDIT_BYTES = 256 * 1024;

/** Close codes of this socket; 4400 and up are ours. Never 1005, 1006 or 1015, which no peer may send. */
export const CLOSE = {
  normal: 1000,
  going: 1001,
  badHello: 4401,
  revoked: 4403,
  silent: 4408,
  replaced: 4409,
  /** It sent more than a home may (`hub/door-limits.ts`), or does not read what it is sent. */
  tooMuch: 4429,
} as const;

/** Late receipts that an agent offers at once, and then in each second. A hub reads more before it takes a home for one that floods. */
export const LATE_RECEIPTS = { brim: 64, perS: 16 } as const;

/** Bytes of a `state` payload at most: a hub keeps them as they are in the socket's attachment, which holds 16,384 in all. */
export const MAX_STATE_BYTES = 12_000;
/** Models that one home may offer at once, and jobs that it may take at once. */
export const MAX_MODELS = 64;
export const MAX_SLOTS = 64;

export const PING = 'p';
export const PONG = 'P';
export const PING_INTERVAL_MS = 60_000;

/** Sent by a hub: below 32. */
const TO_NODE = {
  challenge: 1,
  welcome: 2,
  job: 3,
  tickets: 4,
  cancel: 5,
  credit: 6,
  accepted: 7,
  sync: 8,
  drain: 9,
  moved: 10,
  prefetch: 11,
  unsigned: 12,
  /** A piece of the `job` frame of this number, which holds the rest: what is long leaves in pieces, so that nothing else of the socket waits for it. */
  piece: 13,
} as const;
/** Sent by a node: from 32. */
const TO_HUB = {
  hello: 32,
  state: 33,
  head: 34,
  data: 35,
  end: 36,
  refuse: 37,
  fault: 38,
  running: 39,
  receipt: 40,
  alive: 41,
  receipts: 42,
} as const;
/** Sent by both: from 64. */
const BOTH_WAYS = { error: 64 } as const;

export const FRAME = { ...TO_NODE, ...TO_HUB, ...BOTH_WAYS } as const;
export type FrameName = keyof typeof FRAME;
export type FrameToNode = keyof typeof TO_NODE | keyof typeof BOTH_WAYS;
export type FrameToHub = keyof typeof TO_HUB | keyof typeof BOTH_WAYS;

/** Flag of `data`: the payload starts with `tokens` token ids (u32 each), then the event bytes. */
export const FLAG_TOKEN_IDS = 1;
/** Flag of `data`: its events are thinking and no text of the answer. A frame holds one kind of events. */
export const FLAG_THINKING = 2;
/** Flag of `data`: its events are calls of tools. */
export const FLAG_CALLS = 4;
/** Flag of `alive`: the model server has sent something since the last, such as thinking that it hides or how far it is with the prompt. */
export const FLAG_MOVES = 8;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  /** Output tokens in this frame; 0 for everything but `data`. */
  readonly tokens: number;
  /** Number of the job on this socket, chosen by the hub; 0 when the frame is about no job. */
  readonly job: number;
  /** A view into the message: copy it if it must outlive the message. */
  readonly payload: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
const NO_BYTES = new Uint8Array(0);
const FRAME_NAMES = new Map<number, FrameName>(Object.entries(FRAME).map(([name, type]) => [type, name as FrameName]));

/** The word for a frame's type, or null for a type of a later version. */
export function nameFrame(type: number): FrameName | null {
  return FRAME_NAMES.get(type) ?? null;
}

/** One frame as bytes. `tokens` is clamped to u16 by the caller's window (5 tokens, at most what queued). */
export function encodeFrame(
  name: FrameName,
  parts: { job?: number; tokens?: number; flags?: number; payload?: Uint8Array },
): Uint8Array {
  const payload = parts.payload ?? NO_BYTES;
  const frame = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
  const { flags = 0, tokens = 0, job = 0 } = parts;
  writeHeader(frame, name, { flags, tokens, job, length: payload.length });
  frame.set(payload, FRAME_HEADER_BYTES);
  return frame;
}

/** Writes a frame's first FRAME_HEADER_BYTES; `length` is its payload's. */
export function writeHeader(
  frame: Uint8Array,
  name: FrameName,
  { flags, tokens, job, length }: { flags: number; tokens: number; job: number; length: number },
): void {
  frame[0] = FRAME[name];
  frame[1] = flags;
  frame[2] = tokens >>> 8;
  frame[3] = tokens;
  writeWord(frame, 4, job);
  writeWord(frame, 8, length);
}

function writeWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}

/** A frame whose payload is JSON. */
export function encodeJsonFrame(name: FrameName, value: unknown, job = 0): Uint8Array {
  return encodeFrame(name, { job, payload: encoder.encode(JSON.stringify(value)) });
}

/** A grant of flow control: the node may send this many more event bytes. */
export function encodeCredit(job: number, bytes: number): Uint8Array {
  const payload = new Uint8Array(4);
  new DataView(payload.buffer).setUint32(0, bytes);
  return encodeFrame('credit', { job, payload });
}

/** Bytes of a `credit` frame's grant. */
export function readCredit(frame: Frame): Result<number, FrameFault> {
  if (frame.payload.length !== 4) return err({ code: 'bad-frame', message: 'a credit frame holds 4 bytes' });
  const { buffer, byteOffset } = frame.payload;
  return ok(new DataView(buffer, byteOffset, 4).getUint32(0));
}

export interface FrameFault {
  readonly code: 'bad-frame' | 'bad-payload';
  readonly message: string;
}

/** Splits a WebSocket message into its frames without copying. Errors: a truncated or oversized frame, or one too many, spoils the whole message. */
export function decodeFrames(message: ArrayBuffer | Uint8Array): Result<Frame[], FrameFault> {
  const bytes = message instanceof Uint8Array ? message : new Uint8Array(message);
  if (bytes.length > MAX_MESSAGE_BYTES)
    return err({ code: 'bad-frame', message: `a message holds at most ${MAX_MESSAGE_BYTES} bytes` });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length;) {
    if (frames.length === MAX_MESSAGE_FRAMES)
      return err({ code: 'bad-frame', message: `a message holds at most ${MAX_MESSAGE_FRAMES} frames` });
    if (bytes.length - at < FRAME_HEADER_BYTES)
      return err({ code: 'bad-frame', message: 'a frame header is cut short' });
    const length = view.getUint32(at + 8);
    const start = at + FRAME_HEADER_BYTES;
    if (length > MAX_PAYLOAD_BYTES)
      return err({ code: 'bad-frame', message: `a payload holds at most ${MAX_PAYLOAD_BYTES} bytes` });
    if (bytes.length - start < length) return err({ code: 'bad-frame', message: 'a frame payload is cut short' });
    frames.push({
      type: view.getUint8(at),
      flags: view.getUint8(at + 1),
      tokens: view.getUint16(at + 2),
      job: view.getUint32(at + 4),
      payload: bytes.subarray(start, start + length),
    });
    at = start + length;
  }
  return ok(frames);
}

/** The payload of a JSON frame, unparsed by schema. Errors: not UTF-8 or not JSON. */
export function readJson(frame: Frame): Result<unknown, FrameFault> {
  try {
    return ok(JSON.parse(decoder.decode(frame.payload)));
  } catch {
    return err({ code: 'bad-payload', message: `the payload of '${nameFrame(frame.type) ?? frame.type}' is not JSON` });
  }
}

/** What a `data` frame holds. */
export interface DataPayload {
  /** Null where the node sent none. */
  readonly tokenIds: number[] | null;
  readonly events: Uint8Array;
  /** True where the events are thinking. */
  readonly isThinking: boolean;
  /** True where they are calls of tools. */
  readonly isCalls: boolean;
}

/** The payload of a `data` frame. */
export function readData(frame: Frame): Result<DataPayload, FrameFault> {
  const kinds = { isThinking: (frame.flags & FLAG_THINKING) !== 0, isCalls: (frame.flags & FLAG_CALLS) !== 0 };
  if ((frame.flags & FLAG_TOKEN_IDS) === 0) return ok({ tokenIds: null, events: frame.payload, ...kinds });
  const idBytes = 4 * frame.tokens;
  if (frame.payload.length < idBytes)
    return err({ code: 'bad-frame', message: 'a data frame holds fewer bytes than its token ids need' });
  const { buffer, byteOffset } = frame.payload;
  const view = new DataView(buffer, byteOffset, idBytes);
  const tokenIds = Array.from({ length: frame.tokens }, (_, i) => view.getUint32(4 * i));
  return ok({ tokenIds, events: frame.payload.subarray(idBytes), ...kinds });
}

/** A `data` frame of events that stand together, with their token count and, optionally, the token ids. */
export function encodeData(
  job: number,
  data: { tokens: number; events: Uint8Array; tokenIds?: readonly number[]; isThinking?: boolean; isCalls?: boolean },
): Uint8Array {
  const kind = (data.isThinking ? FLAG_THINKING : 0) | (data.isCalls ? FLAG_CALLS : 0);
  if (!data.tokenIds) return encodeFrame('data', { job, tokens: data.tokens, flags: kind, payload: data.events });
  const ids = new Uint8Array(4 * data.tokenIds.length);
  const view = new DataView(ids.buffer);
  data.tokenIds.forEach((id, i) => view.setUint32(4 * i, id));
  return encodeFrame('data', {
    job,
    tokens: data.tokenIds.length,
    flags: FLAG_TOKEN_IDS | kind,
    payload: concatBytes([ids, data.events]),
  });
}
