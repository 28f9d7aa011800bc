import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { NodeState } from '../../schema/frames-to-hub.ts';
import { STATES } from './door-limits.ts';
import { StateGate } from './state-gate.ts';

const state = (slots: number): NodeState => ({ models: [], slots, paused: null });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a few states hold at once; of a thousand more the newest, and no more than so many a second', () => {
  const gate = new StateGate();
  const applied: number[] = [];
  for (let i = 1; i <= 1000; i++) gate.offer(state(i), ({ slots }) => applied.push(slots));
  expect(applied).toEqual([1, 2, 3, 4]);
  vi.advanceTimersByTime(1000);
  expect(applied).toEqual([1, 2, 3, 4, 1000]);
  const before = applied.length;
  for (let i = 0; i < 5000; i++) {
    gate.offer(state(i), ({ slots }) => applied.push(slots));
    vi.advanceTimersByTime(1);
  }
  expect(applied.length - before).toBeLessThanOrEqual(STATES.brim + 5 * STATES.perS + 1);
});

test('what is held by a home that left is never applied', () => {
  const gate = new StateGate();
  const applied: number[] = [];
  for (let i = 1; i <= 10; i++) gate.offer(state(i), ({ slots }) => applied.push(slots));
  gate.close();
  vi.advanceTimersByTime(10_000);
  expect([applied.length, vi.getTimerCount()]).toEqual([4, 0]);
});
