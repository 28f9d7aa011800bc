import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const FOLDER = new URL('../../migrations/', import.meta.url);

test('the journal names every migration in order, each later than the one before: tools that go by time skip none', () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.sql'));
  const text = readFileSync(new URL('meta/_journal.json', FOLDER), 'utf8');
  const { entries } = JSON.parse(text) as { entries: { idx: number; when: number; tag: string }[] };
  expect(entries.map(({ tag }) => `${tag}.sql`)).toEqual(files.toSorted());
  expect(entries.map(({ idx }) => idx)).toEqual(entries.map((_, index) => index));
  const times = entries.map(({ when }) => when);
  expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
});
