import { expect, test } from 'vitest';
import { makeNotes, readDemand } from './read-demand.ts';

const ENTRY = { name: 'llama3', in_catalogue: true, id: 'llama3', served_to: 'everyone', price_in: 1 };
const notesOf = (answer: unknown, asked: readonly string[] = ['llama3']) => makeNotes(readDemand(answer), asked);
const toldOf = (change: object): string | undefined => notesOf({ data: [{ ...ENTRY, ...change }] })['llama3']?.told;

test('each model is told by who calls it', () => {
  expect(notesOf({ data: [ENTRY] })).toEqual({
    llama3: {
      inCatalogue: true,
      servedTo: 'everyone',
      told: 'in the catalogue: calls from everyone come',
    },
  });
  expect(toldOf({ id: 'llama-3-8b' })).toContain('as llama-3-8b');
  expect(toldOf({ served_to: 'own account only' })).toContain('its own account only');
  expect(toldOf({ in_catalogue: false, id: null, served_to: 'own account only' })).toBe(
    'not in the catalogue: only your own calls come',
  );
  expect(toldOf({ in_catalogue: false, id: 'llama-3-8b', served_to: 'own account only' })).toContain('another copy');
});

test('a model may be called what it likes', () => {
  const names = ['__proto__', 'constructor'];
  const notes = notesOf({ data: names.map((name) => ({ ...ENTRY, name })) }, names);
  expect(Object.keys(notes)).toEqual(names);
});

test.each([
  null,
  'x',
  {},
  { data: 5 },
  { data: [{ ...ENTRY, in_catalogue: 'yes' }] },
  { data: [{ ...ENTRY, name: 'other' }] },
])('what cannot be read, or was not asked for, says nothing: %j', (answer) => {
  expect(notesOf(answer)).toEqual({});
});
