import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, equalBytes, fromHex, toHex } from './bytes.ts';

describe('hex', () => {
  test('bytes are two lower-case digits each behind 0x', () => {
    expect(toHex(Uint8Array.of(0, 10, 255))).toBe('0x000aff');
    expect(toHex(new Uint8Array(0))).toBe('0x');
  });

  test('any bytes come back', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(equalBytes(fromHex(toHex(bytes)), bytes)).toBe(true);
      }),
    );
  });

  test('upper-case digits are read', () => {
    expect(fromHex('0xFFaB')).toEqual(Uint8Array.of(255, 171));
  });

  test.each(['', '00', '0x0', '0xgg', '0X00', '0x00 ', ' 0x00', '0x00\n'])('%j is refused', (text) => {
    expect(() => fromHex(text)).toThrow(RangeError);
  });
});

describe('concatBytes and equalBytes', () => {
  test('parts stand in order', () => {
    expect(concatBytes([Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3)])).toEqual(Uint8Array.of(1, 2, 3));
    expect(concatBytes([])).toHaveLength(0);
  });

  test('a join does not share memory with its parts', () => {
    const part = Uint8Array.of(1);
    const all = concatBytes([part]);
    part[0] = 9;
    expect(all[0]).toBe(1);
  });

  test('equal means the same length and the same bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(equalBytes(a, b) === (a.join() === b.join())).toBe(true);
      }),
    );
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(equalBytes(Uint8Array.of(1), Uint8Array.of(1, 0))).toBe(false);
  });
});
