import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, toHex } from '../../schema/bytes.ts';
import { ResponseDigest } from './response-digest.ts';

const salt = new Uint8Array(32).fill(3);
const hashOf = (...parts: Uint8Array[]): string => toHex(sha256(concatBytes([salt, ...parts])));

describe('ResponseDigest', () => {
  test('the hash is of the salt and of all bytes, however they were cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array()), async (parts) => {
        const digest = new ResponseDigest(salt);
        for (const part of parts) digest.add(part, true);
        expect(await digest.finish()).toBe(hashOf(...parts));
        expect(digest.relayedBytes).toBe(concatBytes(parts).length);
      }),
    );
  });

  test('nothing sent is the hash of the salt', async () => {
    const digest = new ResponseDigest(salt);
    expect(await digest.finish()).toBe(hashOf());
    expect(digest.relayedBytes).toBe(0);
  });

  test('what came after the cancel is hashed but was not relayed', async () => {
    const digest = new ResponseDigest(salt);
    digest.add(Uint8Array.of(1, 2), true);
    digest.add(Uint8Array.of(3), false);
    expect(digest.relayedBytes).toBe(2);
    expect(await digest.finish()).toBe(hashOf(Uint8Array.of(1, 2, 3)));
  });

  test('however many bytes come, the hash is the same', async () => {
    const full = new Uint8Array(256 * 1024).fill(5);
    const digest = new ResponseDigest(salt);
    digest.add(full, true);
    digest.add(Uint8Array.of(6), true);
    digest.add(Uint8Array.of(7), true);
    expect(digest.relayedBytes).toBe(256 * 1024 + 2);
    expect(await digest.finish()).toBe(hashOf(full, Uint8Array.of(6, 7)));
  });
});
