import { expect, test } from 'vitest';
import { describeClock, RouterClock } from './router-clock.ts';

test('the router’s time goes on steadily, whatever is done to the clock of the machine', () => {
  let [wall, steady] = [1_000_000, 50];
  const clock = new RouterClock(5_000_000, { wall: () => wall, steady: () => steady });
  expect(clock.now()).toBe(5_000_000);
  expect(clock.aheadMs).toBe(-4_000_000);
  steady += 100;
  wall += 100;
  expect(clock.now()).toBe(5_000_100);
  wall += 86_400_000;
  expect(clock.now()).toBe(5_000_100);
  expect(clock.aheadMs).toBe(82_400_000);
});

test.each([
  [4999, null],
  [-4999, null],
  [5000, '5 s ahead'],
  [-200_000, '3 min 20 s behind'],
  [3_600_000, '1 h ahead'],
  [-86_400_000 * 400 - 60_000, '400 d behind'],
])('%i ms are %s', (aheadMs, told) => {
  expect(describeClock(aheadMs)).toBe(told);
});
