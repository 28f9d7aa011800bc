import { expect, test } from 'vitest';
import { TIMINGS } from '../../schema/timings.ts';
import { pickTimings } from './pick-local.ts';

test('waits can be set on the local network and nowhere else', () => {
  const LOCAL_TIMINGS = '{"headMs":5}';
  expect(pickTimings({ LOCAL_PLACES: '1', LOCAL_TIMINGS })).toEqual({ ...TIMINGS, headMs: 5 });
  expect(pickTimings({ LOCAL_PLACES: '1' })).toBe(TIMINGS);
  expect(pickTimings({ LOCAL_TIMINGS })).toBe(TIMINGS);
});
