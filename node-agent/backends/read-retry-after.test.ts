import { expect, test } from 'vitest';
import { readRetryAfter } from './read-retry-after.ts';

const NOW = Date.parse('Fri, 27 Nov 2026 22:00:00 GMT');

test.each([
  [{}, null],
  [{ 'retry-after': '7' }, 7000],
  [{ 'retry-after': ' 0.5 ' }, 500],
  [{ 'retry-after': '0' }, 0],
  [{ 'retry-after': 'Fri, 27 Nov 2026 22:00:30 GMT' }, 30_000],
  [{ 'retry-after': 'Fri, 27 Nov 2026 21:00:00 GMT' }, 0],
  [{ 'retry-after': '20', 'retry-after-ms': '1500' }, 1500],
  [{ 'retry-after': '20', 'retry-after-ms': 'soon' }, 20_000],
  [{ 'retry-after': '999999999' }, 3_600_000],
  [{ 'retry-after': '-3' }, null],
  [{ 'retry-after': 'later' }, null],
  [{ 'retry-after': '' }, null],
])('%j is %j ms', (headers, ms) => {
  expect(readRetryAfter(headers, NOW)).toBe(ms);
});

test('a date counts from the clock of the server that said it, however wrong this machine’s is', () => {
  const headers = { 'retry-after': 'Fri, 27 Nov 2026 09:00:12 GMT', date: 'Fri, 27 Nov 2026 09:00:00 GMT' };
  expect(readRetryAfter(headers, NOW)).toBe(12_000);
  expect(readRetryAfter({ ...headers, date: 'now' }, NOW)).toBe(0);
});
