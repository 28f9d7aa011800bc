// What a message of a home costs its hub, in points of about 10 µs of CPU, told from the frames' headers alone. Pure.
import type { Frame, FrameToHub } from '../../schema/frames.ts';
import { nameNodeFrame } from './read-node-frame.ts';

/** A message by itself. */
const MESSAGE_POINTS = 2;
/** A message that cannot be split into frames: it is answered. */
const BROKEN_POINTS = 50;
/** An unknown type: it is answered, since a later version may know it. */
const UNKNOWN_POINTS = 10;
/** A proof: the signature's check, the token and the welcome. */
export const HELLO_POINTS = 500;

/** A frame without its payload. */
const BASE: Readonly<Record<FrameToHub, number>> = {
  hello: 20,
  state: 20,
  head: 10,
  data: 1,
  end: 20,
  refuse: 10,
  fault: 20,
  running: 10,
  receipt: 10,
  receipts: 20,
  alive: 1,
  error: 2,
};
/** Bytes of its payload that cost one point more: JSON is parsed and checked field by field, events are copied and hashed. */
const JSON_BYTES = 128;
const DATA_BYTES = 2048;

/** Points of a message that cannot be split into frames, or is a text. */
export function measureBroken(length: number): number {
  return BROKEN_POINTS + Math.floor(length / DATA_BYTES);
}

/** Points of one message. */
export function measureWork(frames: readonly Frame[]): number {
  let points = MESSAGE_POINTS;
  for (const frame of frames) points += measureFrame(frame);
  return points;
}

function measureFrame(frame: Frame): number {
  const name = nameNodeFrame(frame);
  if (name === null) return UNKNOWN_POINTS;
  // Neither is looked into.
  if (name === 'error' || name === 'alive') return BASE[name];
  return BASE[name] + Math.floor(frame.payload.length / (name === 'data' ? DATA_BYTES : JSON_BYTES));
}
