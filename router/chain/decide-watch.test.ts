import { expect, test } from 'vitest';
import { decideWatch, nextSpan } from './decide-watch.ts';

const cursor = { number: 10, hash: '0xa' } as const;

test('only what lies deep is read, from where it was read last', () => {
  expect(decideWatch({ cursor: null, cursorHash: null, deep: 7, span: 100 })).toEqual({ do: 'read', from: 0, to: 7 });
  expect(decideWatch({ cursor, cursorHash: '0xa', deep: 40, span: 20 })).toEqual({ do: 'read', from: 11, to: 30 });
  expect(decideWatch({ cursor, cursorHash: '0xa', deep: 10, span: 20 })).toEqual({ do: 'wait' });
});

test('a chain with another past, or without the block that was read, is read no further', () => {
  expect(decideWatch({ cursor, cursorHash: '0xb', deep: 40, span: 20 })).toEqual({ do: 'stop', why: 'went-back' });
  expect(decideWatch({ cursor, cursorHash: null, deep: 3, span: 20 })).toEqual({ do: 'stop', why: 'behind' });
});

test('a span that was refused is halved down to one block, one that was answered grows to its most', () => {
  expect(nextSpan(5, false)).toBe(2);
  expect(nextSpan(1, false)).toBe(1);
  expect(nextSpan(90_000, true)).toBe(100_000);
});
