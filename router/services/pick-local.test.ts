import { expect, test } from 'vitest';
import { TIMINGS } from '../../schema/timings.ts';
import { CROWD_LIMITS } from '../billing/decide-crowd.ts';
import { pickCrowdLimits, pickLeftOut, pickTimings } from './pick-local.ts';

test('waits can be set on the local network and nowhere else', () => {
  const LOCAL_TIMINGS = '{"headMs":5}';
  expect(pickTimings({ LOCAL_PLACES: '1', LOCAL_TIMINGS })).toEqual({ ...TIMINGS, headMs: 5 });
  expect(pickTimings({ LOCAL_PLACES: '1' })).toBe(TIMINGS);
  expect(pickTimings({ LOCAL_TIMINGS })).toBe(TIMINGS);
});

test('jobs at once are what the operator says, or some of it, and else the standard; a typing error is heard', () => {
  expect(pickCrowdLimits({})).toEqual(CROWD_LIMITS);
  expect(pickCrowdLimits({ JOBS_AT_ONCE: '{"key":5}' })).toEqual({ ...CROWD_LIMITS, key: 5 });
  for (const wrong of ['{"keys":5}', '{"key":0}', 'five'])
    expect(() => pickCrowdLimits({ JOBS_AT_ONCE: wrong })).toThrow(/key|JSON/);
});

test('a node is left out on the local network and nowhere else', () => {
  const LOCAL_LEAVE_OUT = `0x${'5'.repeat(40)}`;
  expect(pickLeftOut({ LOCAL_PLACES: '1', LOCAL_LEAVE_OUT })).toBe(LOCAL_LEAVE_OUT);
  expect([pickLeftOut({ LOCAL_LEAVE_OUT }), pickLeftOut({ LOCAL_PLACES: '1' })]).toEqual([null, null]);
});
