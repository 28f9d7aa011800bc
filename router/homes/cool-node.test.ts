import { expect, test } from 'vitest';
import { TIMINGS } from '../../schema/timings.ts';
import { coolNode } from './cool-node.ts';
import type { Cooling } from './cool-node.ts';

const FIRST_PAUSE_MS = TIMINGS.coolingMs;

test('the first failure is five seconds, each further one twice as long, five minutes at most', () => {
  let cooling: Cooling | null = null;
  let now = 0;
  const pauses: number[] = [];
  for (let i = 0; i < 9; i++) {
    cooling = coolNode(cooling, { reason: 'fault', now: now, firstPauseMs: FIRST_PAUSE_MS });
    pauses.push(cooling.untilAt - now);
    now = cooling.untilAt;
  }
  expect(pauses).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300].map((s) => s * 1000));
});

test('jobs that fail together are one failure', () => {
  const first = coolNode(null, { reason: 'lost', now: 1000, firstPauseMs: FIRST_PAUSE_MS });
  expect(coolNode(first, { reason: 'fault', now: 5999, firstPauseMs: FIRST_PAUSE_MS })).toBe(first);
  expect(coolNode(first, { reason: 'fault', now: 6000, firstPauseMs: FIRST_PAUSE_MS })).toEqual({
    reason: 'fault',
    untilAt: 16_000,
    pauseMs: 10_000,
  });
});

test('what is said of many jobs is half a minute from the beginning, and as long at most', () => {
  let cooling = coolNode(null, { reason: 'preempted', now: 0, firstPauseMs: FIRST_PAUSE_MS });
  expect(cooling.pauseMs).toBe(30_000);
  for (let i = 0; i < 9; i++)
    cooling = coolNode(cooling, { reason: 'refused', now: cooling.untilAt, firstPauseMs: FIRST_PAUSE_MS });
  expect(cooling.pauseMs).toBe(300_000);
});
