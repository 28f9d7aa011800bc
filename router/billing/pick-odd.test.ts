import { expect, test } from 'vitest';
import { pickOdd } from './pick-odd.ts';
import type { OddPart } from './pick-odd.ts';

function makePart(some: Partial<OddPart> = {}): OddPart {
  const plain = { account: 'acct_1', jobId: 'job_1', model: 'm', outcome: 'complete', attempts: 1 } as const;
  return { ...plain, ttftMs: 100, endedAt: 0, isResumed: false, decision: null, ...some };
}
/** Parts of one model with these first tokens, ms. */
const partsOf = (model: string, times: readonly (number | null)[]): OddPart[] =>
  times.map((ttftMs) => makePart({ model, ttftMs }));
const times = (parts: readonly OddPart[]): unknown[] => parts.map(({ ttftMs }) => ttftMs);

test('nothing is odd of nothing', () => {
  expect(pickOdd([], 10)).toEqual({ looked: 0, failed: [], failedCount: 0, slow: [], slowCount: 0 });
});

test('what its caller left, and what came whole, did not fail; all else did', () => {
  const outcomes = ['complete', 'cancelled', 'cut-off', 'interrupted-by-node', 'interrupted-by-network'] as const;
  const more = ['failed-before-token', 'failed-by-node', 'failed-by-network', 'refused'] as const;
  const { failed, failedCount } = pickOdd(
    [...outcomes, ...more].map((outcome) => makePart({ outcome })),
    100,
  );
  expect(failed.map(({ outcome }) => outcome)).toEqual([...outcomes.slice(2), ...more]);
  expect(failedCount).toBe(7);
});

test('of a model that is known the slowest of twenty is slow, and of another model nothing of the same time is', () => {
  const known = partsOf('quick', [...Array.from({ length: 39 }, () => 200), 1500]);
  const rare = partsOf('rare', [1500]);
  const { slow } = pickOdd([...known, ...rare], 10);
  expect(slow).toEqual([known.at(-1)]);
});

test('within a second nothing is slow, however quick the others were', () => {
  const { slow } = pickOdd(partsOf('m', [...Array.from({ length: 39 }, () => 20), 1000]), 10);
  expect(slow).toEqual([]);
});

test('after ten seconds everything is slow, however slow the others were, and of models that few asked', () => {
  const slowModel = partsOf('slow', [...Array.from({ length: 30 }, () => 60_000), 9000]);
  const { slow, slowCount } = pickOdd([...slowModel, ...partsOf('rare', [10_000, 10_001])], 5);
  expect(slowCount).toBe(31);
  expect(times(slow)).toEqual(Array.from({ length: 5 }, () => 60_000));
  expect(times(pickOdd(partsOf('rare', [10_000, 10_001]), 5).slow)).toEqual([10_001]);
});

test('what failed is not slow besides, and without a first token nothing is', () => {
  const parts = [makePart({ outcome: 'failed-by-node', ttftMs: 60_000 }), makePart({ ttftMs: null })];
  expect(pickOdd(parts, 10)).toMatchObject({ failedCount: 1, slowCount: 0 });
});

test('of each kind as many as were asked for are told, the newest first as they came, and all are counted', () => {
  const failed = [3, 2, 1].map((endedAt) => makePart({ outcome: 'refused', endedAt }));
  const odd = pickOdd(failed, 2);
  expect(odd).toMatchObject({ looked: 3, failedCount: 3 });
  expect(odd.failed.map(({ endedAt }) => endedAt)).toEqual([3, 2]);
});
