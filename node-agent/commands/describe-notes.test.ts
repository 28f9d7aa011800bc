import { expect, test } from 'vitest';
import { describeModelNotes, describeServerNotes } from './describe-notes.ts';

const OWN = {
  inCatalogue: false,
  servedTo: 'own account only',
  told: 'not in the catalogue: only your own calls come',
} as const;
const ALL = { inCatalogue: true, servedTo: 'everyone', told: 'in the catalogue: calls from everyone come' } as const;

test('models that strangers call are not remarked on; the others are, up to a number', () => {
  expect(describeModelNotes({ modelNotes: { a: ALL } })).toEqual([]);
  expect(describeModelNotes({ modelNotes: { a: ALL, b: OWN } })).toEqual([
    'own calls  b: not in the catalogue: only your own calls come',
  ]);
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`m${i}`, OWN]));
  expect(describeModelNotes({ modelNotes: many }).at(-1)).toBe('own calls  … 3 more: see --json');
});

test('a server that shares nothing is told in its own sentence', () => {
  expect(describeServerNotes({ serverNotes: ['No server answers at X.'] })).toEqual([
    'server     No server answers at X.',
  ]);
});
