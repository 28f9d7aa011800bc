import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CallClock } from './call-clock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  // In this order: what is spied on here are the timers of the test.
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Notes what rings, and when, ms from now. */
function openClock() {
  const clock = new CallClock();
  const startedAt = Date.now();
  const rang: string[] = [];
  const note = (name: string) => () => void rang.push(`${name} ${Date.now() - startedAt}`);
  return { clock, rang, note };
}

test('each rings in its own time, however they were set', async () => {
  const { clock, rang, note } = openClock();
  clock.after(5000, note('late'));
  clock.after(100, note('soon'));
  clock.every(1000, note('often'));
  await vi.advanceTimersByTimeAsync(1500);
  clock.after(200, note('then'));
  await vi.advanceTimersByTimeAsync(3500);
  const often = ['often 2000', 'often 3000', 'often 4000'];
  expect(rang).toEqual(['soon 100', 'often 1000', 'then 1700', ...often, 'late 5000', 'often 5000']);
});

test('what is over before the first ring has set one timer, and leaves none', () => {
  const set = vi.spyOn(globalThis, 'setTimeout');
  const { clock, note } = openClock();
  const ends = [clock.every(30_000, note('a')), clock.after(5000, note('b')), clock.every(1000, note('c'))];
  for (const end of ends) end();
  expect(set).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(0);
});

test('what was called off does not ring, not even by one that rings at the same time', async () => {
  const { clock, rang, note } = openClock();
  let end = (): void => undefined;
  clock.after(100, () => end());
  end = clock.after(100, note('never'));
  await vi.advanceTimersByTimeAsync(1000);
  expect(rang).toEqual([]);
  end();
  expect(vi.getTimerCount()).toBe(0);
});

test('one that breaks is told to the operator, and holds nobody up', async () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const { clock, rang, note } = openClock();
  clock.after(100, () => {
    throw new Error('a bug');
  });
  clock.after(100, note('the same time'));
  clock.after(200, note('later'));
  await vi.advanceTimersByTimeAsync(1000);
  expect(rang).toEqual(['the same time 100', 'later 200']);
  expect(told).toHaveBeenCalledWith(expect.stringContaining('alarm-broke'));
});

test('one that was held up rings once, and then in its time again', async () => {
  const { clock, rang, note } = openClock();
  clock.every(100, note('often'));
  vi.setSystemTime(Date.now() + 10_000);
  await vi.advanceTimersByTimeAsync(200);
  expect(rang).toEqual(['often 10100', 'often 10200']);
});
