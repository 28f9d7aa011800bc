import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readHomeStatus } from './home-status.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'irori-home-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('what a home wrote is read, with what it adds later left out', async () => {
  const status = { pid: 1, router: 'http://127.0.0.1:1', node: 'node_1', state: 'connected', models: ['a-*'] };
  writeFileSync(join(dir, 'status.json'), JSON.stringify({ ...status, more: 1 }));
  expect(await readHomeStatus(dir)).toEqual(status);
});

test('no status, half a status and a folder that is not there are all none', async () => {
  expect(await readHomeStatus(dir)).toBeNull();
  expect(await readHomeStatus(join(dir, 'absent'))).toBeNull();
  writeFileSync(join(dir, 'status.json'), '{"pid": 1');
  expect(await readHomeStatus(dir)).toBeNull();
  writeFileSync(join(dir, 'status.json'), '{"pid": "1"}');
  expect(await readHomeStatus(dir)).toBeNull();
});
