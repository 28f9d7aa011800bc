import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, toHex } from '../../schema/bytes.ts';
import { KEPT_BYTES, ResponseDigest } from './response-digest.ts';

const salt = new Uint8Array(32).fill(3);
const hashOf = (...parts: Uint8Array[]): string => toHex(sha256(concatBytes([salt, ...parts])));

describe('ResponseDigest', () => {
  test('the hash is of the salt and of all bytes, however they were cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array()), async (parts) => {
        const digest = new ResponseDigest(salt);
        for (const part of parts) digest.add(part, true);
        expect(await digest.finish()).toBe(hashOf(...parts));
        expect(digest.relayedEvents()).toEqual(concatBytes(parts));
      }),
    );
  });

  test('nothing sent is the hash of the salt', async () => {
    const digest = new ResponseDigest(salt);
    expect(await digest.finish()).toBe(hashOf());
    expect(digest.relayedEvents()).toHaveLength(0);
    expect(digest.relayedBytes).toBe(0);
  });

  test('what came after the cancel is hashed but was not relayed', async () => {
    const digest = new ResponseDigest(salt);
    digest.add(Uint8Array.of(1, 2), true);
    digest.add(Uint8Array.of(3), false);
    expect(digest.relayedEvents()).toEqual(Uint8Array.of(1, 2));
    expect(digest.relayedBytes).toBe(2);
    expect(await digest.finish()).toBe(hashOf(Uint8Array.of(1, 2, 3)));
  });

  test('events of exactly the limit are kept, one byte more is not, and the hash is the same', async () => {
    const full = new Uint8Array(KEPT_BYTES).fill(5);
    const digest = new ResponseDigest(salt);
    digest.add(full, true);
    expect(digest.relayedEvents()).toHaveLength(KEPT_BYTES);
    digest.add(Uint8Array.of(6), true);
    expect(digest.relayedEvents()).toBeNull();
    digest.add(Uint8Array.of(7), true);
    expect(digest.relayedBytes).toBe(KEPT_BYTES + 2);
    expect(await digest.finish()).toBe(hashOf(full, Uint8Array.of(6, 7)));
  });
});
