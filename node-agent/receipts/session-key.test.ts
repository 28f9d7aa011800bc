import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSessionKey } from './session-key.ts';

let base: string;
let folder: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'irori-key-'));
  folder = join(base, 'state');
});
afterEach(() => rmSync(base, { recursive: true }));

const isWindows = process.platform === 'win32';

test('the first start makes a key, the second finds the same', async () => {
  const first = await openSessionKey(folder);
  const second = await openSessionKey(folder);
  expect(first.ok && second.ok && first.value.address === second.value.address).toBe(true);
  expect(readdirSync(folder)).toEqual(['session.key']);
});

test.skipIf(isWindows)("key and folder are the owner's alone (skipped on Windows: no mode bits)", async () => {
  await openSessionKey(folder);
  expect(statSync(join(folder, 'session.key')).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test.skipIf(isWindows)(
  'a key that others can read is refused with the remedy (skipped on Windows: no mode bits)',
  async () => {
    await openSessionKey(folder);
    chmodSync(join(folder, 'session.key'), 0o640);
    const opened = await openSessionKey(folder);
    expect(opened).toMatchObject({ ok: false, error: expect.stringContaining('chmod 600') });
    expect(JSON.stringify(opened)).not.toContain(readFileSync(join(folder, 'session.key'), 'utf8').slice(2));
  },
);

test.skipIf(isWindows)('a folder that others can enter is closed (skipped on Windows: no mode bits)', async () => {
  await openSessionKey(folder);
  chmodSync(folder, 0o755);
  expect((await openSessionKey(folder)).ok).toBe(true);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test('a damaged key is refused, not replaced', async () => {
  await openSessionKey(folder);
  writeFileSync(join(folder, 'session.key'), '0x1234');
  expect(await openSessionKey(folder)).toMatchObject({ ok: false, error: expect.stringContaining('damaged') });
  expect(readFileSync(join(folder, 'session.key'), 'utf8')).toBe('0x1234');
});

test('a folder that cannot be made is said so', async () => {
  writeFileSync(join(base, 'file'), '');
  expect(await openSessionKey(join(base, 'file', 'state'))).toMatchObject({
    ok: false,
    error: expect.stringContaining('--state'),
  });
});
