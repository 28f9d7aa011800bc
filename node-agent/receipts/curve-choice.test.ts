import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterEach, describe, expect, test } from 'vitest';
import { getCurve, useCurve } from '../../schema/chosen-curve.ts';
import { describeCurve } from '../../schema/curve-suite.ts';
import { NOBLE_CURVE } from '../../schema/noble-curve.ts';
import { addressOfPrivateKey, hashText, recoverSigner, signDigest } from '../../schema/typed-data.ts';
import { makeWasmCurve } from '../../schema/wasm-curve.ts';
import { collectLog } from '../test/collect-log.ts';
import { chooseCurve } from './curve-choice.ts';
import type { CurveDoors } from './curve-choice.ts';
import { makeNativeCurve } from './native-curve.ts';
import type { Addon } from './native-curve.ts';

/** Systems for which the addon's package holds a binary. */
const HAS_ADDON = ['linux-x64', 'darwin-arm64', 'win32-x64'].includes(`${process.platform}-${process.arch}`);
const loadAddon = (): Addon => createRequire(import.meta.url)('secp256k1/bindings.js') as Addon;
const readModule = (): Uint8Array<ArrayBuffer> =>
  readFileSync(new URL('../../schema/curve/curve.wasm', import.meta.url));
const openModule = (): unknown => new WebAssembly.Instance(new WebAssembly.Module(readModule())).exports;
const missing = (): never => {
  throw new Error('not here');
};

describeCurve('wasm', () => makeWasmCurve(openModule()));
describeCurve('native', () => makeNativeCurve(loadAddon(), NOBLE_CURVE.hash), { isThere: HAS_ADDON });

test('the module asks for nothing, and its memory is 128 KB for ever', () => {
  expect(WebAssembly.Module.imports(new WebAssembly.Module(readModule()))).toEqual([]);
  const { memory } = openModule() as { memory: WebAssembly.Memory };
  expect(memory.buffer.byteLength).toBe(128 * 1024);
  expect(() => memory.grow(1)).toThrow(RangeError);
});

test('no private key stays in the memory of the module', () => {
  const exports = openModule();
  const curve = makeWasmCurve(exports);
  const key = hashText('a key that is looked for');
  curve.sign(hashText('digest'), key);
  curve.derive(key);
  const memory = Buffer.from((exports as { memory: WebAssembly.Memory }).memory.buffer);
  expect(memory.includes(Buffer.from(key))).toBe(false);
  expect(memory.includes(Buffer.from(key).reverse())).toBe(false);
});

describe('the agent signs', () => {
  afterEach(() => void useCurve(() => NOBLE_CURVE));

  test.runIf(HAS_ADDON)('by the addon and hashes by WebAssembly, where there are both', () => {
    const { log, lines } = collectLog();
    expect(chooseCurve(log)).toBe('native');
    expect(getCurve().hash).not.toBe(NOBLE_CURVE.hash);
    expect(lines).toEqual([]);
  });

  test('by WebAssembly where the system has no addon, which is no news', () => {
    const { log, lines } = collectLog();
    expect(chooseCurve(log, { readModule, loadAddon: missing })).toBe('wasm');
    expect(lines).toEqual([]);
  });

  const broken: Readonly<Record<string, CurveDoors>> = {
    'whose module is not there': { readModule: missing, loadAddon: missing },
    'whose module is cut off': { readModule: () => readModule().slice(0, 1000), loadAddon: missing },
    'whose module is another': { readModule: () => Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0), loadAddon: missing },
  };
  test.each(Object.entries(broken))('by noble in an agent %s, with one line, and as before', (_, doors) => {
    const { log, lines } = collectLog();
    expect(chooseCurve(log, doors)).toBe('noble');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('the WebAssembly curve cannot be used');
    const [digest, key] = [hashText('digest'), hashText('key')];
    expect(recoverSigner(digest, signDigest(digest, key))).toEqual({ ok: true, value: addressOfPrivateKey(key) });
  });

  test('by WebAssembly where the addon answers wrongly, with one line', () => {
    const { log, lines } = collectLog();
    const addon: Addon = {
      ecdsaSign: () => ({ signature: new Uint8Array(64).fill(1), recid: 0 }),
      ecdsaRecover: () => new Uint8Array(65).fill(4),
      publicKeyCreate: () => new Uint8Array(65).fill(4),
    };
    expect(chooseCurve(log, { readModule, loadAddon: () => addon })).toBe('wasm');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('the native curve answers wrongly');
  });
});
