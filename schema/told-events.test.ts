import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes } from './bytes.ts';
import { encodeTold, ToldReader } from './told-events.ts';
import type { ToldPiece } from './told-events.ts';

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const piece: fc.Arbitrary<ToldPiece> = fc
  .record({ bytes: fc.uint8Array(), ids: fc.array(u32, { maxLength: 9 }), isKnown: fc.boolean() })
  .map(({ bytes, ids, isKnown }) =>
    isKnown ? { bytes, tokens: ids.length, tokenIds: ids } : { bytes, tokens: ids.length + 1, tokenIds: null },
  );

test('pieces are read however the body is cut', () => {
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.integer({ min: 1, max: 40 })), (pieces, cuts) => {
      const body = concatBytes(pieces.map((one) => encodeTold(one)));
      const reader = new ToldReader();
      const read: ToldPiece[] = [];
      let at = 0;
      for (const cut of [...cuts, body.length]) {
        read.push(...reader.push(body.slice(at, at + cut)).map((one) => ({ ...one, bytes: one.bytes.slice() })));
        at += cut;
      }
      expect(read).toEqual(pieces);
    }),
  );
});

test('half a piece is none', () => {
  const whole = encodeTold({ bytes: Uint8Array.of(1, 2), tokens: 1, tokenIds: [5] });
  expect(new ToldReader().push(whole.subarray(0, -1))).toEqual([]);
});

test('what is no such stream is told at once, and not waited for', () => {
  expect(() => new ToldReader().push(new Uint8Array(12).fill(0xff))).toThrow(RangeError);
});
