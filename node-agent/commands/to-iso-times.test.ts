import { expect, test } from 'vitest';
import { toIsoTimes } from './to-iso-times.ts';

test('times of JSON are ISO 8601, counts and signed documents stay as they are', () => {
  const evidence = [{ at: 1, since: 2 }];
  expect(
    toIsoTimes({ startedAt: 0.5e12, jobs: 7, since: null, spans: [{ from: 1e12, reason: 'x' }], evidence }),
  ).toEqual({
    startedAt: '1985-11-05T00:53:20.000Z',
    jobs: 7,
    since: null,
    spans: [{ from: '2001-09-09T01:46:40.000Z', reason: 'x' }],
    evidence,
  });
  expect(toIsoTimes({ at: Number.NaN, to: 1e300, from: 0 })).toEqual({ at: Number.NaN, to: 1e300, from: 0 });
});
