import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeLog } from '../log.ts';
import type { ToldSpan } from './build-day.ts';
import { WhyBook } from './why-book.ts';

const log = makeLog({ json: false, write: () => undefined, now: Date.now });
const HOUR = 3_600_000;
const span = (from: number, to: number, reason = 'quiet'): ToldSpan => ({
  from: from * HOUR,
  to: to * HOUR,
  reason,
  text: reason,
});
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'irori-why-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('hours that were told stay for a day, over a restart too, and never say two things of one minute', async () => {
  const book = await WhyBook.open(folder, log);
  await book.note([span(100, 101, 'offline')], 101 * HOUR);
  await book.note([span(101.5, 102.5)], 102.5 * HOUR);
  await book.note([span(102, 103, 'job')], 103 * HOUR);
  const again = await WhyBook.open(folder, log);
  expect(again.spans).toEqual([span(100, 101, 'offline'), span(101.5, 102), span(102, 103, 'job')]);
  await again.note([span(125, 126)], 126 * HOUR);
  expect(again.spans).toEqual([span(102, 103, 'job'), span(125, 126)]);
});

test('what goes on is one span, and nothing told changes nothing', async () => {
  const book = await WhyBook.open(folder, log);
  await book.note([span(100, 101)], 101 * HOUR);
  await book.note([span(101, 102)], 102 * HOUR);
  await book.note([], 103 * HOUR);
  expect(book.spans).toEqual([span(100, 102)]);
});

test('what was offered is kept with its hour: another offer is another span', async () => {
  const book = await WhyBook.open(folder, log);
  await book.note([{ ...span(100, 101), models: ['a'], modelCount: 1 }], 101 * HOUR);
  await book.note([{ ...span(101, 102), models: ['b'], modelCount: 1 }], 102 * HOUR);
  const again = await WhyBook.open(folder, log);
  expect(again.spans.map(({ from, models }) => [from / HOUR, models])).toEqual([
    [100, ['a']],
    [101, ['b']],
  ]);
});
