import { expect, test } from 'vitest';
import { matchesName } from './model-names.ts';

test.each([
  ['a', 'a', true],
  ['a', 'ab', false],
  ['a*', 'ab', true],
  ['a*', 'a', true],
  ['*', '', true],
  ['a*b', 'axb', false],
  ['a', 'a*', false],
])('pattern %j covers name %j: %j', (pattern, name, isCovered) => {
  expect(matchesName(pattern, name)).toBe(isCovered);
});
