import { expect, test } from 'vitest';
import { tellSearchEnd } from './tell-search-end.ts';

const quiet = { brokenBy: null, sawFault: false };
const busy = (retryAfterMs: number | null) => ({ kind: 'busy' as const, emptiedBy: null, retryAfterMs });
const nobody = { kind: 'nobody' as const, emptiedBy: null, retryAfterMs: null };

test.each([
  [null, 2],
  [10, 1],
  [1001, 2],
  [3_600_000, 30],
])('a queue of %s ms is told as a wait of %i s', (retryAfterMs, retryAfterS) => {
  expect(tellSearchEnd(busy(retryAfterMs), quiet)).toMatchObject({ kind: 'busy', retryAfterS });
});

test('a wish that left nobody is named', () => {
  const end = { kind: 'no-fit' as const, emptiedBy: 'country' as const, retryAfterMs: null };
  expect(tellSearchEnd(end, quiet)).toMatchObject({ kind: 'no-fit', field: 'country' });
});

test('nobody there is no failure; a home that failed on the way is', () => {
  expect(tellSearchEnd(nobody, quiet)).toMatchObject({ kind: 'no-home' });
  expect(tellSearchEnd(nobody, { ...quiet, sawFault: true })).toMatchObject({ kind: 'failed' });
});

test('an answer that broke off says by what', () => {
  const told = tellSearchEnd(busy(10), { brokenBy: 'the home went away', sawFault: true });
  expect(told).toEqual({ kind: 'broken', message: 'the home went away, and no other home could go on with it' });
});
