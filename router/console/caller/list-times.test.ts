import { expect, test } from 'vitest';
import { formatUsageTime, listTimes } from './list-times.ts';

const DAY = Date.UTC(2026, 10, 29) / 86_400_000;
const MONTH = (2026 - 1970) * 12 + 10;

test('each hour of its days, each day, and each month has a place', () => {
  const hours = listTimes('hour', { fromDay: DAY, toDay: DAY });
  expect([hours.length, hours[0], hours[23]]).toEqual([24, DAY * 24, DAY * 24 + 23]);
  expect(listTimes('day', { fromDay: DAY - 2, toDay: DAY })).toEqual([DAY - 2, DAY - 1, DAY]);
  expect(listTimes('month', { fromDay: DAY - 40, toDay: DAY })).toEqual([MONTH - 1, MONTH]);
});

test.each([
  ['hour', DAY * 24 + 6, true, '06:00', '06:00'],
  ['hour', DAY * 24, false, '29 Nov 2026, 00:00', '2026年11月29日 00:00'],
  ['day', DAY, true, '29 Nov', '11月29日'],
  ['day', DAY, false, '29 Nov 2026', '2026年11月29日'],
  ['month', MONTH, true, 'Nov 2026', '2026年11月'],
] as const)('%s %i as people write it', (time, at, isShort, en, ja) => {
  expect([formatUsageTime(time, at, 'en', isShort), formatUsageTime(time, at, 'ja', isShort)]).toEqual([en, ja]);
});
