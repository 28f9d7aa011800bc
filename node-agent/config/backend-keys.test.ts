import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BACKEND_KEYS_FILE, readBackendKeys } from './backend-keys.ts';
import type { BackendKeys } from './backend-keys.ts';

let state: string;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'irori-keys-'));
});

afterEach(() => rmSync(state, { recursive: true, force: true }));

function write(text: string, mode = 0o600): void {
  writeFileSync(join(state, BACKEND_KEYS_FILE), text);
  chmodSync(join(state, BACKEND_KEYS_FILE), mode);
}

function read(common?: string): BackendKeys {
  const keys = readBackendKeys(state, common);
  if (!keys.ok) throw new Error(keys.error);
  return keys.value;
}

function faultOf(common?: string): string {
  const keys = readBackendKeys(state, common);
  return keys.ok ? '' : keys.error;
}

test('without a file and a variable no server gets a key', () => {
  expect(read()('http://127.0.0.1:1337')).toBeNull();
  expect(read('')('http://127.0.0.1:1337')).toBeNull();
});

test('a server has its own key, by its address whatever the path; the others have the common one', () => {
  write('{"http://127.0.0.1:1337/v1": "jan-key"}');
  const keys = read('common');
  expect(keys('http://127.0.0.1:1337')).toBe('jan-key');
  expect(keys('http://127.0.0.1:11434')).toBe('common');
  expect(read()('http://127.0.0.1:11434')).toBeNull();
});

test.each([
  ['[]', 'must be like'],
  ['{"http://127.0.0.1:1337": 5}', 'must be like'],
  ['{"http://127.0.0.1:1337": "se cret"}', 'must be like'],
  ['{"127.0.0.1:1337": "secret"}', 'no address of a server'],
  ['{"http://127.0.0.1:1337": "secret"', 'must be like'],
])('a file of %s is refused with its remedy and without a key', (text, words) => {
  write(text);
  expect(faultOf()).toContain(words);
  expect(faultOf()).not.toContain('secret');
});

test.skipIf(process.platform === 'win32')('a file that others can read is refused', () => {
  write('{"http://127.0.0.1:1337": "secret"}', 0o644);
  expect(faultOf()).toContain('chmod 600');
});

test('what can be no key in a head of HTTP is refused', () => {
  expect(faultOf('two\nlines')).toContain('IRORI_BACKEND_KEY');
  expect(faultOf('two\nlines')).not.toContain('lines');
});
