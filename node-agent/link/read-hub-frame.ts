// One frame of the hub as a message this agent understands. Pure; every payload is parsed, since the network is not the agent.
import type * as z from 'zod';
import {
  acceptedSchema,
  cancelSchema,
  challengeSchema,
  drainSchema,
  errorFrameSchema,
  jobSchema,
  movedSchema,
  prefetchSchema,
  syncSchema,
  unsignedSchema,
  welcomeSchema,
} from '../../schema/frames-to-node.ts';
import { findStrangeKind } from '../../schema/job-request.ts';
import { nameFrame, readCredit, readJson } from '../../schema/frames.ts';
import type { Frame, FrameToNode } from '../../schema/frames.ts';
import { readSealFrame } from '../../schema/seal.ts';
import type { SealFrame } from '../../schema/seal.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

const SCHEMAS = {
  challenge: challengeSchema,
  welcome: welcomeSchema,
  job: jobSchema,
  cancel: cancelSchema,
  accepted: acceptedSchema,
  sync: syncSchema,
  drain: drainSchema,
  moved: movedSchema,
  prefetch: prefetchSchema,
  unsigned: unsignedSchema,
  error: errorFrameSchema,
} as const satisfies Record<Exclude<FrameToNode, 'credit' | 'tickets' | 'piece'>, z.ZodType>;
type JsonName = keyof typeof SCHEMAS;

/** A message of the hub; `job` is the job's number on this socket, 0 where the frame is about none. */
export type HubMessage =
  | {
      [N in JsonName]: { readonly name: N; readonly job: number; readonly value: z.output<(typeof SCHEMAS)[N]> };
    }[JsonName]
  | { readonly name: 'credit'; readonly job: number; readonly bytes: number }
  /** A job of a kind that this version does not know: the hub is newer than this agent. */
  | { readonly name: 'strange-job'; readonly job: number; readonly kind: string }
  /** The seal that tickets of jobs on this socket are under. */
  | { readonly name: 'tickets'; readonly job: number; readonly value: SealFrame };

interface FrameRefusal {
  readonly code: 'unknown-type' | 'bad-frame' | 'bad-payload';
  /** Names the frame and the field. */
  readonly message: string;
}

/** Errors: a type that this version does not know or that only nodes send, or a payload that does not fit its schema. */
export function readHubFrame(frame: Frame): Result<HubMessage, FrameRefusal> {
  const name = nameFrame(frame.type);
  const { job } = frame;
  if (name === 'credit') {
    const bytes = readCredit(frame);
    return bytes.ok ? ok({ name, job, bytes: bytes.value }) : bytes;
  }
  if (name === 'tickets') {
    const read = readSealFrame(frame.payload);
    return read.ok ? ok({ name, job, value: read.value }) : refuse('bad-payload', `'tickets' is wrong: ${read.error}`);
  }
  if (name === null || !isJsonName(name))
    return refuse('unknown-type', `this node does not take frames of type ${frame.type}`);
  return readJsonFrame(name, frame);
}

function readJsonFrame(name: JsonName, frame: Frame): Result<HubMessage, FrameRefusal> {
  const json = readJson(frame);
  if (!json.ok) return json;
  const parsed = SCHEMAS[name].safeParse(json.value);
  if (parsed.success) return ok({ name, job: frame.job, value: parsed.data } as HubMessage);
  const strange = name === 'job' ? readStrangeKind(json.value) : null;
  if (strange !== null) return ok({ name: 'strange-job', job: frame.job, kind: strange });
  const issue = parsed.error.issues[0];
  const field = issue?.path.map(String).join('.') ?? '';
  return refuse(
    'bad-payload',
    `'${name}' is wrong${field === '' ? '' : ` at ${field}`}: ${issue?.message ?? 'not valid'}`.slice(0, 200),
  );
}

function readStrangeKind(value: unknown): string | null {
  return typeof value === 'object' && value !== null && 'request' in value ? findStrangeKind(value.request) : null;
}

function isJsonName(name: string): name is JsonName {
  return Object.hasOwn(SCHEMAS, name);
}

function refuse(code: FrameRefusal['code'], message: string): Result<HubMessage, FrameRefusal> {
  return err({ code, message });
}
