import { expect, test } from 'vitest';
import { measureWidth } from '../fit-text.ts';
import { tellLines } from './tell-lines.ts';

test('what a router says moves no cursor, and each line has its break', () => {
  expect(tellLines(['fine', 'red \u001B[31mtext\u0007', 'two\nlines\u009B2J'])).toBe(
    'fine\nred  [31mtext \ntwo lines 2J\n'.replaceAll(' \n', '\n'),
  );
});

test('a fact goes on under its text, a span under its own, and nothing is wider than the terminal', () => {
  expect(tellLines(['models     one two three', '  08:00–08:05  no call came', 'given back 3 jobs in all'], 22)).toBe(
    [
      'models     one two',
      '           three',
      '  08:00–08:05  no call',
      '               came',
      'given back 3 jobs in',
      '           all',
      '',
    ].join('\n'),
  );
  const lines = tellLines([
    `名前         ${'とても長い名前'.repeat(20)}`,
    'x'.repeat(300),
    ` ${'word '.repeat(60)}`,
  ]).split('\n');
  expect(lines.filter((line) => measureWidth(line) > 80)).toEqual([]);
});
