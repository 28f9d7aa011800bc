import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { getCurve, useCurve } from '../../../schema/chosen-curve.ts';
import { describeCurve } from '../../../schema/curve-suite.ts';
import { NOBLE_CURVE } from '../../../schema/noble-curve.ts';
import { USAGE_RECEIPT } from '../../../schema/receipt.ts';
import { makeWasmCurve } from '../../../schema/wasm-curve.ts';
import curveModule from '../../../schema/curve/curve.wasm';
import { openCurve } from '../../services/curve.ts';
import { makeNode, makeReceipt, makeTicket, signer, signReceipt } from './make-settlement.ts';

describeCurve('wasm', () => makeWasmCurve(new WebAssembly.Instance(curveModule).exports), { runs: 20 });

describe('what an isolate signs with', () => {
  const lines: string[] = [];
  beforeEach(() => {
    lines.length = 0;
    vi.spyOn(console, 'warn').mockImplementation((line: string) => void lines.push(line));
    useCurve(() => NOBLE_CURVE);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    useCurve(() => NOBLE_CURVE);
  });

  test('is the module that the Worker comes with, and nothing is said', () => {
    openCurve();
    expect(getCurve().name).toBe('wasm');
    expect(lines).toEqual([]);
  });

  test('is noble where the module is another, with one line, and everything is signed and checked as before', () => {
    openCurve({} as WebAssembly.Module);
    expect(getCurve().name).toBe('noble');
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { level: 'warn', event: 'curve-not-loaded', reason: 'TypeError' },
    ]);
    const node = makeNode('of the fallback');
    const receipt = makeReceipt(makeTicket(node));
    const proof = { signature: signReceipt(node, receipt), sealed: null, address: node.address };
    expect(signer.isProvenBy(USAGE_RECEIPT, { ...receipt }, proof)).toBe(true);
    openCurve();
    expect(getCurve().name).toBe('wasm');
    expect(signer.isProvenBy(USAGE_RECEIPT, { ...receipt }, proof)).toBe(true);
    expect(signReceipt(node, { ...receipt })).toBe(proof.signature);
  });
});
