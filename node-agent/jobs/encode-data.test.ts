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
      fc.constantFrom('text' as const, 'thinking' as const, 'calls' as const),
      (job, tokens, text, tokenIds, said) => {
        const events = new TextEncoder().encode(text);
        const written = encodeDataText(job, { tokens, text, bytes: events.length, tokenIds, said });
        const kind = { isThinking: said === 'thinking', isCalls: said === 'calls' };
        const expected = encodeData(job, { tokens, events, ...kind, ...(tokenIds ? { tokenIds } : {}) });
        expect(Buffer.compare(written, expected)).toBe(0);
      },
    ),
  );
});
