// secp256k1 and keccak-256 by WebAssembly, for everything in this isolate. workerd compiles no bytes: the module is a file of the Worker.
import curveModule from '../../schema/curve/curve.wasm';
import { useCurve } from '../../schema/chosen-curve.ts';
import { makeWasmCurve } from '../../schema/wasm-curve.ts';
import { makeLog } from '../log.ts';

const log = makeLog('services');

/** Where the module does not do what it should, everything works on in plain JavaScript at ten times the cost, and one line tells it. */
export function openCurve(module: WebAssembly.Module = curveModule): void {
  const taken = useCurve(() => makeWasmCurve(new WebAssembly.Instance(module).exports));
  if (!taken.ok) log.warn('curve-not-loaded', { reason: taken.error });
}
