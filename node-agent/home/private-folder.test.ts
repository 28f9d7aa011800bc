import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makePrivateFolder } from './private-folder.ts';

let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'irori-folder-'));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

test('makes a folder that only its owner can enter, those above it, and none twice', async () => {
  const folder = join(root, 'a', 'b', 'ふるさと');
  await makePrivateFolder(folder);
  await makePrivateFolder(folder);
  expect(statSync(folder).isDirectory()).toBe(true);
  // Windows keeps no mode bits.
  const closed = process.platform === 'win32' ? statSync(folder).mode & 0o777 : 0o700;
  expect(statSync(folder).mode & 0o777).toBe(closed);
});

test('a file in the way is told by the system’s word', async () => {
  writeFileSync(join(root, 'file'), '');
  await expect(makePrivateFolder(join(root, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makePrivateFolder(join(root, 'file', 'under'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test.skipIf(process.platform !== 'linux')('where no folder can be made it gives up at once', async () => {
  await expect(makePrivateFolder('/proc/x')).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(makePrivateFolder('/proc/x/y/z')).rejects.toMatchObject({ code: 'ENOENT' });
});
