// What every implementation of the curve must do, as tests: run for each of them where it is at home (Node, workerd, the agent).
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { concatBytes, fromHex, toHex } from './bytes.ts';
import type { Hex } from './bytes.ts';
import { getCurve, keccak256, useCurve } from './chosen-curve.ts';
import type { Curve } from './curve.ts';
import { NOBLE_CURVE } from './noble-curve.ts';
import { ACCEPTANCE, JOB_TICKET, makeMessageSigner, NODE_ENROL, NODE_ENROL_1, NODE_HELLO } from './receipt.ts';
import { NODE_HELLO_1, USAGE_RECEIPT } from './receipt.ts';
import { ok } from './result.ts';
import { addressOfPrivateKey, hashText, recoverSigner, signDigest } from './typed-data.ts';
import type { Domain } from './typed-data.ts';
import vectorsJson from './receipt.vectors.json' with { type: 'json' };

interface Vector {
  readonly title: string;
  readonly primaryType: string;
  readonly domain: Domain;
  readonly message: Readonly<Record<string, string | number | boolean>>;
  readonly hash: Hex;
  readonly signer: Hex;
  readonly signature: Hex;
}

const vectors = vectorsJson as unknown as readonly Vector[];
const STRUCTS = [JOB_TICKET, USAGE_RECEIPT, ACCEPTANCE, NODE_HELLO, NODE_ENROL, NODE_HELLO_1, NODE_ENROL_1];
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const privateKeys = bytes32.filter((key) => BigInt(toHex(key)) > 0n && BigInt(toHex(key)) < ORDER);
// RFC 6979 begins with the digest below the order, libsecp256k1 with the digest as it is: above it both sign, with other nonces.
const digests = bytes32.filter((digest) => BigInt(toHex(digest)) < ORDER);

interface Suite {
  /** Random inputs of each property. */
  readonly runs?: number;
  /** False where this system has none: then it is skipped. */
  readonly isThere?: boolean;
}

/** Tests of one implementation. */
export function describeCurve(name: Curve['name'], open: () => Curve, { runs = 60, isThere = true }: Suite = {}): void {
  describe.runIf(isThere)(`the curve by ${name}`, () => {
    beforeAll(() => expect(useCurve(open)).toEqual(ok(name)));
    afterAll(() => void useCurve(() => NOBLE_CURVE));

    test.each(vectors)('hash, signature and signer of the vector "$title" are as they were', (vector) => {
      const struct = STRUCTS.find((one) => one.name === vector.primaryType)!;
      const signer = makeMessageSigner(vector.domain);
      const message = readMessage(vector, struct.fields);
      const key = ['router', 'node']
        .map((of) => hashText(`irori test vector: ${of}`))
        .find((one) => addressOfPrivateKey(one) === vector.signer)!;
      expect(signer.hash(struct, message)).toBe(vector.hash);
      expect(signer.sign(struct, message, key)).toBe(vector.signature);
      expect(signer.recover(struct, message, vector.signature)).toEqual(ok(vector.signer));
    });

    test('it hashes as noble does, texts of any length', () => {
      const lengths = [0, 1, 135, 136, 137, 271, 272, 273, 576, 8191, 8192, 8193, 20_000];
      for (const length of lengths) {
        const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + length) % 256);
        expect(toHex(keccak256(bytes))).toBe(toHex(NOBLE_CURVE.hash(bytes)));
      }
      const texts = fc.uint8Array({ maxLength: 700 });
      fc.assert(
        fc.property(texts, (bytes) => {
          expect(keccak256(bytes)).toEqual(NOBLE_CURVE.hash(bytes));
        }),
        { numRuns: 5 * runs },
      );
    });

    test('it signs, derives and recovers as noble does', () => {
      fc.assert(
        fc.property(digests, privateKeys, (digest, key) => {
          const curve = getCurve();
          const signature = curve.sign(digest, key);
          expect(signature).toEqual(NOBLE_CURVE.sign(digest, key));
          expect(curve.derive(key)).toEqual(NOBLE_CURVE.derive(key));
          expect(curve.recover(digest, signature)).toEqual(NOBLE_CURVE.derive(key));
        }),
        { numRuns: runs },
      );
    });

    test('of numbers that nobody signed it recovers what noble recovers, or nothing where noble does', () => {
      const near = fc.constantFrom(
        0n,
        1n,
        5n,
        ORDER / 2n,
        ORDER / 2n + 1n,
        ORDER - 1n,
        ORDER,
        ORDER + 1n,
        2n ** 256n - 1n,
      );
      const numbers = fc.oneof(near, fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })).map(toWord);
      fc.assert(
        fc.property(bytes32, numbers, numbers, fc.constantFrom(0, 1), (digest, r, s, recovery) => {
          const signature = concatBytes([r, s, Uint8Array.of(recovery)]);
          expect(getCurve().recover(digest, signature)).toEqual(NOBLE_CURVE.recover(digest, signature));
        }),
        { numRuns: runs },
      );
    });

    test('every bit of a signature counts', () => {
      const key = fromHex(`0x${'07'.repeat(32)}`);
      const digest = hashText('every bit');
      const signature = signDigest(digest, key);
      for (let bit = 0; bit < 65 * 8; bit += 7) {
        const bytes = fromHex(signature);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(recoverSigner(digest, toHex(bytes))).not.toEqual(ok(addressOfPrivateKey(key)));
      }
    });

    test('high-s, another v, other letters and numbers out of range are refused before it is asked', () => {
      const digest = hashText('one form');
      const signature = signDigest(digest, fromHex(`0x${'07'.repeat(32)}`));
      const [r, s, v] = [signature.slice(2, 66), signature.slice(66, 130), signature.slice(130)];
      const high = (ORDER - BigInt(`0x${s}`)).toString(16).padStart(64, '0');
      const [zero, order] = ['0'.repeat(64), ORDER.toString(16)];
      const texts = [r + high + v, r + high + (v === '1b' ? '1c' : '1b'), r + s + '1d', r + s + '00', r + s + '01'];
      texts.push(zero + s + v, order + s + v, r + zero + v, r + order + v, (r + s + v).toUpperCase(), r + s, '');
      for (const text of texts)
        expect(recoverSigner(digest, `0x${text}`)).toEqual({ ok: false, error: 'bad-signature' });
    });

    test('a private key that is none is refused, and so is one that is too short', () => {
      for (const key of [toWord(0n), toWord(ORDER), toWord(2n ** 256n - 1n), new Uint8Array(31).fill(1)]) {
        expect(() => getCurve().sign(hashText('refused'), key)).toThrow(Error);
        expect(() => getCurve().derive(key)).toThrow(Error);
      }
    });
  });
}

function readMessage({ message }: Vector, fields: readonly (readonly [string, string])[]): Record<string, unknown> {
  const wide = new Set(['uint64', 'uint128']);
  return Object.fromEntries(
    fields.map(([name, type]) => [name, wide.has(type) ? BigInt(message[name]!) : message[name]]),
  );
}

function toWord(number: bigint): Uint8Array {
  return fromHex(`0x${number.toString(16).padStart(64, '0')}`);
}
