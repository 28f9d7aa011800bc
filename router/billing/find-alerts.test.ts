import { expect, test } from 'vitest';
import { findBalanceAlert, findSpendAlerts } from './find-alerts.ts';

const NOW = Date.parse('2026-11-28T18:00:00Z');
const limits = { day: 100, month: 1000, total: null, job: 5, requests: 1, tokens: 1, concurrent: 1 };
const facts = { accountId: 'acct_1', keyId: 'key_1', limits };
const find = (day: number, month: number, blocked: 'day' | 'month' | null = null, now = NOW) =>
  findSpendAlerts({ ...facts, spent: { day, month, total: month }, blocked }, now);

test('an alert says what was spent of which limit, and when that begins anew', () => {
  const [first, ...others] = find(80, 80);
  expect(others).toEqual([]);
  expect(first?.alert.body).toEqual({
    type: 'key.spend_limit',
    timestamp: '2026-11-28T18:00:00.000Z',
    data: {
      account: 'acct_1',
      key: 'key_1',
      limit: 'day',
      percent: 80,
      spent_micro: 80,
      limit_micro: 100,
      resets_at: '2026-11-29T00:00:00.000Z',
    },
  });
  expect(find(79, 799)).toEqual([]);
});

test('where 100 % is passed at once 80 % is said with it, and each limit speaks for itself', () => {
  const found = find(100, 850);
  expect(found.map(({ alert }) => alert.name)).toEqual(['key_1-month-80', 'key_1-day-100']);
  expect(found[1]?.with.map(({ name }) => name)).toEqual(['key_1-day-80']);
});

test('a limit that a job was refused for is used up where most of it is spent, and not where the job was too large', () => {
  expect(find(90, 90, 'day').map(({ alert }) => alert.name)).toEqual(['key_1-day-100']);
  expect(find(10, 90, 'day')).toEqual([]);
});

test('the next day is another period, and so is another limit; ids hold no full stop, which parts what is signed', () => {
  const [today] = find(80, 80);
  const [tomorrow] = find(80, 80, null, NOW + 86_400_000);
  const [raised] = findSpendAlerts(
    { ...facts, limits: { ...limits, day: 90 }, spent: { day: 80, month: 80, total: 80 } },
    NOW,
  );
  expect(new Set([today, tomorrow, raised].map((one) => one?.alert.id)).size).toBe(3);
  expect(today?.alert.id).toMatch(/^[\w-]+$/);
});

test('a limit of nothing is not told of: it is used up from the start', () => {
  const none = { ...limits, day: 0, month: null };
  expect(findSpendAlerts({ ...facts, limits: none, spent: { day: 0, month: 0, total: 0 } }, NOW)).toEqual([]);
});

test('a low balance is one below what was said', () => {
  const low = { accountId: 'acct_1', lowBalance: 500 };
  expect(findBalanceAlert({ ...low, balance: 500 }, NOW)).toBeNull();
  expect(findBalanceAlert({ ...low, balance: 499 }, NOW)?.body).toMatchObject({
    type: 'account.low_balance',
    data: { account: 'acct_1', balance_micro: 499, low_balance_micro: 500 },
  });
});
