// One frame of a node as a message that its hub understands. Pure; every payload is parsed, since a node is a stranger's machine.
import type * as z from 'zod';
import { FLAG_MOVES, MAX_STATE_BYTES, nameFrame, readData, readJson } from '../../schema/frames.ts';
import type { Frame, FrameToHub } from '../../schema/frames.ts';
import {
  endSchema,
  faultSchema,
  headSchema,
  helloSchema,
  lateReceiptSchema,
  refuseSchema,
  runningSchema,
} from '../../schema/frames-to-hub.ts';
import { readReceiptsFrame } from '../../schema/seal.ts';
import type { ReceiptsFrame } from '../../schema/seal.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { MAX_JSON_BYTES } from './door-limits.ts';
import { readMostWatts } from './read-most-watts.ts';
import { readState } from './read-state.ts';
import type { KeptState } from './read-state.ts';

/** A longer state is not even read. */
const MOST_READ_BYTES = 4 * MAX_STATE_BYTES;

const SCHEMAS = {
  hello: helloSchema,
  head: headSchema,
  end: endSchema,
  refuse: refuseSchema,
  fault: faultSchema,
  running: runningSchema,
  receipt: lateReceiptSchema,
} as const satisfies Record<Exclude<FrameToHub, 'data' | 'receipts' | 'alive' | 'state' | 'error'>, z.ZodType>;
type JsonName = keyof typeof SCHEMAS;

/** A message of a node; `job` is the job's number on this socket, 0 where the frame is about none. */
export type NodeFrame =
  | {
      [N in JsonName]: { readonly name: N; readonly job: number; readonly value: z.output<(typeof SCHEMAS)[N]> };
    }[JsonName]
  | ({ readonly name: 'state'; readonly job: number; readonly value: KeptState } & {
      /** What of it is not served, and why; absent where all of it is. */
      readonly complaint?: string;
      /** W that its home can draw at most; absent where nobody knows. */
      readonly mostW?: number;
    })
  | {
      readonly name: 'data';
      readonly job: number;
      readonly tokens: number;
      readonly tokenIds: number[] | null;
      readonly events: Uint8Array;
      readonly isThinking: boolean;
      readonly isCalls: boolean;
    }
  | { readonly name: 'receipts'; readonly job: number; readonly value: ReceiptsFrame }
  /** Its model server is at work on the part; `moves`: it has sent something since the last. No payload is read. */
  | { readonly name: 'alive'; readonly job: number; readonly moves: boolean }
  /** Heard and not answered, since two who answer each other's errors never stop. Its payload is not read. */
  | { readonly name: 'error'; readonly job: number };

export interface FrameRefusal {
  /** Null for a type that this version does not know or that only hubs send. */
  readonly name: FrameToHub | null;
  readonly code: 'unknown-frame' | 'bad-frame' | 'bad-payload' | 'too-many-models';
  /** Names the frame and the field. */
  readonly message: string;
}

/** The name of a frame that a node may send, else null. */
export function nameNodeFrame(frame: Frame): FrameToHub | null {
  const name = nameFrame(frame.type);
  if (name === null) return null;
  return isRaw(name) || name === 'state' || isJsonName(name) ? name : null;
}

/** `name`: as `nameNodeFrame` gives it. Errors: a type that no node sends, or a payload that does not fit its schema. */
export function readNodeFrame(frame: Frame, name = nameNodeFrame(frame)): Result<NodeFrame, FrameRefusal> {
  if (name === 'data') return readDataFrame(frame);
  if (name === null)
    return err({ name, code: 'unknown-frame', message: `no frame of type ${frame.type} is known here` });
  if (name === 'alive') return ok({ name, job: frame.job, moves: (frame.flags & FLAG_MOVES) !== 0 });
  if (name === 'error') return ok({ name, job: frame.job });
  if (name === 'state') return readStateFrame(frame);
  if (name === 'receipts') return readReceipts(frame);
  return readJsonFrame(name, frame);
}

/** Most frames are of this kind. */
function readDataFrame(frame: Frame): Result<NodeFrame, FrameRefusal> {
  const name = 'data';
  const data = readData(frame);
  if (!data.ok) return err({ name, ...data.error });
  const { tokenIds, events, isThinking, isCalls } = data.value;
  return ok({ name, job: frame.job, tokens: frame.tokens, tokenIds, events, isThinking, isCalls });
}

function readJsonFrame(name: JsonName, frame: Frame): Result<NodeFrame, FrameRefusal> {
  if (frame.payload.length > MAX_JSON_BYTES)
    return err({ name, code: 'bad-payload', message: `'${name}' holds more than ${MAX_JSON_BYTES} bytes` });
  const json = readJson(frame);
  if (!json.ok) return err({ name, ...json.error });
  const parsed = SCHEMAS[name].safeParse(json.value);
  if (parsed.success) return ok({ name, job: frame.job, value: parsed.data } as NodeFrame);
  const issue = parsed.error.issues[0];
  const field = issue?.path.map(String).join('.') ?? '';
  const message = `'${name}' ${field}: ${issue?.message ?? 'not valid'}`.slice(0, 200);
  return err({ name, code: 'bad-payload', message });
}

function readReceipts(frame: Frame): Result<NodeFrame, FrameRefusal> {
  const name = 'receipts';
  const read = readReceiptsFrame(frame.payload);
  return read.ok ? ok({ name, job: 0, value: read.value }) : err({ name, code: 'bad-payload', message: read.error });
}

/** Of a state that says too much the home's first models are served; only one that cannot be read at all changes nothing. */
function readStateFrame(frame: Frame): Result<NodeFrame, FrameRefusal> {
  const name = 'state';
  const json = frame.payload.length > MOST_READ_BYTES ? null : readJson(frame);
  if (!json?.ok && frame.payload.length > MAX_STATE_BYTES) {
    const message = `the state holds more than ${MAX_STATE_BYTES} bytes: share fewer models`;
    return err({ name, code: 'too-many-models', message });
  }
  if (!json?.ok) return err({ name, code: 'bad-payload', message: "the payload of 'state' is not JSON" });
  const read = readState(json.value);
  if (!read.ok) return err({ name, code: 'bad-payload', message: `'state' ${read.error}` });
  const { state, complaint } = read.value;
  const mostW = readMostWatts(json.value);
  const told = { ...(complaint !== null && { complaint }), ...(mostW !== null && { mostW }) };
  return ok({ name, job: frame.job, value: state, ...told });
}

function isRaw(name: string): name is 'data' | 'receipts' | 'alive' | 'error' {
  return name === 'data' || name === 'receipts' || name === 'alive' || name === 'error';
}

function isJsonName(name: string): name is JsonName {
  return Object.hasOwn(SCHEMAS, name);
}
