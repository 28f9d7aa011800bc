import { expect, test } from 'vitest';
import { readDemand } from './read-demand.ts';

const ENTRY = { name: 'llama3', in_catalogue: true, id: 'llama3', served_to: 'everyone', price_in: 1 };
const toldOf = (change: object): string | undefined =>
  readDemand({ data: [{ ...ENTRY, ...change }] }, ['llama3'])['llama3']?.told;

test('each model is told by who calls it', () => {
  expect(readDemand({ data: [ENTRY] }, ['llama3'])).toEqual({
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
  const notes = readDemand({ data: names.map((name) => ({ ...ENTRY, name })) }, names);
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
  expect(readDemand(answer, ['llama3'])).toEqual({});
});
