import { expect, test } from 'vitest';
import type { JournalEntry } from '../receipts/earned-journal.ts';
import { TodayBook } from './today-book.ts';

const NOON = new Date(2026, 5, 10, 12).getTime();
const DAY_MS = 86_400_000;

const entry = (change: Partial<JournalEntry> = {}): JournalEntry => ({
  at: NOON,
  job: 'job_1',
  part: 0,
  model: 'ab',
  seq: '1',
  router: '0x1',
  signed: { promptTokens: 10, outputTokens: 20, amount: '100' },
  accepted: { promptTokens: 9, outputTokens: 19, amount: '80', status: 1, epoch: 1, count: 1, total: '80' },
  reason: null,
  ...change,
});

test('parts of one job are one job, and count as the router accepted them', () => {
  const book = new TodayBook();
  book.note(entry(), NOON);
  book.note(entry({ part: 1 }), NOON);
  book.note(entry({ job: 'job_2', accepted: null }), NOON);
  expect(book.tell(NOON)).toEqual({ jobs: 2, promptTokens: 28, outputTokens: 58, earnedMicro: 160 });
});

test('yesterday is not today, and midnight begins a new day', () => {
  const book = new TodayBook();
  book.note(entry({ at: NOON - DAY_MS }), NOON);
  expect(book.tell(NOON).jobs).toBe(0);
  book.note(entry(), NOON);
  expect(book.tell(NOON + DAY_MS)).toEqual({ jobs: 0, promptTokens: 0, outputTokens: 0, earnedMicro: 0 });
});
