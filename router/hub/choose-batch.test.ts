import { expect, test } from 'vitest';
import { chooseBatch } from './choose-batch.ts';

test('few parts are settled at once, up to 32 where many wait, and never none', () => {
  expect([0, 1, 8, 32].map(chooseBatch)).toEqual([8, 8, 8, 8]);
  expect([33, 64, 100].map(chooseBatch)).toEqual([9, 16, 25]);
  expect([128, 10_000].map(chooseBatch)).toEqual([32, 32]);
});
