import { describe, expect, test } from 'vitest';
import { countOpenBytes, findHold, findStop, indexTokenBytes } from './decode-text.ts';

describe('countOpenBytes', () => {
  test('counts the bytes of a character that is not whole, for every character length and cut', () => {
    for (const character of ['a', 'é', '囲', '🔥']) {
      const whole = new TextEncoder().encode(`x${character}`);
      expect(countOpenBytes(whole)).toBe(0);
      for (let cut = 2; cut < whole.length; cut += 1) expect(countOpenBytes(whole.subarray(0, cut))).toBe(cut - 1);
    }
  });

  test('counts bytes that can never become a character as whole', () => {
    expect(countOpenBytes(Uint8Array.of(0x80))).toBe(0);
    expect(countOpenBytes(Uint8Array.of(0xff))).toBe(0);
    expect(countOpenBytes(Uint8Array.of(0xc0))).toBe(0);
    expect(countOpenBytes(Uint8Array.of(0xe3, 0x41))).toBe(0);
    expect(countOpenBytes(new Uint8Array(0))).toBe(0);
  });
});

describe('findStop', () => {
  test('finds the earliest stop string and passes over empty ones', () => {
    expect(findStop('one two three', ['three', 'two'])).toBe(4);
    expect(findStop('one', ['', 'x'])).toBe(-1);
  });
});

describe('findHold', () => {
  test('holds the longest tail that may grow into a stop string', () => {
    expect(findHold('say EN', ['END', 'N!'])).toBe(4);
    expect(findHold('say N', ['END', 'N!'])).toBe(4);
    expect(findHold('say', ['END'])).toBe(3);
    expect(findHold('aaa', ['aaab'])).toBe(0);
    expect(findHold('', ['x'])).toBe(0);
  });
});

describe('indexTokenBytes', () => {
  test('maps the byte-level alphabet back to bytes, control tokens to nothing and unknown ids to undefined', () => {
    const bytesOf = indexTokenBytes(
      new Map([
        ['ĠHi', 0],
        ['Ċ', 1],
        ['ãģ', 2],
        ['<|end|>', 3],
      ]),
      new Set([3]),
    );
    expect([...(bytesOf(0) ?? [])]).toEqual([0x20, 0x48, 0x69]);
    expect([...(bytesOf(1) ?? [])]).toEqual([0x0a]);
    expect([...(bytesOf(2) ?? [])]).toEqual([0xe3, 0x81]);
    expect([...(bytesOf(3) ?? [9])]).toEqual([]);
    expect(bytesOf(4)).toBeUndefined();
  });
});
