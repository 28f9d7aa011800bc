import { expect, test } from 'vitest';
import { parseDays } from './parse-days.ts';

test.each([
  ['1', 1],
  ['90', 90],
  ['3660', 3660],
  ['3661', null],
  ['0', null],
  ['007', null],
  ['-1', null],
  ['1.5', null],
  ['1e2', null],
  ['', null],
])('%j is %j days', (text, days) => {
  expect(parseDays(text)).toBe(days);
});
