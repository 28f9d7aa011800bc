import { expect, test } from 'vitest';
import { listSteps, readStep } from './list-steps.ts';

const at = (href: string | null) => {
  const { searchParams } = new URL(href ?? '', 'http://irori.example');
  return readStep((name) => searchParams.get(name) ?? undefined);
};
const PATH = '/console/jobs';

test('the newest page has none before it, and a list that ends none behind', () => {
  expect(listSteps(PATH, { before: null, trail: [] }, null)).toEqual({ previous: null, next: null });
});

test('who goes on three pages comes back by the same, to the newest', () => {
  const [one, two] = ['90.1', '80.2'];
  const second = at(listSteps(PATH, { before: null, trail: [] }, one).next);
  const third = at(listSteps(PATH, second, two).next);
  expect(third).toEqual({ before: two, trail: ['', one] });
  const back = listSteps(PATH, third, null);
  expect(back.next).toBeNull();
  expect(at(back.previous)).toEqual(second);
  expect(listSteps(PATH, second, null).previous).toBe(PATH);
});

test('a page whose way here is not told, or is too long, leads back to the newest', () => {
  expect(listSteps(PATH, at(`${PATH}?before=7.1`), null).previous).toBe(PATH);
  expect(at(`${PATH}?before=7.1&trail=${'1.1~'.repeat(40)}`).trail).toEqual([]);
});

test('what the list is of stays as it is on the way', () => {
  const path = `${PATH}?key=key_1`;
  const { previous, next } = listSteps(path, { before: '9.1', trail: [''] }, '8.1');
  expect([previous, next]).toEqual([path, `${path}&before=8.1&trail=%7E9.1`]);
});

test('the way back grows no longer than an address may', () => {
  let step = readStep(() => undefined);
  for (let page = 1; page < 100; page++) step = at(listSteps(PATH, step, `${page}.0`).next);
  expect(step.trail).toHaveLength(30);
});
