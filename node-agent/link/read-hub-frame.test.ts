import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeFrames, encodeCredit, encodeFrame, encodeJsonFrame, FRAME } from '../../schema/frames.ts';
import type { Frame, FrameName } from '../../schema/frames.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';
import { encodeTickets } from '../test/hub-seals.ts';
import { readHubFrame } from './read-hub-frame.ts';

function frameOf(bytes: Uint8Array): Frame {
  const frames = decodeFrames(bytes);
  if (!frames.ok || !frames.value[0]) throw new Error('no frame');
  return frames.value[0];
}

describe('readHubFrame', () => {
  test('reads credit, tickets and JSON frames', () => {
    expect(readHubFrame(frameOf(encodeCredit(4, 99)))).toEqual({
      ok: true,
      value: { name: 'credit', job: 4, bytes: 99 },
    });
    const job = { number: 5, ticketHash: ZERO_WORD };
    expect(readHubFrame(frameOf(encodeTickets([job])))).toMatchObject({
      ok: true,
      value: {
        name: 'tickets',
        value: { seal: { kind: 1, count: 1, root: ZERO_WORD }, jobs: [{ job: 5, proof: [] }] },
      },
    });
    expect(readHubFrame(frameOf(encodeJsonFrame('cancel', { reason: 'caller', later: 1 }, 6)))).toEqual({
      ok: true,
      value: { name: 'cancel', job: 6, value: { reason: 'caller' } },
    });
  });

  test('names the field that is wrong', () => {
    expect(readHubFrame(frameOf(encodeJsonFrame('cancel', { reason: 'bored' })))).toMatchObject({
      ok: false,
      error: { code: 'bad-payload', message: expect.stringContaining('reason') },
    });
    expect(readHubFrame(frameOf(encodeFrame('tickets', { payload: new Uint8Array(64) })))).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('cut short') },
    });
    expect(readHubFrame(frameOf(encodeFrame('job', { payload: Uint8Array.of(0xff) })))).toMatchObject({
      ok: false,
      error: { code: 'bad-payload' },
    });
  });

  test('a later type and a type that only nodes send are unknown here', () => {
    const later = encodeFrame('data', {});
    later[0] = 31;
    expect(readHubFrame(frameOf(later))).toMatchObject({ ok: false, error: { code: 'unknown-type' } });
    expect(readHubFrame(frameOf(encodeFrame('data', {})))).toMatchObject({
      ok: false,
      error: { code: 'unknown-type' },
    });
  });

  test('a job of an unknown kind is known as that, whatever else it holds', () => {
    const later = encodeJsonFrame('job', { request: { kind: 'dream', of: 'sheep' }, later: true }, 7);
    expect(readHubFrame(frameOf(later))).toEqual({ ok: true, value: { name: 'strange-job', job: 7, kind: 'dream' } });
    for (const request of [{ kind: 'chat' }, { kind: 7 }, {}, null]) {
      const read = readHubFrame(frameOf(encodeJsonFrame('job', { request }, 7)));
      expect(read).toMatchObject({ ok: false, error: { code: 'bad-payload' } });
    }
  });

  test('any payload of any type is read or refused, never thrown', () => {
    const names = fc.constantFrom<FrameName>(...(Object.keys(FRAME) as FrameName[]));
    fc.assert(
      fc.property(
        names,
        fc.oneof(
          fc.uint8Array({ maxLength: 80 }),
          fc.jsonValue().map((value) => new TextEncoder().encode(JSON.stringify(value))),
        ),
        (name, payload) => {
          expect(typeof readHubFrame(frameOf(encodeFrame(name, { payload }))).ok).toBe('boolean');
        },
      ),
    );
  });
});
