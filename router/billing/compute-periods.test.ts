import { expect, test } from 'vitest';
import { dayOf, dayResetAt, monthOf, monthResetAt } from './compute-periods.ts';

const at = (text: string): number => Date.parse(text);

test.each([
  ['2026-01-31T23:59:59.999Z', '2026-02-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'],
  ['2026-02-01T00:00:00.000Z', '2026-02-02T00:00:00.000Z', '2026-03-01T00:00:00.000Z'],
  ['2027-02-28T12:00:00.000Z', '2027-03-01T00:00:00.000Z', '2027-03-01T00:00:00.000Z'],
  ['2028-02-28T12:00:00.000Z', '2028-02-29T00:00:00.000Z', '2028-03-01T00:00:00.000Z'],
  ['2028-02-29T12:00:00.000Z', '2028-03-01T00:00:00.000Z', '2028-03-01T00:00:00.000Z'],
  ['2026-12-31T23:00:00.000Z', '2027-01-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
])('after %s a day begins at %s and a month at %s', (now, day, month) => {
  expect(new Date(dayResetAt(at(now))).toISOString()).toBe(day);
  expect(new Date(monthResetAt(at(now))).toISOString()).toBe(month);
});

test('a moment before a reset belongs to the period before, the reset to the next', () => {
  const [day, month] = [at('2028-03-01T00:00:00Z'), at('2027-01-01T00:00:00Z')];
  expect(dayOf(day) - dayOf(day - 1)).toBe(1);
  expect(monthOf(dayOf(month)) - monthOf(dayOf(month - 1))).toBe(1);
  expect(monthOf(0)).toBe(0);
  expect(monthOf(dayOf(day))).toBe(58 * 12 + 2);
});
