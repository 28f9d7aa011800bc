import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBase64, encodeBase64 } from './base64.ts';

test('any bytes are written as every other encoder writes them, and read back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
      const text = encodeBase64(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64'));
      expect(decodeBase64(text)).toEqual(bytes);
    }),
  );
});

test.each(['A', 'AA', 'AAA', 'AA-_', 'A*AA', 'Ä==='])('%j is no base64', (text) => {
  expect(() => decodeBase64(text)).toThrow(RangeError);
});
