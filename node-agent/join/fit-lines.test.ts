import { expect, test } from 'vitest';
import { fitLineEnd, fitLines } from './fit-lines.ts';

test('text is broken at spaces, and a word that is too long is cut', () => {
  expect(fitLines('one two three', 8)).toEqual(['one two', 'three']);
  expect(fitLines('a\n\nb', 8)).toEqual(['a', '', 'b']);
  expect(fitLines('abcdefghijkl', 5)).toEqual(['abcde', 'fghij', 'kl']);
});

test('a line that is too long ends in a mark, and no stranger moves the cursor', () => {
  expect(fitLineEnd('abcdef', 4)).toBe('abc…');
  expect(fitLineEnd('a\u001b[2Jb', 10)).toBe('a [2Jb');
});
