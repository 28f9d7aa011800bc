import { expect, test } from 'vitest';
import type { KeyLimits } from '../../schema/key-limits.ts';
import { judgeSpend, leftToSpend } from './judge-spend.ts';

const NOW = Date.parse('2026-11-28T18:00:00Z');
const NONE: KeyLimits = {
  day: null,
  month: null,
  total: null,
  job: null,
  requests: null,
  tokens: null,
  concurrent: null,
};
const spent = { day: 60, month: 500, total: 900 };
const judge = (limits: Partial<KeyLimits>, amount: number, held = 0) =>
  judgeSpend({ ...NONE, ...limits }, { spent, held }, { amount, now: NOW });

test('what is spent, held and asked for together may reach a limit and not pass it', () => {
  expect(judge({ day: 100 }, 40)).toBeNull();
  expect(judge({ day: 100 }, 30, 10)).toBeNull();
  expect(judge({ day: 100 }, 31, 10)).toEqual({
    of: 'day',
    limit: 100,
    left: 30,
    amount: 31,
    held: 10,
    resetAt: Date.parse('2026-11-29T00:00:00Z'),
    retryMs: 6 * 3_600_000,
  });
});

test('of several limits that are reached the one that lasts longest is told: waiting for another would be of no use', () => {
  const limits = { day: 60, month: 500, total: 900 };
  expect(judge(limits, 1)).toMatchObject({ of: 'total', left: 0, resetAt: null, retryMs: null });
  expect(judge({ ...limits, total: 901 }, 1)).toMatchObject({
    of: 'month',
    resetAt: Date.parse('2026-12-01T00:00:00Z'),
  });
});

test('one job may not cost more than its cap, whatever is left; one that costs nothing is never refused', () => {
  expect(judge({ job: 10 }, 10)).toBeNull();
  expect(judge({ job: 10, day: 1000 }, 11)).toMatchObject({ of: 'job', limit: 10, amount: 11, retryMs: null });
  expect(judge({ day: 0, job: 0, total: 1 }, 0)).toBeNull();
});

test('what is left is what the narrowest limit leaves, and never below nothing', () => {
  const left = (limits: Partial<KeyLimits>, held = 0) => leftToSpend({ ...NONE, ...limits }, { spent, held });
  expect(left({ day: 100, total: 930 })).toBe(30);
  expect(left({ day: 100 }, 50)).toBe(0);
  expect(left({ requests: 5 })).toBeNull();
  expect(leftToSpend(null, { spent, held: 0 })).toBeNull();
});
