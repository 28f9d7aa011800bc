// By what the agent signs, chosen once at its start: the native addon where this system has one, else the WebAssembly module, else plain JavaScript,
// all with the same answers. The one door to the addon and to the module's file.
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { getCurve, useCurve } from '../../schema/chosen-curve.ts';
import type { Curve } from '../../schema/curve.ts';
import { makeWasmCurve } from '../../schema/wasm-curve.ts';
import type { Log } from '../log.ts';
import { makeNativeCurve } from './native-curve.ts';
import type { Addon } from './native-curve.ts';

/** What is read at the start; each throws where it is not there. */
export interface CurveDoors {
  readonly readModule: () => Uint8Array<ArrayBuffer>;
  readonly loadAddon: () => Addon;
}

/** Chooses, and gives what it came to. A file or an addon that does not do what it should is told in one line each, and nothing else changes. */
export function chooseCurve(
  log: Log,
  { readModule = readFromFile, loadAddon = loadFromPackage }: Partial<CurveDoors> = {},
): Curve['name'] {
  const wasm = useCurve(() => makeWasmCurve(new WebAssembly.Instance(new WebAssembly.Module(readModule())).exports));
  if (!wasm.ok) log.warn('the WebAssembly curve cannot be used: hashes cost more', { reason: wasm.error });
  const native = useCurve(() => makeNativeCurve(loadAddon(), getCurve().hash));
  // Most systems without one are known: only one that answers wrongly is news.
  if (!native.ok && native.error === 'wrong-answer') log.warn('the native curve answers wrongly and is left alone');
  return getCurve().name;
}

/** Beside the program in an installed agent, in schema/curve in a checkout. */
function readFromFile(): Uint8Array<ArrayBuffer> {
  const beside = new URL('curve.wasm', import.meta.url);
  return readFileSync(existsSync(beside) ? beside : new URL('../../schema/curve/curve.wasm', import.meta.url));
}

/**
 * Its main file would take elliptic where there is no binary; this one throws. A version that an update brought lies elsewhere than the installed
 * package, beside which the addon is: the launcher that was started is in there.
 */
function loadFromPackage(): Addon {
  const name = 'secp256k1/bindings.js';
  try {
    return createRequire(import.meta.url)(name) as Addon;
  } catch (error) {
    const [, launcher = ''] = process.argv;
    if (!launcher.endsWith('irori-node') && !launcher.endsWith('irori-node.mjs')) throw error;
    return createRequire(realpathSync(launcher))(name) as Addon;
  }
}
