import { expect, test } from 'vitest';
import { hashBody, hashKey } from './hash-body.ts';

test.each([
  ['fields in another order', { a: 1, b: { c: 'x', d: null } }, { b: { d: null, c: 'x' }, a: 1 }],
  ['a form without a prototype', Object.assign(Object.create(null), { a: 'x' }) as object, { a: 'x' }],
])('%s are the same body', (_, one, other) => {
  expect(hashBody(one)).toBe(hashBody(other));
});

test('bodies that differ in anything that they say have hashes of their own', () => {
  const bytes = (...of: number[]): Uint8Array => Uint8Array.from(of);
  const bodies = [
    null,
    true,
    'true',
    1,
    '1',
    [],
    {},
    [1, 2],
    [2, 1],
    ['ab', 'c'],
    ['a', 'bc'],
    [['a'], 'b'],
    [['a', 'b']],
    { a: 'b' },
    { a: { b: 1 } },
    { a: 1, b: 1 },
    'é',
    'e\u0301',
    { f: bytes(1, 2) },
    { f: bytes(2, 1) },
    { f: 'b2:' },
    bytes(),
  ];
  expect(new Set(bodies.map(hashBody)).size).toBe(bodies.length);
  expect(hashBody({ a: 1 })).toMatch(/^[0-9a-f]{32}$/);
});

test('a key stands for itself at its endpoint alone', () => {
  const keys = [
    hashKey('/v1/embeddings', 'k'),
    hashKey('/v1/embeddings', 'K'),
    hashKey('/v1/completions', 'k'),
    hashKey('/v1/embeddingsk', ''),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});
