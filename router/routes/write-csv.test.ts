import { expect, test } from 'vitest';
import { writeCsv } from './write-csv.ts';

test('lines end with CRLF, and cells with commas, quotes or line breaks stand in quotes', () => {
  const rows = [
    { a: 'x,y', b: 'say "hi"' },
    { a: 'two\nlines', b: null },
    { a: 'plain', b: 7 },
  ];
  expect(writeCsv(['a', 'b'], rows)).toBe('a,b\r\n"x,y","say ""hi"""\r\n"two\nlines",\r\nplain,7\r\n');
  expect(writeCsv(['a'], [])).toBe('a\r\n');
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '=HYPERLINK("http://x","y")'])(
  'a text that a spreadsheet would run, %j, is a text there',
  (text) => {
    const [, line] = writeCsv(['a'], [{ a: text }]).split(/\r\n(?=["'])/);
    expect(line).toMatch(/^"?'/);
  },
);

test('numbers are never taken for formulas', () => {
  expect(writeCsv(['a'], [{ a: -5 }])).toBe('a\r\n-5\r\n');
});
