import { expect, test } from 'vitest';
import { parseJson } from './json.ts';

test('JSON is read, and anything else is undefined instead of an error', () => {
  expect(parseJson('{"a":[1,null]}')).toEqual({ a: [1, null] });
  expect(parseJson('null')).toBeNull();
  for (const text of ['', '{', 'nul', '{"a":1} and more', 'undefined']) expect(parseJson(text)).toBeUndefined();
});
