import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from './bytes.ts';
import type { Hex } from './bytes.ts';
import { KnownSigners } from './known-signers.ts';
import { addressOfPrivateKey, recoverSigner, signDigest } from './typed-data.ts';

const key = new Uint8Array(32).fill(7);
const otherKey = new Uint8Array(32).fill(8);
const address = addressOfPrivateKey(key);
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

function digestOf(seed: number): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => (seed * 31 + i * 7) % 256);
}

/** One that has seen the key so often that it uses tables. */
function knowing(): KnownSigners {
  const signers = new KnownSigners();
  for (let i = 0; i < 20; i++)
    expect(signers.isSignedBy(digestOf(i), signDigest(digestOf(i), key), address)).toBe(true);
  return signers;
}

function withV(signature: Hex, v: string): Hex {
  return `${signature.slice(0, -2)}${v}` as Hex;
}

describe('KnownSigners', () => {
  test('a signature of a key says yes the first time, before and after its tables are made', () => {
    expect(knowing().isSignedBy(digestOf(1), signDigest(digestOf(1), key), address)).toBe(true);
  });

  test('the other point of the same r is refused, as recovering would give another key', () => {
    const signers = knowing();
    const signature = signDigest(digestOf(3), key);
    const flipped = withV(signature, signature.endsWith('1b') ? '1c' : '1b');
    expect(signers.isSignedBy(digestOf(3), flipped, address)).toBe(false);
    expect(new KnownSigners().isSignedBy(digestOf(3), flipped, address)).toBe(false);
  });

  test('high-s, another v and numbers out of range are refused for a known key', () => {
    const signers = knowing();
    const signature = signDigest(digestOf(4), key);
    const s = BigInt(`0x${signature.slice(66, 130)}`);
    const high = (ORDER - s).toString(16).padStart(64, '0');
    const zero = '0'.repeat(64);
    const order = ORDER.toString(16);
    const bad: Hex[] = [
      `${signature.slice(0, 66)}${high}${signature.endsWith('1b') ? '1c' : '1b'}` as Hex,
      withV(signature, '1d'),
      withV(signature, '00'),
      `0x${zero}${signature.slice(66)}`,
      `${signature.slice(0, 66)}${zero}1b` as Hex,
      `0x${order}${signature.slice(66)}`,
      signature.toUpperCase() as Hex,
      '0x',
    ];
    for (const one of bad) expect(signers.isSignedBy(digestOf(4), one, address)).toBe(false);
  });

  test('another key, another message and another address are refused', () => {
    const signers = knowing();
    expect(signers.isSignedBy(digestOf(5), signDigest(digestOf(5), otherKey), address)).toBe(false);
    expect(signers.isSignedBy(digestOf(6), signDigest(digestOf(5), key), address)).toBe(false);
    expect(signers.isSignedBy(digestOf(5), signDigest(digestOf(5), key), addressOfPrivateKey(otherKey))).toBe(false);
  });

  test('every bit of a signature counts, exactly as for recovering', () => {
    const signers = knowing();
    const signature = signDigest(digestOf(9), key);
    for (let bit = 0; bit < 65 * 8; bit += 13) {
      const bytes = fromHex(signature);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const changed = toHex(bytes);
      const recovered = recoverSigner(digestOf(9), changed);
      const expected = recovered.ok && recovered.value === address;
      expect(signers.isSignedBy(digestOf(9), changed, address)).toBe(expected);
    }
  });

  test('keys that were crowded out are recovered again', () => {
    const signers = knowing();
    for (let i = 1; i <= 33; i++) {
      const one = new Uint8Array(32).fill(i + 20);
      expect(signers.isSignedBy(digestOf(i), signDigest(digestOf(i), one), addressOfPrivateKey(one))).toBe(true);
    }
    expect(signers.isSignedBy(digestOf(1), signDigest(digestOf(1), key), address)).toBe(true);
  });
});
