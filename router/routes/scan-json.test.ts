import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scanJson } from './scan-json.ts';
import type { JsonLimits } from './scan-json.ts';

const LIMITS: JsonLimits = { depth: 4, entries: 5, values: 12, numberChars: 6 };
const scan = (text: string, limits: Partial<JsonLimits> = {}) =>
  scanJson(new TextEncoder().encode(text), { ...LIMITS, ...limits });

test('what keeps to all limits passes', () => {
  for (const text of ['', '{}', '[[[[]]]]', '[1,2,3,4,5]', '{"a":[1,2],"b":{"c":"x"}}', '123456', 'no json'])
    expect(scan(text)).toBeNull();
});

test('each limit is told with the outermost field that goes beyond it', () => {
  expect(scan('{"a":1,"deep":[[[[]]]]}')).toEqual({ limit: 'depth', field: 'deep' });
  expect(scan('{"a":1,"wide":[1,2,3,4,5,6]}')).toEqual({ limit: 'entries', field: 'wide' });
  expect(scan('{"a":[1,2,3,4],"b":[1,2,3,4],"c":[1,2,3,4]}')).toEqual({ limit: 'values', field: 'c' });
  expect(scan('{"n":1234567}')).toEqual({ limit: 'numberChars', field: 'n' });
  expect(scan('[[[[[')).toEqual({ limit: 'depth', field: null });
});

test('objects count as lists do', () => {
  expect(scan('{"o":{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1}}')).toEqual({ limit: 'entries', field: 'o' });
  expect(scan(`{"o":${'{"a":'.repeat(4)}`)?.limit).toBe('depth');
});

test('entries are counted for each list by itself', () => {
  expect(scan('[[1,2,3,4],[1,2,3,4]]')).toBeNull();
});

test('what stands inside a text is no structure, whatever is escaped in it', () => {
  const text = JSON.stringify({ a: '[{,:"}]\\', '"[,': '\\"[[[[[[[[', n: '12345678901234567890' });
  expect(scan(text)).toBeNull();
  expect(scan('{"a":"\\\\","b":[[[[]]]]}')).toEqual({ limit: 'depth', field: 'b' });
});

test('a text that never ends ends the scan', () => {
  expect(scan('{"a":"\\"[[[[[[')).toBeNull();
});

test('a long field is told cut', () => {
  expect(scan(`{"${'x'.repeat(500)}":[[[[]]]]}`)?.field).toBe('x'.repeat(64));
});

test('any JSON is within limits that are counted from it, and beyond limits that are one lower', () => {
  const wide: JsonLimits = { depth: 50, entries: 1000, values: 10_000, numberChars: 400 };
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.boolean(), (value, isPretty) => {
      const text = JSON.stringify(value, null, isPretty ? 2 : 0);
      const depth = depthOf(value);
      expect(scan(text, { ...wide, depth })).toBeNull();
      const limit = depth > 0 ? 'depth' : undefined;
      expect(scan(text, { ...wide, depth: Math.max(0, depth - 1) })?.limit).toBe(limit);
    }),
  );
});

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test('a megabyte of any kind is scanned in a few milliseconds', () => {
  for (const unit of ['{},', '"\\\\\\"",', '1,', '\\"', 'word ']) {
    const bytes = new TextEncoder().encode(`["${unit.repeat(1_000_000 / unit.length)}`);
    const startedAt = performance.now();
    scanJson(bytes, { depth: 64, entries: 1e9, values: 1e9, numberChars: 400 });
    expect(performance.now() - startedAt).toBeLessThan(1000);
  }
});
