import { expect, test } from 'vitest';
import { priceIdle, priceNaive, priceNaiveIdle, priceUsage, subtractUsage, sumUsd } from './price-usage.ts';
import type { ObjectUsage, Usage } from './price-usage.ts';

const account: ObjectUsage = {
  calls: 20,
  alarms: 4,
  alarmsSet: 6,
  socketMessages: 0,
  rowsRead: 1000,
  rowsWritten: { holds: 20, outbox: 30 },
  activeMs: 2000,
};
const before: Usage = { workerRequests: 3, d1: { rowsRead: 5, queries: 1, rowsWritten: { events: 1 } }, objects: {} };
const after: Usage = {
  workerRequests: 13,
  d1: { rowsRead: 1005, queries: 9, rowsWritten: { events: 21, receipts: 10 } },
  objects: { Account: account, Hub: { ...account, rowsWritten: {}, socketMessages: 200 } },
};

test('what was there before a run is none of its own', () => {
  const used = subtractUsage(after, before);
  expect(used.workerRequests).toBe(10);
  expect(used.d1.rowsWritten).toEqual({ events: 20, receipts: 10 });
  expect(used.objects['Account']).toEqual(account);
});

test('every line is priced for a million jobs, the dearest first, and tells what it is made of', () => {
  const facts = { jobs: 10, hubMs: 10_000, redisCommands: 1, workerCpuMs: 40 };
  const lines = priceUsage(subtractUsage(after, before), facts);
  const usdOf = (what: string): number => lines.find((line) => line.what === what)?.usd ?? Number.NaN;
  expect(usdOf('D1 rows written')).toBeCloseTo(3);
  expect(usdOf('object rows written')).toBeCloseTo(5);
  expect(usdOf('alarms set')).toBeCloseTo(1.2);
  expect(usdOf('object requests (calls, alarms)')).toBeCloseTo(4.8 * 0.15);
  expect(usdOf('socket messages in')).toBeCloseTo(0.15);
  // A hub works as long as it has streams, an account as long as it is asked.
  expect(usdOf('object GB-s')).toBeCloseTo(((10 + 2) * 0.128 * 12.5) / 10);
  expect(usdOf('Redis commands')).toBeCloseTo(0.2);
  expect(lines.map(({ usd }) => usd)).toEqual(lines.map(({ usd }) => usd).toSorted((a, b) => b - a));
  expect(lines.find(({ what }) => what === 'object rows written')?.of).toEqual({
    'Account.holds': 2,
    'Account.outbox': 3,
  });
});

test('the first design costs what the platform’s list says of it', () => {
  expect(sumUsd(priceNaive(300, 6.5))).toBeCloseTo(26.1, 1);
});

test('homes at rest are priced by the month and the thousand, with the pings that wake nobody', () => {
  const quiet = { calls: 0, alarms: 0, alarmsSet: 0, socketMessages: 0, rowsRead: 0, rowsWritten: {}, activeMs: 0 };
  const usage: Usage = {
    workerRequests: 0,
    d1: { rowsRead: 0, queries: 0, rowsWritten: {} },
    objects: { Hub: { ...quiet, alarms: 2, activeMs: 500 } },
  };
  // Ten homes for a thousandth of a month.
  const lines = priceIdle(usage, { homes: 10, seconds: 2592, redisCommands: 1 });
  const find = (what: string) => lines.find((line) => line.what === what);
  expect(find('object requests (calls, alarms)')).toMatchObject({ count: 200, usd: expect.closeTo(0.03) });
  expect(find('Redis commands')).toMatchObject({ count: expect.closeTo(100), usd: expect.closeTo(0.2) });
  expect(find('object GB-s')).toMatchObject({ count: expect.closeTo(6.4), usd: expect.closeTo(0.08) });
  expect(find('socket messages in')).toMatchObject({ count: 43_200, usd: expect.closeTo(0.324) });
  expect(find('D1 rows written')).toBeUndefined();
  expect(sumUsd(priceNaiveIdle())).toBeCloseTo(5186, 0);
});
