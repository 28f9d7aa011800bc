import { expect, test } from 'vitest';
import { writeCsv } from './write-csv.ts';

test('names stand above, nothing is empty, and what has a comma, a quote or a line is quoted', () => {
  expect(
    writeCsv(
      ['a', 'b'],
      [
        { a: 1, b: 'x,y' },
        { a: null, b: 'say "hi"\nnow', c: 3 },
      ],
    ),
  ).toBe('a,b\r\n1,"x,y"\r\n,"say ""hi""\nnow"\r\n');
  expect(writeCsv(['a'], [])).toBe('a\r\n');
});

test('a text that a spreadsheet would compute is a text, a number below zero is a number', () => {
  expect(writeCsv(['a'], [{ a: '=1+1' }, { a: '@x' }, { a: -5 }])).toBe("a\r\n'=1+1\r\n'@x\r\n-5\r\n");
});
