import { expect, test } from 'vitest';
import { END } from '../test/open-part.ts';
import { ToldParts } from './told-parts.ts';

const end = { kind: 'end', end: END } as const;

test('a part that ended is told of as it ended, one that runs as running, any other as unknown', () => {
  const told = new ToldParts();
  told.note({ jobId: 'job_1', part: 0 }, end);
  const live = [{ part: { offer: { jobId: 'job_1', part: 0 } } }, { part: { offer: { jobId: 'job_1', part: 1 } } }];
  expect([0, 1, 2].map((part) => told.find('job_1', part, live))).toEqual([end, { kind: 'running' }, null]);
  expect(told.find('job_2', 0, live)).toBeNull();
});

test('the last thousand are known', () => {
  const told = new ToldParts();
  for (let part = 0; part <= 1000; part++) told.note({ jobId: 'job_1', part }, end);
  expect([0, 1, 1000].map((part) => told.find('job_1', part, []))).toEqual([null, end, end]);
});
