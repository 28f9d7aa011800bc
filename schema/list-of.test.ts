import { expect, test } from 'vitest';
import * as z from 'zod';
import { listOf } from './list-of.ts';

const part = z.object({ text: z.string() });
const list = listOf(part, { min: 1, max: 3 });

test('a list of good items is read as they are', () => {
  expect(list.parse([{ text: 'a', more: 1 }, { text: 'b' }])).toEqual([{ text: 'a' }, { text: 'b' }]);
});

test('of many wrong items the first is told, with the path to it, and nothing else is', () => {
  const many = listOf(part, { max: 100_000 });
  const issues = many.safeParse(Array.from({ length: 100_000 }, () => ({}))).error?.issues;
  expect(issues).toHaveLength(1);
  expect(issues?.[0]).toMatchObject({ path: [0, 'text'], code: 'invalid_type' });
});

test('the path goes on through lists in lists', () => {
  const issues = z.object({ a: listOf(z.object({ b: listOf(part, { max: 5 }) }), { max: 5 }) });
  const wrong = { a: [{ b: [] }, { b: [{ text: 'x' }, { text: 5 }] }] };
  expect(issues.safeParse(wrong).error?.issues.map(({ path }) => path)).toEqual([['a', 1, 'b', 1, 'text']]);
});

test('one item too many or too few is told before any item is looked at', () => {
  for (const [value, code] of [
    [[{}, {}, {}, {}], 'too_big'],
    [[], 'too_small'],
    ['text', 'invalid_type'],
  ] as const)
    expect(list.safeParse(value).error?.issues[0]).toMatchObject({ code, path: [] });
});
