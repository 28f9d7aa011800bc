import { expect, test } from 'vitest';
import type { JournalEntry } from './earned-journal.ts';
import { compareEarnings, compareTotals } from './compare-earnings.ts';
import type { ListedJob } from './compare-earnings.ts';

const accepted = { promptTokens: 10, outputTokens: 20, amount: '45', status: 0, epoch: 1 };

function own(seq: number, change: Partial<JournalEntry> = {}): JournalEntry {
  const signed = { promptTokens: 10, outputTokens: 20, amount: '50' };
  const told = { ...accepted, count: seq, total: String(45 * seq) };
  return {
    at: 1,
    job: `job_${seq}`,
    part: 0,
    model: 'aa',
    seq: String(seq),
    router: '0x1',
    signed,
    accepted: told,
    reason: null,
    ...change,
  };
}

function listed(seq: number, change: Partial<ListedJob> = {}): ListedJob {
  const signed = { signed_micro: 50, signed_prompt_tokens: 10, signed_output_tokens: 20 };
  const counts = { prompt_tokens: 10, output_tokens: 20, earned_micro: 45, status: 'accepted', why: null };
  return {
    job: `job_${seq}`,
    part: 0,
    model: 'm',
    accepted_at: 1,
    acceptance: seq,
    receipt: seq,
    ...signed,
    ...counts,
    ...change,
  };
}

test('where both say the same there is no difference', () => {
  expect(compareEarnings([own(1), own(2)], [listed(2), listed(1)], true)).toEqual([]);
});

test.each<[string, JournalEntry[], ListedJob[], RegExp]>([
  ['a job that the router does not list', [own(1), own(2)], [listed(1)], /does not list it/],
  ['another amount than was signed for', [own(1)], [listed(1, { earned_micro: 44 })], /another amount/],
  ['a job of which this home has no record', [own(1)], [listed(2), listed(1)], /no record of it/],
  [
    'a receipt that was refused',
    [own(1, { accepted: null, reason: 'too late' })],
    [],
    /refused the receipt for good: too late/,
  ],
  [
    'a receipt that was lowered',
    [own(1, { accepted: { ...accepted, outputTokens: 18, amount: '42', count: 1, total: '42' } })],
    [listed(1, { output_tokens: 18, earned_micro: 42, status: 'lowered', why: 'fewer were relayed' })],
    /fewer were relayed/,
  ],
  [
    'one that is not paid',
    [own(1, { accepted: { ...accepted, amount: '0', count: 1, total: '0' } })],
    [listed(1, { earned_micro: 0, status: 'unpaid' })],
    /accepted less/,
  ],
])('%s is one', (_, entries, jobs, why) => {
  const differences = compareEarnings(entries, jobs, true);
  expect(differences).toHaveLength(1);
  expect(differences[0]?.why).toMatch(why);
});

test('what is older than either side tells is compared by nobody', () => {
  expect(compareEarnings([own(1), own(2), own(3)], [listed(3), listed(2)], false)).toEqual([]);
  expect(compareEarnings([own(3)], [listed(3), listed(2), listed(1)], true)).toEqual([]);
});

test('totals may be ahead of the newest acceptance, and never behind it or beside it', () => {
  const newest = { count: '4', total: '180' };
  expect(compareTotals(newest, { receipts: 4, earned: 180 })).toBeNull();
  expect(compareTotals(newest, { receipts: 6, earned: 270 })).toBeNull();
  expect(compareTotals(null, { receipts: 0, earned: 0 })).toBeNull();
  expect(compareTotals(newest, { receipts: 3, earned: 180 })).toContain('3 receipts');
  expect(compareTotals(newest, { receipts: 5, earned: 170 })).toContain('170 units');
  expect(compareTotals(newest, { receipts: 4, earned: 181 })).toContain('181 units for 4 receipts');
});
