import { describe, expect, test } from 'vitest';
import {
  decodeFrames,
  encodeData,
  encodeFrame,
  encodeJsonFrame,
  FLAG_MOVES,
  FRAME,
  MAX_STATE_BYTES,
} from '../../schema/frames.ts';
import type { Frame, FrameName } from '../../schema/frames.ts';
import { readNodeFrame } from './read-node-frame.ts';

function only(bytes: Uint8Array): Frame {
  const frames = decodeFrames(bytes);
  if (!frames.ok || !frames.value[0]) throw new Error('no frame');
  return frames.value[0];
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const STATE = { models: [], slots: 1, paused: null };

describe('a frame of a node', () => {
  test('is a message with its name, its job and its parsed payload', () => {
    expect(readNodeFrame(only(encodeJsonFrame('state', STATE)))).toEqual({
      ok: true,
      value: { name: 'state', job: 0, value: STATE },
    });
    const head = only(encodeJsonFrame('head', { promptTokens: 3, more: 1 }, 7));
    expect(readNodeFrame(head)).toEqual({ ok: true, value: { name: 'head', job: 7, value: { promptTokens: 3 } } });
  });

  test('of a state tells what its home can draw at most, where it names a card that is known', () => {
    const power = { card: 'NVIDIA GeForce RTX 4070', idleW: 60, mostW: 220, method: 'sampled', isAwakeForWork: false };
    const read = (told: object): unknown => readNodeFrame(only(encodeJsonFrame('state', { ...STATE, ...told })));
    expect(read({ power })).toMatchObject({ ok: true, value: { mostW: 580 } });
    for (const other of [
      { power: { ...power, card: 'Voodoo 2' } },
      { power: { ...power, mostW: 1e9 } },
      { power: 7 },
      {},
    ])
      expect(read(other)).not.toMatchObject({ value: { mostW: expect.anything() } });
  });

  test('of data carries its events and token ids', () => {
    const events = bytesOf('data: {}\n\n');
    const frame = only(encodeData(9, { tokens: 2, events, tokenIds: [4, 5] }));
    const value = { name: 'data', job: 9, tokens: 2, tokenIds: [4, 5], events, isThinking: false, isCalls: false };
    expect(readNodeFrame(frame)).toEqual({ ok: true, value });
  });

  test('that says alive holds nothing, whatever its payload', () => {
    const value = { name: 'alive', job: 4, moves: false };
    for (const payload of [new Uint8Array(0), bytesOf('{')])
      expect(readNodeFrame(only(encodeFrame('alive', { job: 4, payload })))).toEqual({ ok: true, value });
    const moved = readNodeFrame(only(encodeFrame('alive', { job: 4, flags: FLAG_MOVES })));
    expect(moved).toEqual({ ok: true, value: { ...value, moves: true } });
  });

  test('of data that holds fewer bytes than its token ids need is refused', () => {
    const frame = only(encodeFrame('data', { flags: 1, tokens: 2, payload: new Uint8Array(7) }));
    expect(readNodeFrame(frame)).toMatchObject({ ok: false, error: { name: 'data', code: 'bad-frame' } });
  });

  test('that does not fit its schema is refused with the field by name', () => {
    const frame = only(encodeJsonFrame('state', { ...STATE, models: 'many' }));
    const error = { name: 'state', code: 'bad-payload', message: expect.stringContaining("'state' models: ") };
    expect(readNodeFrame(frame)).toEqual({ ok: false, error });
  });

  test('that is not JSON is refused', () => {
    const frame = only(encodeFrame('end', { job: 1, payload: bytesOf('{') }));
    expect(readNodeFrame(frame)).toMatchObject({ ok: false, error: { name: 'end', code: 'bad-payload' } });
  });

  test('is an error of its own where a state is too large for the socket that must keep it', () => {
    const frame = only(encodeFrame('state', { payload: new Uint8Array(MAX_STATE_BYTES + 1) }));
    expect(readNodeFrame(frame)).toMatchObject({ ok: false, error: { name: 'state', code: 'too-many-models' } });
  });

  test.each(Object.keys(FRAME).filter((name) => FRAME[name as FrameName] < 32) as FrameName[])(
    'is none when it is a %s, which only hubs send',
    (name) => {
      const refused = { ok: false, error: { name: null, code: 'unknown-frame' } };
      expect(readNodeFrame(only(encodeJsonFrame(name, {})))).toMatchObject(refused);
    },
  );

  test('of a type of a later version is named by its number', () => {
    const frame = { type: 63, flags: 0, tokens: 0, job: 0, payload: bytesOf('{}') };
    expect(readNodeFrame(frame)).toMatchObject({
      ok: false,
      error: { name: null, message: expect.stringContaining('63') },
    });
  });
});
