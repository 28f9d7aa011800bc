import { expect, test } from 'vitest';
import { measureWidth } from '../fit-text.ts';
import { foldLog, tellLines } from './tell-lines.ts';

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

test('a log is folded for who reads it, and JSON is left whole', () => {
  const event = `2026-11-29 05:58:34+09:00 irori-node node=0x${'a'.repeat(40)} state=/home/mika/irori`;
  const json = `{"time":"${'x'.repeat(90)}"}`;
  const folded = foldLog(`short\n${event}\n${json}\n`).split('\n');
  const [head, ...facts] = event.split(/ (?=node=)/);
  expect(folded).toEqual(['short', head, `  ${facts.join('')}`, json, '']);
});
