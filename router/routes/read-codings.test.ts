import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCodings } from './read-codings.ts';

const KNOWN = ['gzip', 'br'] as const;

test.each<[string | undefined, readonly string[]]>([
  [undefined, []],
  ['', []],
  ['gzip', ['gzip']],
  [' X-Gzip ', ['gzip']],
  ['gzip, identity, br', ['br', 'gzip']],
  ['gzip,gzip,br', ['br', 'gzip', 'gzip']],
])('%j is undone by %j', (header, codings) => {
  expect(readCodings(header, KNOWN)).toEqual({ ok: true, value: codings });
});

test('whatever comes is a short list of known ones, or an error that stands in the header', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom('gzip', 'br', 'identity', 'GZIP'), fc.string())), (parts) => {
      const header = parts.join(',');
      const read = readCodings(header, KNOWN);
      const isSound = read.ok ? read.value.every((one) => KNOWN.includes(one)) : header.includes(read.error);
      expect(isSound && (!read.ok || read.value.length <= 3)).toBe(true);
    }),
  );
});

test('a header of a hundred thousand codings is given up at the fourth', () => {
  const header = Array.from({ length: 100_000 }, () => 'gzip').join(',');
  expect(readCodings(header, KNOWN)).toEqual({ ok: false, error: header });
});
