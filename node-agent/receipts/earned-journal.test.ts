import { appendFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { collectLog } from '../test/collect-log.ts';
import { EarnedJournal, readJournal } from './earned-journal.ts';

const DAY_MS = 86_400_000;
const NOW = 20_780 * DAY_MS + 1000;
let folder: string;
let now: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'irori-journal-'));
  now = NOW;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const make = (seq: number, epoch = 1) => ({
  job: `job_${seq}`,
  part: 0,
  model: 'aa',
  seq: String(seq),
  router: '0x1',
  signed: { promptTokens: 1, outputTokens: 2, amount: '50' },
  accepted: { promptTokens: 1, outputTokens: 2, amount: '45', status: 0, epoch, count: seq, total: String(45 * seq) },
  reason: null,
});
const read = (days = 1) => readJournal(folder, { days, now }).map(({ seq }) => seq);

test('what was noted is read again, of the days that are asked, and of one receipt the last answer', async () => {
  const journal = await EarnedJournal.open(folder, collectLog().log, () => now);
  journal.note(make(1));
  journal.flush();
  now += DAY_MS;
  for (const seq of [2, 3, 2]) journal.note(make(seq));
  journal.flush();
  expect(read(1)).toEqual(['2', '3']);
  expect(read(2)).toEqual(['1', '2', '3']);
  expect(readJournal(folder, { days: 2, now })[0]).toEqual({ at: NOW, ...make(1) });
});

test('a line that a crash cut short, or that is none, counts as none', async () => {
  const journal = await EarnedJournal.open(folder, collectLog().log, () => now);
  journal.note(make(1));
  journal.flush();
  const [name] = await readdir(folder);
  await appendFile(join(folder, String(name)), '{"at":1,"job":"job');
  expect(read()).toEqual(['1']);
  expect(readJournal(join(folder, 'nowhere'), { days: 1, now })).toEqual([]);
});

test('two months are kept, and other files of the folder are left alone', async () => {
  await writeFile(join(folder, 'notes.txt'), 'mine');
  const journal = await EarnedJournal.open(folder, collectLog().log, () => now);
  for (let day = 0; day < 70; day++, now += DAY_MS) {
    journal.note(make(day));
    journal.flush();
  }
  const names = await readdir(folder);
  expect(names).toContain('notes.txt');
  expect(names.length).toBeLessThanOrEqual(64);
  expect(names.length).toBeGreaterThanOrEqual(62);
});

test('the newest acceptance of an epoch or before is found, days back', async () => {
  const journal = await EarnedJournal.open(folder, collectLog().log, () => now);
  for (const [seq, epoch] of [
    [1, 5],
    [2, 5],
    [3, 6],
  ] as const)
    journal.note(make(seq, epoch));
  journal.flush();
  now += DAY_MS;
  journal.note(make(4, 7));
  journal.note({ ...make(5), accepted: null, reason: 'no' });
  expect([4, 5, 6, 7, 9].map((epoch) => journal.lastUntil(epoch)?.seq ?? null)).toEqual([null, '2', '3', '4', '4']);
});

test('a folder that is gone is told once, and is written to again when it is back', async () => {
  const { log, lines } = collectLog();
  const gone = join(folder, 'earned');
  const journal = await EarnedJournal.open(gone, log, () => now);
  await rm(gone, { recursive: true });
  for (const seq of [1, 2]) {
    journal.note(make(seq));
    journal.flush();
  }
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('what was earned cannot be written down');
});
