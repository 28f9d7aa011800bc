import { sha256 as plain } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes } from '../../schema/bytes.ts';
import { sha256 } from './digest.ts';

test('it is SHA-256, however the bytes are cut into parts', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), (parts) => {
      expect([...sha256(...parts)]).toEqual([...plain(concatBytes(parts))]);
    }),
  );
});
