import { expect, test } from 'vitest';
import { expectForecast } from './expect-forecast.ts';

const days = (...earned: number[]) =>
  earned.map((units, i) => ({ day: 100 - earned.length + i, earned: units, jobs: 5 }));
const own = { slots: 1, decodeTokensPerS: 50 };
const today = 100;

test('a range: half of an even share of a poor day, twice of it of a good one', () => {
  const demand = days(1000, 1000, 1000, 1000, 2000, 2000, 2000, 2000);
  const { low, high, share } = expectForecast(demand, { own, others: [{ slots: 1, decodeTokensPerS: 150 }], today });
  expect(share).toBe(0.25);
  expect([low, high]).toEqual([125, 1000]);
});

test('who is alone gets no more than all of it', () => {
  expect(expectForecast(days(...Array<number>(10).fill(800)), { own, others: [], today })).toMatchObject({
    low: 400,
    high: 800,
    days: 10,
  });
});

test('days without any call count as nothing', () => {
  const demand = days(...Array<number>(7).fill(700)).map((one, i) => ({ ...one, day: 70 + 4 * i }));
  expect(expectForecast(demand, { own, others: [], today })).toMatchObject({ low: 0, days: 30 });
});

test('too few days, too few jobs or no capacity: nothing is said', () => {
  const none = { low: null, high: null };
  expect(expectForecast([], { own, others: [], today })).toMatchObject({ ...none, days: 0 });
  expect(expectForecast(days(9, 9, 9), { own, others: [], today })).toMatchObject(none);
  const few = days(...Array<number>(8).fill(9)).map((one) => ({ ...one, jobs: 1 }));
  expect(expectForecast(few, { own, others: [], today })).toMatchObject(none);
  expect(
    expectForecast(days(...Array<number>(9).fill(9)), { own: { ...own, slots: 0 }, others: [], today }),
  ).toMatchObject(none);
});
