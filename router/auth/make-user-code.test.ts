import { expect, test } from 'vitest';
import { makeUserCode, readUserCode, showUserCode } from './make-user-code.ts';

test('a code has eight letters of twenty, none of which looks like another', () => {
  const code = makeUserCode(Uint8Array.from({ length: 32 }, (_, i) => i * 8));
  expect(code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/);
  expect(makeUserCode(Uint8Array.from({ length: 20 }, (_, i) => i))).toBe('BCDFGHJK');
});

test('bytes that would favour some letters are passed over, and too few are an error', () => {
  expect(makeUserCode(Uint8Array.from([255, 240, 0, 20, 40, 60, 80, 100, 120, 140]))).toBe('BBBBBBBB');
  expect(() => makeUserCode(new Uint8Array(7))).toThrow(RangeError);
});

test.each(['WXZB-CDFG', 'wxzb cdfg', ' wxzbcdfg ', 'WXZB – CDFG', 'w x z b.c_d-f g'])(
  '%j is read as it was meant',
  (typed) => {
    expect(readUserCode(typed)).toBe('WXZBCDFG');
  },
);

test.each(['', 'WXZB', 'WXZB-CDF0', 'WXZA-CDFG', 'WXZB-CDFGH', 'x'.repeat(1000), 'WXZB-CDF\u0262'])(
  '%j cannot be a code',
  (typed) => {
    expect(readUserCode(typed)).toBeNull();
  },
);

test('it is shown in two groups', () => {
  expect(showUserCode('WXZBCDFG')).toBe('WXZB-CDFG');
});
