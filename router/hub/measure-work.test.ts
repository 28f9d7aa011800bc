import { expect, test } from 'vitest';
import { encodeData, encodeFrame, encodeJsonFrame, decodeFrames, INITIAL_CREDIT_BYTES } from '../../schema/frames.ts';
import { concatBytes } from '../../schema/bytes.ts';
import { HOME_POINTS, JOB_POINTS, MAX_MESSAGE_BYTES_OF_NODE } from './door-limits.ts';
import { measureWork } from './measure-work.ts';

function measure(...frames: Uint8Array[]): number {
  const decoded = decodeFrames(concatBytes(frames));
  if (!decoded.ok) throw new Error(decoded.error.message);
  return measureWork(decoded.value);
}

const data = (bytes: number): Uint8Array => encodeData(1, { tokens: 1, events: new Uint8Array(bytes) });

test('a word of an answer costs next to nothing, JSON what it is long, and what cannot be known a little', () => {
  expect(measure(data(250))).toBe(3);
  expect(measure(encodeFrame('alive', { job: 1 }))).toBe(3);
  expect(measure(encodeJsonFrame('state', { models: 'x'.repeat(12_000) }))).toBeGreaterThan(100);
  const unknown = encodeFrame('alive', {});
  unknown[0] = 200;
  expect(measure(unknown)).toBe(12);
});

test('many frames of a message cost what each costs', () => {
  expect(measure(...Array.from({ length: 100 }, () => data(0)))).toBe(102);
});

test('what is not looked into costs the same at any length', () => {
  expect(measure(encodeFrame('error', { payload: new Uint8Array(50_000) }))).toBe(4);
});

test('an honest job stays far below what it brings: fifty frames a second, or all that its credit allows at once', () => {
  const second = 50 * measure(data(1000));
  expect(second * 3).toBeLessThan(JOB_POINTS.perS);
  expect(measure(data(INITIAL_CREDIT_BYTES)) * 3).toBeLessThan(JOB_POINTS.once);
});

test('no message costs more than a tenth of a second', () => {
  const state = encodeFrame('state', { payload: new Uint8Array(MAX_MESSAGE_BYTES_OF_NODE - 12) });
  expect(measure(state)).toBeLessThan(HOME_POINTS.brim);
});
