import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeBase64 } from '../../schema/base64.ts';
import { makeFormWriter } from '../../schema/chunks.ts';
import { formVectors, packVectors } from '../../schema/vectors.ts';
import { VectorMeter } from './vector-meter.ts';

const chunk = { id: 'embd-1', created: 1, model: 'm' };
const writer = makeFormWriter(formVectors(chunk), true);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function take(
  pieces: readonly string[],
  asked: { count: number; dimensions?: number },
): { kinds: string[]; isWhole: boolean } {
  const meter = new VectorMeter({ chunk }, asked);
  const kinds = pieces.map(
    (piece) => meter.take({ events: encode(writer.content(piece)), tokens: 0, tokenIds: null }).kind,
  );
  return { kinds, isWhole: meter.isWhole };
}

test('vectors of any finite numbers are whole however their base64 is cut', () => {
  const numbers = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(numbers, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 9 }), (vector, count, size) => {
      const base64 = encodeBase64(packVectors(Array.from({ length: count }, () => vector)));
      const pieces = base64.match(new RegExp(`.{1,${size}}`, 'g')) ?? [];
      const { kinds, isWhole } = take(pieces, { count });
      expect([new Set(kinds), isWhole]).toEqual([new Set(['relay']), true]);
      expect(take(pieces.slice(0, -1), { count: 1, dimensions: count * vector.length }).isWhole).toBe(false);
    }),
  );
});

test('one number that is none, or infinite, breaks it wherever it stands', () => {
  fc.assert(
    fc.property(fc.nat(20), fc.constantFrom(NaN, Infinity, -Infinity), (at, bad) => {
      const vector = Array.from({ length: 21 }, (_, i) => (i === at ? bad : i));
      expect(take([encodeBase64(packVectors([vector]))], { count: 1 }).kinds).toEqual(['broken']);
    }),
  );
});

test('only as many numbers as were asked for are whole', () => {
  const six = [encodeBase64(packVectors([[1, 2, 3, 4, 5, 6]]))];
  for (const count of [1, 2, 3, 6]) expect(take(six, { count }).isWhole).toBe(true);
  for (const count of [4, 5, 7, 12]) expect(take(six, { count }).isWhole).toBe(false);
  expect(take(six, { count: 2, dimensions: 3 }).isWhole).toBe(true);
  expect(take(six, { count: 2, dimensions: 2 }).kinds).toEqual(['broken']);
  expect(take(six, { count: 2, dimensions: 4 }).isWhole).toBe(false);
  expect(take([], { count: 1 }).isWhole).toBe(false);
});

test('nothing is counted in tokens, and a frame that claims some is no answer', () => {
  const meter = new VectorMeter({ chunk }, { count: 1 });
  const events = encode(writer.content(encodeBase64(packVectors([[1]]))));
  expect(meter.take({ events, tokens: 1, tokenIds: null }).kind).toBe('broken');
  expect(meter.measure()).toEqual({ exact: 0, most: 0, exactThinking: 0, mostThinking: 0 });
});
