import { expect, test } from 'vitest';
import type { Outcome, SettlementJson } from '../../schema/settlement.ts';
import { isSpent } from './tell-repeat.ts';

const part = (outcome: Outcome, charge = 0, outputTokens = 0): SettlementJson =>
  ({ outcome, charge, outputTokens }) as SettlementJson;

test.each<[boolean, string, SettlementJson[][]]>([
  [true, 'came to its end, free as it was', [[part('complete')]]],
  [true, 'was charged', [[part('cancelled', 5)]]],
  [true, 'gave who left some of it', [[part('cancelled', 0, 3)]]],
  [true, 'was cut off by its caller’s wish after some of it', [[part('cut-off', 0, 3)]]],
  [true, 'broke off and went on to its end', [[part('interrupted-by-node', 5, 3), part('complete', 5, 3)]]],
  [true, 'failed in one of its answers, and another was charged', [[part('failed-by-node')], [part('cancelled', 5)]]],
  [false, 'failed', [[part('failed-by-node', 0, 7)]]],
  [false, 'failed before a token, twice', [[part('failed-before-token'), part('failed-before-token')]]],
  [false, 'ended before it gave anything to who left', [[part('cancelled')]]],
  [false, 'was forgotten by the network', [[part('failed-by-network')]]],
  [false, 'came to nothing', [[]]],
])('%s: a call that %s', (isOver, _, jobs) => {
  expect(isSpent(jobs.map((settlements) => ({ jobId: 'job_1', settlements })))).toBe(isOver);
});
