// What a home says of itself, bounded before it is kept: what is too much or cannot be used is left out and named, the rest is served. Pure.
import * as z from 'zod';
import { MAX_MODELS, MAX_SLOTS, MAX_STATE_BYTES } from '../../schema/frames.ts';
import { nodeModelSchema, pauseReasonSchema, powerFactsSchema } from '../../schema/frames-to-hub.ts';
import type { NodeModel, NodeState, PowerFacts } from '../../schema/frames-to-hub.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { expectWorkWatts } from '../homes/expect-work-watts.ts';

/** Left for what stands beside the models, but for the power. */
const FRAME_BYTES = 90;
/** Complaints of one state that are told word by word. */
const MOST_TOLD = 3;

/** A home's state as its hub keeps it. */
export type KeptState = NodeState & {
  /** W at the wall above rest when it works with all slots full; absent where nobody knows. */
  readonly workW?: number;
};

/** A state as it is kept, and what the home is told of the rest; null where all of it is kept. */
export interface ReadState {
  readonly state: KeptState;
  readonly complaint: string | null;
}

/** Each model is read by itself, so that one that cannot be used takes no other with it. */
const outerSchema = z.object({
  models: z.array(z.unknown()),
  slots: z.number().int().min(0),
  paused: pauseReasonSchema.nullable(),
  power: z.unknown().optional(),
});

const encoder = new TextEncoder();

/** Errors: the outer form is wrong, in words that name the field. */
export function readState(json: unknown): Result<ReadState, string> {
  const outer = outerSchema.safeParse(json);
  if (!outer.success) return err(tellIssue(outer.error));
  const { paused, slots } = outer.data;
  const { power, workW, unread } = keepPower(outer.data.power);
  const { models, left } = keepModels(outer.data.models, power ? FRAME_BYTES + bytesOf(power) : FRAME_BYTES);
  const many = slots > MAX_SLOTS ? [`slots: ${slots} told, ${MAX_SLOTS} used: a home takes no more jobs at once`] : [];
  const told = [...many, ...left, ...unread];
  const more = told.length > MOST_TOLD ? `; and ${told.length - MOST_TOLD} more` : '';
  return ok({
    state: {
      models,
      slots: Math.min(MAX_SLOTS, slots),
      paused,
      ...(power && { power }),
      ...(workW !== null && { workW }),
    },
    complaint: told.length > 0 ? `${told.slice(0, MOST_TOLD).join('; ')}${more}` : null,
  });
}

/** How a state is kept: as the bytes of its JSON, so that what is counted is what is stored, whatever script its names are written in. */
export function packState(state: KeptState): Uint8Array {
  return encoder.encode(JSON.stringify(state));
}

/** Reads what `packState` made. */
export function unpackState(bytes: Uint8Array): KeptState {
  return JSON.parse(new TextDecoder().decode(bytes)) as KeptState;
}

function keepModels(told: readonly unknown[], bytesBeside: number): { models: NodeModel[]; left: string[] } {
  const models = new Map<string, NodeModel>();
  const left: string[] = [];
  let bytes = bytesBeside;
  for (const [i, one] of told.slice(0, MAX_MODELS).entries()) {
    const model = nodeModelSchema.safeParse(one);
    if (!model.success) {
      left.push(`models.${i}: ${tellIssue(model.error)}: it is left out`);
      continue;
    }
    const size = bytesOf(model.data) + 1;
    if (models.has(model.data.name)) continue;
    if (bytes + size > MAX_STATE_BYTES) {
      left.push(`models: more than ${MAX_STATE_BYTES} bytes, the rest is left out: share fewer models`);
      break;
    }
    bytes += size;
    models.set(model.data.name, model.data);
  }
  if (told.length > MAX_MODELS)
    left.push(`models: ${told.length} told, ${MAX_MODELS} at most are served: share fewer models`);
  return { models: [...models.values()], left };
}

function keepPower(told: unknown): { power: PowerFacts | null; workW: number | null; unread: string[] } {
  const power = powerFactsSchema.nullish().safeParse(told);
  if (!power.success) return { power: null, workW: null, unread: [`power: ${tellIssue(power.error)}: it is left out`] };
  return { power: power.data ?? null, workW: expectWorkWatts(power.data), unread: [] };
}

function bytesOf(value: object): number {
  return encoder.encode(JSON.stringify(value)).length;
}

function tellIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return `${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'not valid'}`.slice(0, 120);
}
