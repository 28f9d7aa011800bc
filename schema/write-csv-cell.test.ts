import { expect, test } from 'vitest';
import { writeCsvCell } from './write-csv-cell.ts';

test('what a spreadsheet would take for a formula is a text', () => {
  for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '＝1', '＋1', '－1', '＠x'])
    expect(writeCsvCell(text)).toBe(`'${text}`);
  expect(writeCsvCell('=HYPERLINK("http://evil.example","x")')).toBe(`"'=HYPERLINK(""http://evil.example"",""x"")"`);
  expect(writeCsvCell('\r\n=1')).toBe(`"'\r\n=1"`);
});

test('a number below zero stays a number, and commas, quotes and line ends stay in their cell', () => {
  expect([-1.5, null, true, 'llama3.2:3b'].map((cell) => writeCsvCell(cell))).toEqual([
    '-1.5',
    '',
    'true',
    'llama3.2:3b',
  ]);
  expect(['a,b', 'a"b', 'a\nb'].map((cell) => writeCsvCell(cell))).toEqual(['"a,b"', '"a""b"', '"a\nb"']);
});
