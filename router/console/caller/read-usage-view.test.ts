import { expect, test } from 'vitest';
import { csvPath, readUsageView, sortOf, viewPath } from './read-usage-view.ts';

const read = (query: Record<string, string>) => readUsageView((name) => query[name]);
const USUAL = { by: 'day', days: 30, key: null, model: null, country: null, sort: null, page: 1 };

test('what is not said, empty or none of these is what is usual', () => {
  expect(read({})).toEqual(USUAL);
  expect(read({ by: 'colour', days: '4', key: '', model: '', country: 'de', sort: 'name', page: '0' })).toEqual(USUAL);
});

test('hours and months have spans of their own', () => {
  expect(read({ by: 'hour', days: '90' }).days).toBe(1);
  expect(read({ by: 'month', days: '7' }).days).toBe(365);
});

test('a way on keeps what the table is of, and begins at its first page', () => {
  const view = read({ by: 'model', days: '7', key: 'key_1', model: 'a/b&c', country: 'DE', page: '3' });
  expect(viewPath(view, { by: 'day' })).toBe('/console?by=day&days=7&key=key_1&model=a%2Fb%26c&country=DE');
  expect(viewPath(view, { page: 2, model: null })).toBe('/console?by=model&days=7&key=key_1&country=DE&page=2');
});

test('what stands in a table is sorted by what it cost, times by themselves, and either as its reader says; a way on keeps that', () => {
  expect([{ by: 'day' }, { by: 'key' }, { by: 'day', sort: 'jobs' }].map((query) => sortOf(read(query)))).toEqual([
    null,
    'charged',
    'jobs',
  ]);
  const view = read({ by: 'key', sort: 'jobs', page: '3' });
  expect(viewPath(view, { page: 4 })).toBe('/console?by=key&days=30&sort=jobs&page=4');
  expect(viewPath(view, { sort: 'charged' })).toBe('/console?by=key&days=30&sort=charged');
});

test('the table to take away is of the same, whole', () => {
  const view = read({ by: 'key', model: 'm', page: '2' });
  expect(csvPath(view, { from: '2026-01-01', to: '2026-01-30' })).toBe(
    '/console/api/v1/usage?format=csv&group_by=key&from=2026-01-01&to=2026-01-30&model=m',
  );
});
