// A custom tool's text out of the arguments that a model wrote for it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openCustomInput } from './custom-input.ts';

function read(pieces: readonly string[]): string {
  const reader = openCustomInput();
  return pieces.map((piece) => reader.take(piece)).join('') + reader.end();
}

function cut(text: string, places: readonly number[]): string[] {
  const at = [0, ...places.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length];
  return at.slice(1).map((end, i) => text.slice(at[i], end));
}

test('the text of its one argument is what the model wrote, and it arrives while the arguments do', () => {
  const reader = openCustomInput();
  expect(reader.take('{"inp')).toBe('');
  expect(reader.take('ut": "*** Begin\\n')).toBe('*** Begin\n');
  expect(reader.take('+\\"x\\')).toBe('+"x');
  expect(reader.take('t\\u00e9\\ud83d')).toBe('\té');
  expect(reader.take('\\ude00"')).toBe('😀');
  expect(reader.take('}')).toBe('');
  expect(reader.end()).toBe('');
});

test.each([
  ['ls -l', 'ls -l'],
  ['"ls -l"', 'ls -l'],
  ['{"a":1,"input":"x"}', 'x'],
  ['{"command":"x"}', '{"command":"x"}'],
  ['{"input":7}', '{"input":7}'],
  ['', ''],
  ['{"inp', '{"inp'],
  ['{"input":"cut off \\', 'cut off '],
  ['{"input":"half \\ud83d"}', 'half \ufffd'],
  ['{"input":"strange \\q \\uzzzz"}', 'strange q \ufffd'],
])('of the arguments %j the text is %j', (given, text) => {
  expect(read([given])).toBe(text);
  expect(read(given.split(''))).toBe(text);
});

test('any text comes back as it is, however its JSON is cut', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.nat()), fc.boolean(), (text, places, isAscii) => {
      const json = JSON.stringify({ input: text });
      const written = isAscii
        ? json.replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
        : json;
      expect(read(cut(written, places))).toBe(text);
    }),
  );
});

test('whatever a model writes becomes one text, however it is cut', () => {
  const strange = fc.oneof(
    fc.string(),
    fc.string().map((text) => `{"input":"${text}`),
    fc.string({ unit: fc.constantFrom('\\', 'u', 'd', '8', '3', '"', 'n', '{', 'input', ':') }),
  );
  fc.assert(
    fc.property(strange, fc.array(fc.nat()), (given, places) => {
      expect(read(cut(given, places))).toBe(read([given]));
    }),
  );
});
