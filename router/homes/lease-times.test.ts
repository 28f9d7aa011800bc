import { expect, test } from 'vitest';
import { LeaseTimes } from './lease-times.ts';

test('tells how long jobs run and how long the last ones held their slots', () => {
  const times = new LeaseTimes();
  const first = times.begin('n', 1000);
  times.begin('n', 1500);
  first.take();
  first.end(1400);
  first.end(9000);
  expect(times.read('n', 2000)).toEqual({ heldMs: [400], runningMs: [500] });
  expect(times.read('new', 2000)).toEqual({ heldMs: [], runningMs: [] });
});

test('a job that the home did not take says nothing of how long jobs take', () => {
  const times = new LeaseTimes();
  times.begin('n', 0).end(5);
  expect(times.read('n', 10)).toEqual({ heldMs: [], runningMs: [] });
});

test('only the last eight are remembered', () => {
  const times = new LeaseTimes();
  for (let i = 1; i <= 12; i++) {
    const slot = times.begin('n', 0);
    slot.take();
    slot.end(i);
  }
  expect(times.read('n', 0).heldMs).toEqual([5, 6, 7, 8, 9, 10, 11, 12]);
});
