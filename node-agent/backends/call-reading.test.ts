import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CallReading } from './call-reading.ts';
import type { CallPiece, RawCall } from './call-reading.ts';

const raw = (piece: Partial<RawCall>): RawCall => ({ index: null, id: null, name: null, text: '', ...piece });

function read(...pieces: Partial<RawCall>[]): (CallPiece | null)[] {
  let made = 0;
  const reading = new CallReading(() => `made_${++made}`);
  return pieces.map((piece) => reading.take(raw(piece)));
}

/** Calls put together again, as a client does it. */
function join(pieces: readonly (CallPiece | null)[]): { id: string; name: string; text: string }[] {
  const calls: { id: string; name: string; text: string }[] = [];
  for (const piece of pieces) {
    if (piece?.begun) calls[piece.index] = { ...piece.begun, text: '' };
    const call = piece && calls[piece.index];
    if (call) call.text += piece.text;
  }
  return calls;
}

test('a call is its beginning and pieces of its arguments', () => {
  const pieces = read({ index: 0, id: 'a', name: 'f' }, { index: 0, text: '{"x"' }, { index: 0, text: ':1}' });
  expect(join(pieces)).toEqual([{ id: 'a', name: 'f', text: '{"x":1}' }]);
  expect(pieces[0]).toEqual({ index: 0, begun: { id: 'a', name: 'f' }, text: '' });
  expect(pieces[1]).toEqual({ index: 0, text: '{"x"' });
});

test.each<[string, Partial<RawCall>[]]>([
  [
    'numbers from 1',
    [
      { index: 1, id: 'a', name: 'f', text: '1' },
      { index: 2, id: 'b', name: 'g', text: '2' },
    ],
  ],
  [
    'one number for all',
    [
      { index: 0, id: 'a', name: 'f', text: '1' },
      { index: 0, id: 'b', name: 'g', text: '2' },
    ],
  ],
  [
    'no numbers',
    [
      { id: 'a', name: 'f', text: '1' },
      { id: 'b', name: 'g', text: '2' },
    ],
  ],
  [
    'the name in every piece',
    [
      { index: 0, id: 'a', name: 'f' },
      { index: 0, id: 'a', name: 'f', text: '1' },
      { index: 1, id: 'b', name: 'g', text: '2' },
    ],
  ],
  [
    'the name and another id in every piece',
    [
      { index: 0, id: 'a', name: 'f' },
      { index: 0, id: 'a2', name: 'f', text: '1' },
      { index: 1, id: 'b', name: 'g' },
      { index: 1, id: 'b2', name: 'g', text: '2' },
    ],
  ],
  [
    'the name in every piece, and no ids after the first',
    [
      { index: 0, id: 'a', name: 'f' },
      { index: 0, name: 'f', text: '1' },
      { index: 1, id: 'b', name: 'g' },
      { index: 1, name: 'g', text: '2' },
    ],
  ],
  [
    'pieces of two calls in turns',
    [
      { index: 0, id: 'a', name: 'f' },
      { index: 1, id: 'b', name: 'g' },
      { index: 0, text: '1' },
      { index: 1, text: '2' },
    ],
  ],
])('a server with %s is understood', (_, pieces) => {
  expect(join(read(...pieces))).toEqual([
    { id: 'a', name: 'f', text: '1' },
    { id: 'b', name: 'g', text: '2' },
  ]);
});

test('two calls of one tool under one number are two where the first is whole', () => {
  const pieces = read(
    { index: 0, id: 'a', name: 'f', text: '{"x":' },
    { index: 0, id: 'b', name: 'f', text: '1}' },
    { index: 0, id: 'c', name: 'f', text: '{}' },
  );
  expect(join(pieces)).toEqual([
    { id: 'a', name: 'f', text: '{"x":1}' },
    { id: 'c', name: 'f', text: '{}' },
  ]);
});

test('a call without an id, or with one that no client could send back, is given one', () => {
  const pieces = read({ name: 'f', text: '1' }, { name: 'g', text: '2' }, { id: 'a b', name: 'h' });
  expect(join(pieces).map(({ id }) => id)).toEqual(['made_1', 'made_2', 'made_3']);
});

test('calls past the limit are left out whole, whatever number or id their pieces have', () => {
  for (const numbered of [true, false]) {
    const reading = new CallReading(() => 'x', 1);
    const at = (index: number): Partial<RawCall> => (numbered ? { index } : {});
    const pieces = [
      { ...at(0), id: 'a', name: 'f', text: '{' },
      { ...at(0), text: '}' },
      { ...at(1), id: 'b', name: 'g', text: '[' },
      { ...at(1), text: ']' },
      { ...at(2), name: 'h', text: '1' },
    ].map((piece) => reading.take(raw(piece)));
    expect(join(pieces)).toEqual([{ id: 'a', name: 'f', text: '{}' }]);
    expect(pieces.slice(2)).toEqual([null, null, null]);
    expect(reading.count).toBe(1);
  }
});

test('a call that has no arguments at its end is given empty ones', () => {
  const reading = new CallReading(() => 'x', 2);
  for (const name of ['f', 'g', 'h']) reading.take(raw({ name }));
  reading.take(raw({ index: null, id: null, text: '' }));
  expect(reading.takeRest()).toEqual([
    { index: 0, text: '{}' },
    { index: 1, text: '{}' },
  ]);
});

test('arguments of no call, and names that no tool can have, are left out', () => {
  const reading = new CallReading(() => 'x');
  expect(reading.take(raw({ text: '{}' }))).toBeNull();
  expect(reading.take(raw({ name: 'a b', text: '{}' }))).toBeNull();
  expect(reading.count).toBe(0);
});

test('whatever comes, numbers count from 0 and each begins once', () => {
  const anyPiece = fc.record({
    index: fc.option(fc.integer({ min: -1, max: 3 })),
    id: fc.option(fc.constantFrom('a', 'b', '', ' ')),
    name: fc.option(fc.constantFrom('f', 'g', '', '!')),
    text: fc.constantFrom('', '{', '1'),
  });
  fc.assert(
    fc.property(fc.array(anyPiece), (all) => {
      const pieces = read(...all).filter((piece) => piece !== null);
      const begins = pieces.filter(({ begun }) => begun !== undefined);
      expect(begins.map(({ index }) => index)).toEqual(begins.map((_, i) => i));
      for (const [i, { index }] of pieces.entries())
        expect(index).toBeLessThan(pieces.slice(0, i + 1).filter(({ begun }) => begun !== undefined).length);
    }),
  );
});
