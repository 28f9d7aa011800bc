import { expect, test } from 'vitest';
import { quantile } from './quantile.ts';

test.each([
  [[4, 1, 3, 2], 0.5, 2],
  [[4, 1, 3, 2], 0.51, 3],
  [[1, 2, 3], 0.5, 2],
  [[5, 9], 0, 5],
  [[5, 9], 1, 9],
  [[7], 0.99, 7],
])('of %j the share %d does not exceed %d', (values, q, value) => {
  expect(quantile(values, q)).toBe(value);
});

test('no values have no quantile', () => {
  expect(quantile([], 0.5)).toBeNaN();
});
