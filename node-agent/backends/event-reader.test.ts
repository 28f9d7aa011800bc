import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventReader } from './event-reader.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function readAll(stream: Uint8Array, cuts: readonly number[]): string[] {
  const reader = new EventReader();
  const events: string[] = [];
  let from = 0;
  for (const cut of [...cuts, stream.length]) {
    events.push(...reader.feed(stream.subarray(from, cut)));
    from = cut;
  }
  events.push(...reader.end());
  return events;
}

const STREAM =
  '\ufeff: hello\ndata: {"a":"ひとつ"}\n\nevent: x\r\nid: 7\r\ndata:{"b":"🔥"}\r\n\r\ndata: one\ndata:  two\n\n:\n\ndata: [DONE]\n\n';
const EXPECTED = ['{"a":"ひとつ"}', '{"b":"🔥"}', 'one\n two', '[DONE]'];

describe('EventReader', () => {
  test('gives the same events wherever the stream is cut in two, also inside characters and line ends', () => {
    const stream = bytes(STREAM);
    for (let cut = 0; cut <= stream.length; cut += 1) expect(readAll(stream, [cut])).toEqual(EXPECTED);
  });

  test('gives the same events byte by byte', () => {
    const stream = bytes(STREAM);
    expect(
      readAll(
        stream,
        Array.from(stream, (_, index) => index),
      ),
    ).toEqual(EXPECTED);
  });

  test('reads lone CR line ends', () => {
    expect(readAll(bytes('data: a\r\rdata: b\r\r'), [])).toEqual(['a', 'b']);
  });

  test('gives an event that lacks its empty line at the end, and none that was not begun', () => {
    expect(readAll(bytes('data: a\n\ndata: b'), [])).toEqual(['a', 'b']);
    expect(readAll(bytes('data: a\n\n'), [])).toEqual(['a']);
  });

  test('takes apart what a server wrote without empty lines, and nothing that is one JSON object of many lines', () => {
    expect(readAll(bytes('data: {"a":1}\ndata: {"b":2}\ndata: [DONE]\n\n'), [])).toEqual([
      '{"a":1}',
      '{"b":2}',
      '[DONE]',
    ]);
    expect(readAll(bytes('data: {"a":\ndata: {"b":2}}\n\n'), [])).toEqual(['{"a":\n{"b":2}}']);
  });

  test('refuses an event over 1 MiB instead of growing', () => {
    const reader = new EventReader();
    const piece = bytes(`data: ${'x'.repeat(300_000)}\n`);
    expect(() => {
      for (let i = 0; i < 5; i += 1) reader.feed(piece);
    }).toThrow(RangeError);
  });
});

test('however a stream is cut, also where each piece is whole events, the same is read of it', () => {
  const lines = [
    'data: {"a":1}',
    'data: ä🔥',
    'data:x',
    'data:  y',
    'data: ',
    'data',
    ': ping',
    'event: error',
    'id: 7',
    '',
  ];
  const ends = ['\n', '\n\n', '\n\n\n', '\r\n', '\r\n\r\n', '\r'];
  const line = fc.tuple(fc.constantFrom(...lines), fc.constantFrom(...ends)).map((both) => both.join(''));
  fc.assert(
    fc.property(fc.array(fc.array(line, { maxLength: 4 }), { maxLength: 8 }), (pieces) => {
      const whole = pieces.map((piece) => Buffer.from(piece.join('')));
      const inPieces = new EventReader();
      const inBytes = new EventReader();
      const read = whole.flatMap((piece) => inPieces.feed(piece));
      const expected = Array.from(Buffer.concat(whole), (byte) => [...inBytes.feed(Uint8Array.of(byte))]).flat();
      expect([...read, ...inPieces.end()]).toEqual([...expected, ...inBytes.end()]);
    }),
    { numRuns: 1000 },
  );
});
