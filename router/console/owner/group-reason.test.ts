// Reasons of a day are summed, and the main one of an hour is the longest.
import { expect, it } from 'vitest';
import { groupReason } from './group-reason.ts';
import { mainHindrance, mainReason, sumReasons } from '../../homes/sum-reasons.ts';

it('tells whose doing a minute was', () => {
  const codes = [
    'job',
    'quiet:own-only',
    'passed:farther',
    'paused:exclusive-app',
    'paused:temperature',
    'cooling',
    'offline',
    'unseen',
  ];
  expect(codes.map(groupReason)).toEqual(['work', 'ready', 'ready', 'yours', 'machine', 'fault', 'none', 'none']);
});

it('sums reasons over hours, the longest first', () => {
  const hours = [
    { at: 0, jobs: 1, missed: 0, minutes: { job: 20, quiet: 40 } },
    { at: 3_600_000, jobs: 0, missed: 2, minutes: { 'passed:farther': 2, quiet: 58 } },
  ];
  expect(sumReasons(hours)).toEqual([
    { code: 'quiet', minutes: 98 },
    { code: 'job', minutes: 20 },
    { code: 'passed:farther', minutes: 2 },
  ]);
  expect(hours.map(mainReason)).toEqual(['quiet', 'quiet']);
  expect(mainHindrance(hours)).toBe('quiet');
  expect(mainHindrance([{ at: 0, jobs: 1, missed: 0, minutes: { job: 20, unseen: 40 } }])).toBeNull();
  expect(mainReason({ at: 0, jobs: 0, missed: 0, minutes: {} })).toBeNull();
});
