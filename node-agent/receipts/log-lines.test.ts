import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeLogLine, parseLog, readLogLine } from './log-lines.ts';

const line = (seal: bigint, seq: bigint, value: unknown): Buffer => encodeLogLine({ seal, seq }, JSON.stringify(value));
const LINES = [line(1n, 2n, { a: 'é' }), line(2n, 3n, ['\n']), line(3n, 70n, 'last')];
const WHOLE = Buffer.concat(LINES);

test('what was written is read again, each line with its place and numbers', () => {
  const { lines, damaged, tail } = parseLog(WHOLE);
  expect(lines.map(({ value }) => value)).toEqual([{ a: 'é' }, ['\n'], 'last']);
  expect(lines.map(({ top }) => top.seq)).toEqual([2n, 3n, 70n]);
  for (const { at, length, value } of lines) expect(readLogLine(WHOLE.subarray(at, at + length))).toEqual(value);
  expect([damaged, tail]).toEqual([[], null]);
  expect(parseLog(Buffer.alloc(0))).toEqual({ lines: [], damaged: [], tail: null });
});

test('cut at any byte the whole lines before it are read, and the numbers of the cut one where its head is there', () => {
  const before = LINES[0]!.length + LINES[1]!.length;
  for (let cut = before + 1; cut < WHOLE.length; cut++) {
    const { lines, damaged, tail } = parseLog(WHOLE.subarray(0, cut));
    expect(lines).toHaveLength(2);
    expect(damaged).toEqual([]);
    const hasHead = cut - before >= '0123456789abcdef 3 70 '.length;
    expect(tail).toEqual({ isTorn: true, tops: hasHead ? [{ seal: 3n, seq: 70n }] : [] });
  }
});

test('one byte changed anywhere damages one line or two, and leaves the others', () => {
  fc.assert(
    fc.property(fc.nat(WHOLE.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const bytes = Buffer.from(WHOLE);
      bytes[at] = bytes[at]! ^ change;
      const { lines, tail } = parseLog(bytes);
      const values = lines.map(({ value }) => JSON.stringify(value));
      expect(lines.length).toBeGreaterThanOrEqual(1);
      expect(lines.length).toBeLessThanOrEqual(2);
      for (const value of values) expect(['{"a":"é"}', '["\\n"]', '"last"']).toContain(value);
      expect(tail !== null || values.includes('"last"')).toBe(true);
    }),
  );
});
