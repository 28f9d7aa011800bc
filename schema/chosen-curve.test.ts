import { keccak256 as viemKeccak, recoverAddress, stringToHex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { afterEach, describe, expect, test } from 'vitest';
import { fromHex, toHex } from './bytes.ts';
import { getCurve, useCurve } from './chosen-curve.ts';
import type { Curve } from './curve.ts';
import { describeCurve } from './curve-suite.ts';
import { NOBLE_CURVE } from './noble-curve.ts';
import { signDigest } from './typed-data.ts';
import { makeWasmCurve } from './wasm-curve.ts';

/** Answers as it should, and is another than the one before. */
const OTHER: Curve = { ...NOBLE_CURVE, name: 'wasm' };

describeCurve('noble', () => NOBLE_CURVE, { runs: 10 });

describe('an implementation is taken when it answers as it should', () => {
  afterEach(() => void useCurve(() => NOBLE_CURVE));

  const wrong: Readonly<Record<string, Partial<Curve>>> = {
    'hashes long texts otherwise': { hash: (bytes) => NOBLE_CURVE.hash(bytes.subarray(0, 136)) },
    'hashes otherwise': { hash: () => new Uint8Array(32) },
    'signs with another nonce or high-s': { sign: () => new Uint8Array(65) },
    'derives another key': { derive: () => new Uint8Array(64) },
    'recovers nothing': { recover: () => null },
    'recovers another key': { recover: () => new Uint8Array(64) },
    'recovers one key of everything': { recover: () => NOBLE_CURVE.derive(new Uint8Array(32).fill(0x1b)) },
  };
  test.each(Object.entries(wrong))('one that %s is refused, and the one before stays', (_, part) => {
    expect(useCurve(() => ({ ...OTHER, ...part }))).toEqual({ ok: false, error: 'wrong-answer' });
    expect(getCurve()).toBe(NOBLE_CURVE);
  });

  test('one that throws is refused with what it threw', () => {
    const fault = (): never => {
      throw new RangeError('unreachable');
    };
    expect(useCurve(fault)).toEqual({ ok: false, error: 'RangeError' });
    expect(useCurve(() => ({ ...OTHER, sign: fault }))).toEqual({ ok: false, error: 'RangeError' });
    expect(useCurve(() => makeWasmCurve({}))).toEqual({ ok: false, error: 'TypeError' });
    expect(getCurve()).toBe(NOBLE_CURVE);
  });

  test('one that answers as it should is worked with from then on', () => {
    expect(useCurve(() => OTHER)).toEqual({ ok: true, value: 'wasm' });
    expect(getCurve()).toBe(OTHER);
  });
});

test('what an implementation is asked at the start is what viem says too', async () => {
  const text = 'irori, the hearth in the middle. '.repeat(10);
  const hash = viemKeccak(stringToHex(text));
  const privateKey = `0x${'1b'.repeat(32)}` as const;
  expect(toHex(NOBLE_CURVE.hash(new TextEncoder().encode(text)))).toBe(hash);
  const account = privateKeyToAccount(privateKey);
  const signature = signDigest(fromHex(hash), fromHex(privateKey));
  expect(await account.sign({ hash })).toBe(signature);
  expect(account.publicKey.slice(4)).toBe(toHex(NOBLE_CURVE.derive(fromHex(privateKey))).slice(2));
  expect(await recoverAddress({ hash, signature })).toBe(account.address);
});
