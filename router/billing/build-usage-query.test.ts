import { expect, test } from 'vitest';
import { buildUsageQuery, findWholeMonths, firstDayOf } from './build-usage-query.ts';

const ASK = {
  accountId: 'acct_1',
  ownKeyId: null,
  fromDay: firstDayOf(680),
  toDay: firstDayOf(683) + 3,
  key: null,
  model: null,
  kind: null,
  after: null,
  limit: 10,
};

test('whole months of a span, and none where no month is whole', () => {
  expect(findWholeMonths(ASK.fromDay, ASK.toDay)).toEqual({ from: 680, to: 682 });
  expect(findWholeMonths(ASK.fromDay + 1, firstDayOf(683) - 1)).toEqual({ from: 681, to: 682 });
  expect(findWholeMonths(ASK.fromDay + 1, firstDayOf(682) - 2)).toBeNull();
});

test('months are read where neither days nor countries are asked for, hours only where they are', () => {
  const tablesOf = (ask: Partial<Parameters<typeof buildUsageQuery>[0]>): string[] => {
    const { text } = buildUsageQuery({ groups: [], ...ASK, ...ask });
    return [...new Set(text.match(/usage_(?:hours|days|months)/g))];
  };
  expect(tablesOf({ groups: ['key', 'month'] })).toEqual(['usage_months', 'usage_days']);
  expect(tablesOf({ groups: ['day'] })).toEqual(['usage_days']);
  expect(tablesOf({ groups: ['month'], country: 'DE' })).toEqual(['usage_days']);
  expect(tablesOf({ groups: ['hour', 'country'] })).toEqual(['usage_hours']);
});

test('the largest stand first where that is asked for, and what is as large in an order that holds from page to page', () => {
  const { text, values } = buildUsageQuery({ groups: ['model'], ...ASK, largest: 'charged', skip: 50 });
  expect(text).toContain('ORDER BY sum(charged) DESC, sum(jobs) DESC, model LIMIT ?9 OFFSET ?11');
  expect(text).toMatch(/ ORDER BY t\.charged DESC, t\.jobs DESC, t\.model$/);
  expect(values.at(-1)).toBe(50);
});
