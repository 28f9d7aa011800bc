import { expect, test } from 'vitest';
import { tellLines } from './tell-lines.ts';

test('a word that would move the cursor or colour the terminal is only a gap', () => {
  expect(tellLines(['a\u001B[31mred\u0007', 'b\r\nc', 'd\u009Be'])).toBe('a [31mred \nb  c\nd e\n');
});

test('what else is written stays to the letter', () => {
  expect(tellLines(['囲炉裏 – 2.5 credits', ''])).toBe('囲炉裏 – 2.5 credits\n\n');
});
