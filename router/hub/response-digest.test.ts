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

  test('however many bytes come, and however long the pieces, the hash is the same', async () => {
    for (const lengths of [
      [900, 900, 900, 20_000, 1],
      [16_352, 1, 16_384, 16_385, 3],
      [1000, 16_384, 1000],
      Array.from({ length: 600 }, (_, i) => i),
    ]) {
      const parts = lengths.map((length, i) => new Uint8Array(length).fill(i));
      const digest = new ResponseDigest(salt);
      for (const part of parts) digest.add(part, true);
      expect(await digest.finish()).toBe(hashOf(...parts));
    }
  });

  test('what is changed after it was taken changes nothing', async () => {
    const events = Uint8Array.of(1, 2);
    const digest = new ResponseDigest(salt);
    digest.add(events, true);
    events.fill(9);
    expect(await digest.finish()).toBe(hashOf(Uint8Array.of(1, 2)));
  });

  test('a quarter of a megabyte and more has its hash', async () => {
    const full = new Uint8Array(256 * 1024).fill(5);
    const digest = new ResponseDigest(salt);
    digest.add(full, true);
    digest.add(Uint8Array.of(6), true);
    digest.add(Uint8Array.of(7), true);
    expect(digest.relayedBytes).toBe(256 * 1024 + 2);
    expect(await digest.finish()).toBe(hashOf(full, Uint8Array.of(6, 7)));
  });
});
