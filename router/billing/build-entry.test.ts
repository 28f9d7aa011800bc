import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SettlementJson } from '../../schema/settlement.ts';
import { buildGrantEntry, buildLateEntry, buildSettleEntry, sumPostings } from './build-entry.ts';
import { compareBooks } from './compare-books.ts';

const settlement = {
  jobId: 'job_1',
  part: 2,
  accountId: 'acct_c',
  ownerAccountId: 'acct_o',
  charge: 50,
  earn: 45,
  endedAt: 9,
} as SettlementJson;
const units = fc.nat(Number.MAX_SAFE_INTEGER / 2 - 0.5);

test('a settlement takes the charge from the caller, gives the owner the earnings and the fees the rest', () => {
  const entry = buildSettleEntry(settlement, null);
  expect(entry).toMatchObject({
    id: 'settle:job_1:2',
    kind: 'settle',
    jobId: 'job_1',
    part: 2,
    accountId: 'acct_c',
    at: 9,
  });
  expect(entry.postings).toEqual([
    { book: 'acct_c', amount: -50 },
    { book: 'owner:acct_o', amount: 45 },
    { book: 'fees', amount: 5 },
  ]);
});

test('where the home earns and nobody is charged the fees pay', () => {
  expect(buildSettleEntry({ ...settlement, charge: 0 }, null).postings).toEqual([
    { book: 'owner:acct_o', amount: 45 },
    { book: 'fees', amount: -45 },
  ]);
});

test('an owner who calls its own paid home pays and earns in two books', () => {
  const own = buildSettleEntry({ ...settlement, ownerAccountId: 'acct_c' }, null);
  expect(own.postings.map((posting) => posting.book)).toEqual(['acct_c', 'owner:acct_c', 'fees']);
});

test('nothing moved leaves no posting', () => {
  expect(buildSettleEntry({ ...settlement, charge: 0, earn: 0 }, null).postings).toEqual([]);
});

test('a late receipt is paid by the fees under its own event', () => {
  expect(buildLateEntry(settlement, 11)).toMatchObject({
    id: 'late:job_1:2',
    at: 11,
    postings: [
      { book: 'owner:acct_o', amount: 45 },
      { book: 'fees', amount: -45 },
    ],
  });
});

test('every entry sums to zero and names each book once', () => {
  fc.assert(
    fc.property(units, units, (charge, earn) => {
      const entries = [
        buildSettleEntry({ ...settlement, charge, earn }, null),
        buildLateEntry({ ...settlement, earn }, 1),
        buildGrantEntry({ eventId: 'e', accountId: 'acct_c', amount: earn, memo: null, at: 1 }),
      ];
      for (const entry of entries) {
        expect(sumPostings(entry)).toBe(0);
        expect(new Set(entry.postings.map((posting) => posting.book)).size).toBe(entry.postings.length);
      }
    }),
  );
});

test.each([
  ['equal', { booked: 5, waiting: 0 }, 5, { booked: 5, waiting: 0 }],
  ['equal', { booked: 0, waiting: 1 }, 5, { booked: 5, waiting: 0 }],
  ['equal', { booked: 5, waiting: 3 }, 5, { booked: 5, waiting: 4 }],
  ['moving', { booked: 0, waiting: 2 }, 3, { booked: 5, waiting: 0 }],
  ['different', { booked: 5, waiting: 0 }, 4, { booked: 5, waiting: 0 }],
] as const)('object and book are %s', (verdict, before, book, after) => {
  const read = { before: { ...before, unpayable: 0 }, book, after: { ...after, unpayable: 0 } };
  expect(compareBooks({ account: 'acct_1', ...read }).verdict).toBe(verdict);
});
