import { expect, test } from 'vitest';
import { fitLines } from './fit-lines.ts';

test('lines are broken at spaces, keep their indent, and no stranger moves the cursor', () => {
  expect(fitLines('one two three', 8)).toEqual(['one two', 'three']);
  expect(fitLines('a\n  one two three', 9)).toEqual(['a', '  one two', '  three']);
  expect(fitLines('a\n\nb', 8)).toEqual(['a', '', 'b']);
  expect(fitLines('a\u001b[2Jb', 10).join('')).not.toContain('\u001b');
});
