import { expect, test } from 'vitest';
import { EndedJobs } from './ended-jobs.ts';

test('each job is told once, to its own account, and what nobody asks for is bounded', () => {
  const ended = new EndedJobs();
  ended.note('a', 'job_1');
  ended.note('b', 'job_2');
  ended.note('a', 'job_3');
  expect(ended.take('a')).toEqual(['job_1', 'job_3']);
  expect(ended.take('a')).toEqual([]);
  for (let i = 0; i < 10_000; i++) ended.note('b', `job_${i}`);
  expect(ended.take('b')).toHaveLength(256);
});
