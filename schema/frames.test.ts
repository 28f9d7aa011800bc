import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { concatBytes, toHex } from './bytes.ts';
import {
  decodeFrames,
  encodeCredit,
  encodeData,
  encodeFrame,
  encodeJsonFrame,
  FLAG_THINKING,
  FLAG_TOKEN_IDS,
  FRAME,
  FRAME_HEADER_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_PAYLOAD_BYTES,
  MIN_PROTOCOL_VERSION,
  nameFrame,
  PING,
  PONG,
  PROTOCOL_VERSION,
  readCredit,
  readData,
  readJson,
} from './frames.ts';
import type { Frame, FrameName } from './frames.ts';
import * as toHub from './frames-to-hub.ts';
import * as toNode from './frames-to-node.ts';

function decode(message: Uint8Array): Frame[] {
  const frames = decodeFrames(message);
  if (!frames.ok) throw new Error(frames.error.message);
  return frames.value;
}

function only(message: Uint8Array): Frame {
  const frames = decode(message);
  expect(frames).toHaveLength(1);
  return frames[0]!;
}

const names = fc.constantFrom(...(Object.keys(FRAME) as FrameName[]));
const frameParts = fc.record({
  name: names,
  flags: fc.integer({ min: 0, max: 255 }),
  tokens: fc.integer({ min: 0, max: 0xffff }),
  job: fc.integer({ min: 0, max: 0xffff_ffff }),
  payload: fc.uint8Array({ maxLength: 300 }),
});

describe('one frame', () => {
  test('every part comes back', () => {
    fc.assert(
      fc.property(frameParts, ({ name, ...parts }) => {
        expect(only(encodeFrame(name, parts))).toEqual({ type: FRAME[name], ...parts });
      }),
    );
  });

  test('the header is type, flags, tokens, job and length, big-endian', () => {
    const frame = encodeFrame('data', { flags: 2, tokens: 0x0304, job: 0x05060708, payload: Uint8Array.of(9) });
    expect([...frame]).toEqual([35, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 1, 9]);
  });

  test('a frame without parts is a header of zeros behind its type', () => {
    expect([...encodeFrame('drain', {})]).toEqual([9, ...Array.from({ length: 11 }, () => 0)]);
  });

  test('the payload is a view into the message', () => {
    const message = encodeFrame('data', { payload: Uint8Array.of(1) });
    expect(only(message).payload.buffer).toBe(message.buffer);
  });

  test('a message that starts inside a larger buffer is read at its own place', () => {
    const message = encodeData(1, { tokens: 1, events: Uint8Array.of(5), tokenIds: [77] });
    const inside = concatBytes([Uint8Array.of(1, 2, 3), message]).subarray(3);
    expect(readData(only(inside))).toEqual({
      ok: true,
      value: { tokenIds: [77], events: Uint8Array.of(5), isThinking: false, isCalls: false },
    });
  });

  test('an ArrayBuffer is read as well', () => {
    const frames = decodeFrames(encodeFrame('head', { job: 3 }).buffer as ArrayBuffer);
    expect(frames).toMatchObject({ ok: true, value: [{ type: FRAME.head, job: 3 }] });
  });
});

describe('a message of several frames', () => {
  test('frames come out in the order they went in', () => {
    fc.assert(
      fc.property(fc.array(frameParts, { maxLength: 8 }), (all) => {
        const message = concatBytes(all.map(({ name, ...parts }) => encodeFrame(name, parts)));
        expect(decode(message)).toEqual(all.map(({ name, ...parts }) => ({ type: FRAME[name], ...parts })));
      }),
    );
  });

  test('no bytes are no frames', () => {
    expect(decode(new Uint8Array(0))).toEqual([]);
  });

  test('a type of a later version is passed on, without a name', () => {
    const message = encodeFrame('head', {});
    message[0] = 200;
    expect(only(message).type).toBe(200);
    expect(nameFrame(200)).toBeNull();
    expect(nameFrame(FRAME.data)).toBe('data');
  });
});

describe('broken messages', () => {
  const good = encodeFrame('data', { job: 1, payload: Uint8Array.of(1, 2, 3) });

  test('a message cut anywhere is refused whole', () => {
    const two = concatBytes([good, good]);
    for (let length = 1; length < two.length; length++) {
      if (length === good.length) continue;
      expect(decodeFrames(two.subarray(0, length))).toMatchObject({ ok: false, error: { code: 'bad-frame' } });
    }
  });

  test('a payload longer than the limit is refused, however short the message', () => {
    const message = encodeFrame('data', {});
    new DataView(message.buffer).setUint32(8, MAX_PAYLOAD_BYTES + 1);
    expect(decodeFrames(message)).toMatchObject({ ok: false, error: { message: expect.stringContaining('at most') } });
    new DataView(message.buffer).setUint32(8, 0xffff_ffff);
    expect(decodeFrames(message).ok).toBe(false);
  });

  test('a payload of exactly the limit is taken', () => {
    expect(only(encodeFrame('data', { payload: new Uint8Array(MAX_PAYLOAD_BYTES) })).payload).toHaveLength(
      MAX_PAYLOAD_BYTES,
    );
  });

  test('a message longer than the limit is refused', () => {
    expect(decodeFrames(new Uint8Array(MAX_MESSAGE_BYTES + 1)).ok).toBe(false);
  });

  test('no bytes at all make a reader throw, and nothing is read that was not there', () => {
    const damaged = fc
      .tuple(fc.array(frameParts, { maxLength: 4 }), fc.nat(), fc.nat(255))
      .map(([all, at, byte]) =>
        damage(concatBytes(all.map(({ name, ...parts }) => encodeFrame(name, parts))), at, byte),
      );
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (bytes) => {
        const frames = decodeFrames(bytes);
        for (const frame of frames.ok ? frames.value : []) {
          readJson(frame);
          readData(frame);
          readCredit(frame);
        }
        const read = frames.ok ? concatBytes(frames.value.map(encodeAgain)) : bytes;
        expect(read).toEqual(bytes);
      }),
      { numRuns: 1000 },
    );
  });
});

function damage(bytes: Uint8Array, at: number, byte: number): Uint8Array {
  return bytes.length === 0 ? bytes : bytes.with(at % bytes.length, byte);
}

/** A frame of any type, known or not, as it came. */
function encodeAgain({ type, ...parts }: Frame): Uint8Array {
  return encodeFrame('data', parts).with(0, type);
}

describe('payloads', () => {
  test('JSON comes back', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        const read = readJson(only(encodeJsonFrame('state', value, 7)));
        expect(read).toEqual({ ok: true, value: JSON.parse(text) });
      }),
    );
  });

  test.each([
    ['not JSON', new TextEncoder().encode('{')],
    ['empty', new Uint8Array(0)],
    ['not UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
  ])('a payload that is %s names its frame', (_, payload) => {
    expect(readJson(only(encodeFrame('end', { payload })))).toEqual({
      ok: false,
      error: { code: 'bad-payload', message: "the payload of 'end' is not JSON" },
    });
  });

  test('credit is 4 bytes and nothing else', () => {
    expect(readCredit(only(encodeCredit(4, 0xffff_fff0)))).toEqual({ ok: true, value: 0xffff_fff0 });
    expect(readCredit(only(encodeFrame('credit', { payload: new Uint8Array(5) }))).ok).toBe(false);
    expect(readCredit(only(encodeFrame('credit', {}))).ok).toBe(false);
  });

  test('events and token ids come back', () => {
    const ids = fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { maxLength: 40 });
    fc.assert(
      fc.property(ids, fc.uint8Array(), (tokenIds, events) => {
        const frame = only(encodeData(9, { tokens: tokenIds.length, events, tokenIds }));
        expect(frame).toMatchObject({ tokens: tokenIds.length, flags: FLAG_TOKEN_IDS, job: 9 });
        expect(readData(frame)).toEqual({ ok: true, value: { tokenIds, events, isThinking: false, isCalls: false } });
      }),
    );
  });

  test('without token ids the payload is the events', () => {
    const frame = only(encodeData(9, { tokens: 3, events: Uint8Array.of(1) }));
    expect(frame).toMatchObject({ tokens: 3, flags: 0 });
    expect(readData(frame)).toEqual({
      ok: true,
      value: { tokenIds: null, events: Uint8Array.of(1), isThinking: false, isCalls: false },
    });
  });

  test('thinking is flagged, with and without token ids', () => {
    for (const tokenIds of [undefined, [5]]) {
      const events = Uint8Array.of(1);
      const frame = only(encodeData(9, { tokens: 1, events, isThinking: true, ...(tokenIds && { tokenIds }) }));
      expect(frame.flags).toBe(FLAG_THINKING | (tokenIds ? FLAG_TOKEN_IDS : 0));
      expect(readData(frame)).toEqual({
        ok: true,
        value: { tokenIds: tokenIds ?? null, events, isThinking: true, isCalls: false },
      });
    }
  });

  test('fewer bytes than the token ids need are refused', () => {
    const frame = only(encodeFrame('data', { flags: FLAG_TOKEN_IDS, tokens: 2, payload: new Uint8Array(7) }));
    expect(readData(frame)).toMatchObject({ ok: false, error: { code: 'bad-frame' } });
  });
});

/** What both ends must agree on. When this changes, an agent of yesterday and a router of today may not understand each other. */
function describeProtocol(): string {
  const schemas: unknown[] = [];
  for (const family of [toHub, toNode]) {
    for (const [name, schema] of Object.entries(family).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      if (schema instanceof z.ZodType) schemas.push([name, z.toJSONSchema(schema, { io: 'input' })]);
    }
  }
  const sample = encodeData(0x01020304, { tokens: 1, events: Uint8Array.of(9), tokenIds: [5] });
  return JSON.stringify({
    schemas,
    FRAME,
    FLAG_TOKEN_IDS,
    FLAG_THINKING,
    FRAME_HEADER_BYTES,
    PING,
    PONG,
    sample: [...sample],
  });
}

/** The hash that belongs to PROTOCOL_VERSION. 3 since calls have frames of their own and tickets and receipts stand under seals; 2 since the hello names the router's origin: what agents of version 1 sign could be handed on, so they are told to update. */
const PINNED: { version: number; hash: string } = {
  version: 3,
  hash: '0x56038e388cc18e9294d66d35a87a8c4c953f4f830634ee6ec60981c8ba8eae14',
};

describe('the protocol', () => {
  test('is what its version says', () => {
    const hash = toHex(sha256(new TextEncoder().encode(describeProtocol())));
    const remedy =
      'The frames between hub and node have changed. If a node of the last version could misread them, raise PROTOCOL_VERSION in ' +
      `schema/frames.ts (and keep MIN_PROTOCOL_VERSION as long as the old one is spoken); then set PINNED here to { version: ${PROTOCOL_VERSION}, hash: '${hash}' }.`;
    const isPinned = hash === PINNED.hash && PINNED.version === PROTOCOL_VERSION;
    expect(isPinned ? 'as pinned' : remedy).toBe('as pinned');
  });

  test('every schema of both families is in the hash', () => {
    const described = describeProtocol();
    for (const name of [...Object.keys(toHub), ...Object.keys(toNode)]) expect(described).toContain(`"${name}"`);
  });

  test('the oldest version spoken is not newer than this one', () => {
    expect(MIN_PROTOCOL_VERSION).toBeLessThanOrEqual(PROTOCOL_VERSION);
  });

  test('frame types are distinct; hub → node below 32, node → hub below 64, both from there', () => {
    const types = Object.values(FRAME);
    expect(new Set(types).size).toBe(types.length);
    for (const name of ['challenge', 'welcome', 'job', 'tickets', 'cancel', 'credit', 'accepted', 'sync'] as const)
      expect(FRAME[name]).toBeLessThan(32);
    for (const name of [
      'hello',
      'state',
      'head',
      'data',
      'end',
      'refuse',
      'fault',
      'running',
      'receipt',
      'alive',
      'receipts',
    ] as const)
      expect(Math.floor(FRAME[name] / 32)).toBe(1);
    expect(FRAME.error).toBe(64);
  });
});
