import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeData } from '../../schema/frames.ts';
import { encodeDataText } from './encode-data.ts';

test('a frame written from text is byte for byte the one that is written from its bytes', () => {
  const id = fc.integer({ min: 0, max: 0xffff_ffff });
  const ids = fc.option(fc.array(id, { maxLength: 40 }), { nil: undefined });
  const text = fc.string({ unit: 'grapheme', maxLength: 3000 });
  fc.assert(
    fc.property(
      id,
      fc.integer({ min: 0, max: 0xffff }),
      text,
      ids,
      fc.boolean(),
      (job, tokens, said, tokenIds, isThinking) => {
        const events = new TextEncoder().encode(said);
        const written = encodeDataText(job, { tokens, text: said, bytes: events.length, tokenIds, isThinking });
        const expected = encodeData(job, { tokens, events, isThinking, ...(tokenIds ? { tokenIds } : {}) });
        expect(Buffer.compare(written, expected)).toBe(0);
      },
    ),
  );
});
