// secp256k1 and keccak-256 by the WebAssembly module of schema/curve: 128 KB of memory that cannot grow, no imports. Who runs it compiles it: in
// workerd a module comes with the program, in Node from its file.
import type { Curve } from './curve.ts';
import { NOBLE_CURVE } from './noble-curve.ts';

/** What the module gives; its functions work on one fixed area of its memory and answer 1 for done, 0 for no. */
interface CurveExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly area: () => number;
  readonly inputBytes: () => number;
  readonly start: () => number;
  readonly sign: () => number;
  readonly recover: () => number;
  readonly derive: () => number;
  readonly keccak: (bytes: number) => number;
}

/** Where things lie in the area, in bytes, as `area` of curve.c says. */
const AT = { digest: 0, key: 32, signature: 64, point: 136, input: 200 } as const;

/** Over the exports of an instance of schema/curve/curve.wasm. Throws when they are others. */
export function makeWasmCurve(exports: unknown): Curve {
  const wasm = exports as CurveExports;
  const inputBytes = wasm.inputBytes();
  const area = new Uint8Array(wasm.memory.buffer, wasm.area(), AT.input + inputBytes);
  if (wasm.start() !== 1) throw new Error('the curve module did not start');
  const takePoint = (): Uint8Array => area.slice(AT.point, AT.point + 64);
  return {
    name: 'wasm',
    hash: (bytes) => {
      // Nothing that is signed is as long.
      if (bytes.length > inputBytes) return NOBLE_CURVE.hash(bytes);
      area.set(bytes, AT.input);
      wasm.keccak(bytes.length);
      return area.slice(AT.digest, AT.digest + 32);
    },
    sign: (digest, privateKey) => {
      put(area, AT.digest, digest, 32);
      put(area, AT.key, privateKey, 32);
      if (wasm.sign() !== 1) throw new RangeError('not a private key');
      return area.slice(AT.signature, AT.signature + 65);
    },
    recover: (digest, signature) => {
      put(area, AT.digest, digest, 32);
      put(area, AT.signature, signature, 65);
      return wasm.recover() === 1 ? takePoint() : null;
    },
    derive: (privateKey) => {
      put(area, AT.key, privateKey, 32);
      if (wasm.derive() !== 1) throw new RangeError('not a private key');
      return takePoint();
    },
  };
}

/** A shorter one would be filled up with what lay there before. */
function put(area: Uint8Array, at: number, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new RangeError(`expected ${length} bytes, got ${bytes.length}`);
  area.set(bytes, at);
}
