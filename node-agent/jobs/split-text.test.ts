import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitText } from './split-text.ts';

test('pieces join to the text, are never too long and never cut a surrogate pair', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.integer({ min: 2, max: 10 }), (text, chars) => {
      const pieces = splitText(text, chars);
      expect(pieces.join('')).toBe(text);
      for (const piece of pieces) {
        expect(piece.length).toBeLessThanOrEqual(chars);
        expect(piece.length).toBeGreaterThan(0);
        expect(encodeURIComponent(piece)).toBeTypeOf('string');
      }
    }),
  );
});
