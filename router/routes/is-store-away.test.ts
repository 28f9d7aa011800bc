import { expect, test } from 'vitest';
import { isStoreAway } from './is-store-away.ts';

test.each([
  new Error('D1_ERROR: no such table: api_keys: SQLITE_ERROR'),
  new Error('D1_EXEC_ERROR: Error in line 1'),
  new Error('Network connection lost.'),
  new Error('D1 DB is overloaded. Requests queued for too long.'),
  new Error('internal error; reference = 2bcd'),
  new Error('Failed query: select', { cause: new Error('D1_ERROR: D1 is away') }),
  Object.assign(new Error('Durable Object reset because its code was updated.'), { retryable: true }),
  Object.assign(new Error('x'), { overloaded: true }),
])('%s: the store is away', (error) => {
  expect(isStoreAway(error)).toBe(true);
});

test.each([
  new Error('Failed query: insert', { cause: new Error('D1_ERROR: UNIQUE constraint failed: accounts.id') }),
  new TypeError("Cannot read properties of undefined (reading 'x')"),
  'D1_ERROR',
  null,
])('%s: a bug', (thrown) => {
  expect(isStoreAway(thrown)).toBe(false);
});
