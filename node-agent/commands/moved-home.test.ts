import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSessionKey } from '../receipts/session-key.ts';
import { finishMove, keepTaken, openNextKey, readTaken } from './moved-home.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'irori-move-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const TAKEN = { router: 'https://irori.example', node: 'node_b', account: 'acct_2', codeHash: 'h', from: 'node_a' };

async function keyOf(place: string): Promise<string> {
  const key = await openSessionKey(place);
  if (!key.ok) throw new Error(key.error);
  return key.value.address;
}

test('the new key takes the old one’s place, whose records are kept; wherever it is cut it goes on', async () => {
  const old = await keyOf(folder);
  mkdirSync(join(folder, 'receipts'));
  writeFileSync(join(folder, 'receipts', 'receipts.log'), 'bound to the old key');
  writeFileSync(join(folder, 'config.json'), '{}');
  const next = await openNextKey(folder);
  if (!next.ok) throw new Error(next.error);
  expect((await openNextKey(folder)).ok && next.value.address).not.toBe(old);
  expect(await readTaken(folder)).toBeNull();
  await keepTaken(folder, TAKEN);
  expect(await readTaken(folder)).toEqual(TAKEN);
  await finishMove(folder, TAKEN);
  const left = join(folder, 'left', 'node_a');
  expect([await keyOf(folder), await keyOf(left)]).toEqual([next.value.address, old]);
  expect(readFileSync(join(left, 'receipts', 'receipts.log'), 'utf8')).toBe('bound to the old key');
  expect(existsSync(join(folder, 'config.json'))).toBe(true);
  expect(JSON.parse(readFileSync(join(folder, 'identity.json'), 'utf8'))).toEqual({
    routers: { 'https://irori.example': { node: 'node_b', account: 'acct_2', codeHash: 'h' } },
  });
  // Cut behind its last step: again it changes nothing.
  await finishMove(folder, TAKEN);
  expect([await keyOf(folder), await keyOf(left)]).toEqual([next.value.address, old]);
  expect(await readTaken(folder)).toBeNull();
});
