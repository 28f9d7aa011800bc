// A day of a node is summed up hour by hour, survives being saved, and names reasons by codes.
import { describe, expect, it } from 'vitest';
import { HOUR_MS, packHours, unpackHours } from './idle-day.ts';
import { IdleLog } from './idle-log.ts';

const T0 = 490_000 * HOUR_MS;
const MIN = 60_000;
const ready = { paused: null, isConnected: true, coolingUntilAt: null, coolingReason: null } as const;

describe('a day of a node', () => {
  it('keeps hours that the minutes no longer tell, also over a restart and a move', () => {
    const log = new IdleLog();
    log.noteState('n', ready, T0);
    log.noteJob('n', T0 + 5 * MIN, T0 + 7 * MIN);
    log.noteState('n', { ...ready, paused: 'battery' }, T0 + HOUR_MS);
    log.noteState('n', ready, T0 + 3 * HOUR_MS);
    log.noteAsk('n', 'farther', T0 + 3 * HOUR_MS + MIN);
    const text = log.save(T0 + 4 * HOUR_MS, true) ?? '';
    const later = new IdleLog();
    later.load(text);
    const moved = later.take('n', T0 + 4 * HOUR_MS + MIN);
    const there = new IdleLog();
    if (moved) there.put('n', JSON.parse(JSON.stringify(moved)) as typeof moved);
    const day = there.readDay('n', T0 + 4 * HOUR_MS + 10 * MIN);
    expect(day.map(({ at }) => (at - T0) / HOUR_MS)).toEqual([0, 1, 2, 3, 4]);
    expect(day.map(({ minutes }) => minutes)).toEqual([
      { job: 3, quiet: 57 },
      { 'paused:battery': 60 },
      { 'paused:battery': 60 },
      { 'passed:farther': 1, quiet: 59 },
      { quiet: 10 },
    ]);
    expect(day.map(({ jobs, missed }) => [jobs, missed])).toEqual([
      [1, 0],
      [0, 0],
      [0, 0],
      [0, 1],
      [0, 0],
    ]);
  });

  it('keeps 24 hours, and alike ones in one row', () => {
    const log = new IdleLog();
    log.noteState('n', ready, T0);
    const day = log.readDay('n', T0 + 100 * HOUR_MS + MIN);
    expect(day).toHaveLength(24);
    const packed = packHours(day.slice(0, -1));
    expect(packed).toHaveLength(1);
    expect(unpackHours(packed)).toEqual(day.slice(0, -1));
  });
});
