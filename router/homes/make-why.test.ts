import { expect, test } from 'vitest';
import type { IdleMinute } from './read-minute.ts';
import { makeWhy } from './make-why.ts';
import type { WhyFacts } from './make-why.ts';

const NOW = 1_800_000_000_000;
const standing = { paused: null, isConnected: true, coolingUntilAt: null, coolingReason: null, sinceAt: NOW - 1000 };
const minute = (index: number, some: Partial<IdleMinute>): IdleMinute => {
  const plain = { paused: null, coolingUntilAt: null, coolingReason: null, jobs: 0, why: {}, offered: null };
  return { at: NOW + index * 60_000, kind: 'quiet', ...plain, ...some };
};
const measured = { m: { promptTokensPerS: 1, decodeTokensPerS: 2, rttMs: 3, failureShare: 0 } };

function tell(some: Partial<WhyFacts> = {}) {
  const turns = { answered: 4, refused: 1, contradicted: 0, preempted: 2 };
  const known = { minutes: [], measured, guessed: {}, live: null, faults: { lastHour: 3, heldAgainst: 1 }, turns };
  const facts = { nodeId: 'n', area: 'weur', hub: 'hub:weur:0', standing, ...known, now: NOW };
  return makeWhy({ ...facts, ...some });
}

test('jobs, minutes with and without work, and what was measured are told', () => {
  const minutes = [minute(0, { kind: 'job', jobs: 4 }), minute(1, { kind: 'job' }), minute(2, {})];
  expect(tell({ minutes })).toMatchObject({
    node: 'n',
    online: true,
    since: NOW - 1000,
    lastHour: { jobs: 4, minutesWithJob: 2, minutesWithout: 1 },
    measured,
    faults: { lastHour: 3, heldAgainst: 1 },
    turns: { answered: 4, refused: 1, contradicted: 0, preempted: 2 },
  });
});

test('a pause and a cooling that lasts are told; one that is over is not', () => {
  expect(tell({ standing: { ...standing, paused: 'battery' } }).pause).toBe('battery');
  const cooling = { ...standing, coolingUntilAt: NOW + 1, coolingReason: 'it broke' };
  expect(tell({ standing: cooling })).toMatchObject({ coolingUntil: NOW + 1, coolingReason: 'it broke' });
  expect(tell({ standing: { ...cooling, coolingUntilAt: NOW } })).toMatchObject({
    coolingUntil: null,
    coolingReason: null,
  });
});

test('a home that is gone is told since when, and no pause of before', () => {
  const why = tell({ standing: { ...standing, isConnected: false, paused: 'owner' } });
  expect(why).toMatchObject({ online: false, pause: null });
  expect(why.lastHour.summary).toContain('not connected since 2027');
});

test('a home that never came is told how to come', () => {
  const why = tell({ standing: null, hub: null, area: null });
  expect(why).toMatchObject({ online: false, since: null });
  expect(why.lastHour.summary).toContain('irori-node up');
});
