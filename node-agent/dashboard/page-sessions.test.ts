import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeLog } from '../log.ts';
import { PageSessions, TOKEN_MS } from './page-sessions.ts';

const DAY_MS = 86_400_000;
let folder: string;
let now = 1_000_000;
const lines: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'irori-page-'));
  now = 1_000_000;
  lines.length = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function open(): Promise<PageSessions> {
  const log = makeLog({ json: false, write: (line) => void lines.push(line), now: () => now });
  return PageSessions.open(folder, { log, now: () => now, random: randomBytes });
}

test('a token opens the page once', async () => {
  const sessions = await open();
  const token = sessions.mint();
  expect(await sessions.redeem(token)).toMatchObject({ cookie: expect.any(String), key: expect.any(String) });
  expect(await sessions.redeem(token)).toBe(null);
});

test('a token that waited a minute opens nothing, and no other text does', async () => {
  const sessions = await open();
  const token = sessions.mint();
  expect(await sessions.redeem(`${token}x`)).toBe(null);
  expect(await sessions.redeem('')).toBe(null);
  now += TOKEN_MS;
  expect(await sessions.redeem(token)).toBe(null);
});

test('the cookie alone shows the document, and both secrets of one browser show what is in it', async () => {
  const sessions = await open();
  const first = await sessions.redeem(sessions.mint());
  const second = await sessions.redeem(sessions.mint());
  if (!first || !second) throw new Error('not opened');
  expect(sessions.hasCookie(first.cookie)).toBe(true);
  expect(sessions.hasBoth(first.cookie, first.key)).toBe(true);
  expect(sessions.hasBoth(first.cookie, null)).toBe(false);
  expect(sessions.hasBoth(null, first.key)).toBe(false);
  expect(sessions.hasBoth(first.cookie, second.key)).toBe(false);
  expect(sessions.hasCookie(first.key)).toBe(false);
});

test('where it has to be elsewhere, whoever has the old port now could have asked an open tab for its secrets: nobody is let in', async () => {
  const before = await open();
  await before.notePort(4770);
  const secrets = await before.redeem(before.mint());
  const again = await open();
  await again.notePort(4771);
  await again.notePort(4770);
  expect([again.hasCookie(secrets?.cookie ?? ''), (await open()).hasCookie(secrets?.cookie ?? '')]).toEqual([
    false,
    false,
  ]);
});

test('a restart forgets no browser and no port, a month does, and of too many the oldest leaves', async () => {
  const before = await open();
  await before.notePort(4773);
  const secrets = await before.redeem(before.mint());
  const again = await open();
  expect(again.port).toBe(4773);
  expect(again.hasBoth(secrets?.cookie ?? null, secrets?.key ?? null)).toBe(true);
  for (let i = 0; i < 8; i++) await again.redeem(again.mint());
  expect(again.hasCookie(secrets?.cookie ?? null)).toBe(false);
  const late = await again.redeem(again.mint());
  now += 30 * DAY_MS;
  expect(again.hasCookie(late?.cookie ?? null)).toBe(false);
});

test('the file can be read by its owner only, and holds no secret', async () => {
  const sessions = await open();
  const secrets = await sessions.redeem(sessions.mint());
  const path = join(folder, 'page.json');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const text = await readFile(path, 'utf8');
  expect(text).not.toContain(secrets?.cookie);
  expect(text).not.toContain(secrets?.key);
});

test('a damaged file counts as none, and the owner is told', async () => {
  await writeFile(join(folder, 'page.json'), '{"port": ');
  const sessions = await open();
  expect(sessions.port).toBe(null);
  expect(lines.join('')).toContain('page.json');
});
