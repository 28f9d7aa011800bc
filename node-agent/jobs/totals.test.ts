import { expect, test } from 'vitest';
import type { JobOutcome } from './job-outcome.ts';
import { Totals } from './totals.ts';

const OUTCOME: JobOutcome = {
  finish: 'stop',
  promptTokens: 3,
  outputTokens: 5,
  isReceiptUnsent: false,
  isReceiptLost: false,
  failure: null,
};

test('why the last job failed stands until one goes well: who leaves, and what is refused for its own sake, says nothing', () => {
  const totals = new Totals();
  const after = (outcome: Partial<JobOutcome>): string | null => {
    totals.countJob({ ...OUTCOME, ...outcome });
    return totals.now().lastFailure;
  };
  expect(after({})).toBeNull();
  expect(after({ finish: 'error', failure: 'the server wants another API key (401)' })).toContain('API key');
  expect(after({ finish: 'cancelled' })).toContain('API key');
  expect(after({ finish: 'error' })).toContain('API key');
  expect(after({ finish: 'length' })).toBeNull();
  expect(totals.now()).toMatchObject({ jobs: 5, promptTokens: 15, outputTokens: 25 });
});

test('what failed, was left or was handed over is not told as done', () => {
  const totals = new Totals();
  const ends = ['stop', 'length', 'error', 'bad-ticket', 'cancelled', 'preempted', 'preempted'] as const;
  for (const finish of ends) totals.countJob({ ...OUTCOME, finish });
  expect(totals.now()).toMatchObject({ jobs: 7, done: 2, failed: 2, cancelled: 1, handedOver: 2 });
});
