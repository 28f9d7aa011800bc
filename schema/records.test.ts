import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes } from './bytes.ts';
import { encodeDataRecord, encodeJsonRecord, readDataRecord, readRecordJson, RECORD, RecordReader } from './records.ts';
import type { EndRecord, FailRecord, HeadRecord, PartRecord } from './records.ts';
import { countsOf, DECISION } from '../router/test/fake-hubs.ts';

const head: HeadRecord = { node: 'node_1', country: 'FR', digest: 'd', decision: DECISION, resumed: null };
const end: EndRecord = { finish: 'stop', ...countsOf(3, 2), ttftMs: null, receiptHash: '0xab' };
const fail: FailRecord = { code: 'lost', message: 'gone – 囲炉裏', delivered: null };

const data = (...parts: Uint8Array[]): Uint8Array =>
  encodeDataRecord(parts.map((events) => ({ events, tokens: 1, tokenIds: null })));

/** What a reader gives for these chunks, with payloads copied. */
function readAll(chunks: readonly Uint8Array[]): PartRecord[] {
  const reader = new RecordReader();
  return chunks.flatMap((chunk) => reader.push(chunk)).map(({ kind, payload }) => ({ kind, payload: payload.slice() }));
}

const stream = concatBytes([
  encodeJsonRecord(RECORD.head, head),
  data(Uint8Array.of(1, 2), Uint8Array.of(3)),
  data(),
  encodeJsonRecord(RECORD.end, end),
]);

describe('records', () => {
  test('a record is its kind, its length and its payload', () => {
    expect([...data(Uint8Array.of(7), Uint8Array.of(8, 9))]).toEqual([2, 0, 0, 0, 11, 0, 0, 0, 2, 0, 0, 0, 0, 7, 8, 9]);
  });

  test.each([
    [RECORD.head, head],
    [RECORD.end, end],
    [RECORD.fail, fail],
  ] as const)('JSON of kind %d comes back', (kind, value) => {
    const [record] = readAll([encodeJsonRecord(kind, value)]);
    expect(record?.kind).toBe(kind);
    expect(readRecordJson(record!)).toEqual(value);
  });

  test('parts of one data record come back joined', () => {
    const [record] = readAll([data(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2))]);
    expect(readDataRecord(record!)).toEqual({
      tokens: 3,
      tokenIds: null,
      events: Uint8Array.of(1, 2),
      isThinking: false,
    });
  });

  test('thinking is a record of its own kind', () => {
    const piece = { tokens: 2, tokenIds: null, events: Uint8Array.of(1), isThinking: true };
    const [record] = readAll([encodeDataRecord([piece])]);
    expect(record?.kind).toBe(RECORD.thinking);
    expect(readDataRecord(record!)).toEqual(piece);
  });

  test('token ids travel beside the events that they made', () => {
    const [record] = readAll([
      encodeDataRecord([
        { events: Uint8Array.of(1), tokens: 2, tokenIds: [7, 70_000] },
        { events: Uint8Array.of(2), tokens: 1, tokenIds: [9] },
      ]),
    ]);
    expect(readDataRecord(record!)).toMatchObject({ tokens: 3, tokenIds: [7, 70_000, 9], events: Uint8Array.of(1, 2) });
  });

  test('where one piece does not tell its ids, none are told', () => {
    const [record] = readAll([
      encodeDataRecord([
        { events: Uint8Array.of(1), tokens: 1, tokenIds: [7] },
        { events: Uint8Array.of(2), tokens: 1, tokenIds: null },
      ]),
    ]);
    expect(readDataRecord(record!)).toMatchObject({ tokens: 2, tokenIds: null });
  });

  test('a stream cut in two at any place gives the same records', () => {
    const whole = readAll([stream]);
    expect(whole.map(({ kind }) => kind)).toEqual([1, 2, 2, 3]);
    for (let at = 0; at <= stream.length; at++) {
      expect(readAll([stream.subarray(0, at), stream.subarray(at)])).toEqual(whole);
    }
  });

  test('a stream cut into single bytes gives the same records', () => {
    expect(readAll(Array.from(stream, (byte) => Uint8Array.of(byte)))).toEqual(readAll([stream]));
  });

  test('any records in any chunks come back whole and in order', () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 10 });
    fc.assert(
      fc.property(payloads, fc.array(fc.nat(400), { maxLength: 8 }), (all, cuts) => {
        const bytes = concatBytes(all.map((payload) => data(payload)));
        const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length];
        const chunks = at.slice(1).map((stop, i) => bytes.subarray(at[i], stop));
        expect(readAll(chunks).map((record) => readDataRecord(record).events)).toEqual(all);
      }),
    );
  });

  test('a record comes out with the chunk that completes it, not before', () => {
    const reader = new RecordReader();
    expect(reader.push(stream.subarray(0, 4))).toEqual([]);
    expect(reader.push(new Uint8Array(0))).toEqual([]);
    expect(reader.push(stream.subarray(4))).toHaveLength(4);
  });

  test('a length that no hub writes is refused at once', () => {
    expect(() => new RecordReader().push(Uint8Array.of(2, 0xff, 0, 0, 0))).toThrow(RangeError);
  });
});
