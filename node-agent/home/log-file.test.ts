import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findLogFiles, LogFile } from './log-file.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'irori-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('the log on disk is bounded: the older half goes, the newest line stays', () => {
  const { newer, older } = findLogFiles(folder);
  const log = new LogFile(folder, 1000);
  for (let line = 0; line < 100; line += 1) {
    log.add(`${String(line).padEnd(49, '.')}\n`);
    log.flush();
  }
  expect(statSync(newer).size + statSync(older).size).toBeLessThanOrEqual(2000);
  expect(readFileSync(newer, 'utf8')).toContain('99.');
  expect(statSync(newer).mode & 0o077).toBe(0);
});

test('a second start writes behind the first one’s lines', () => {
  for (const line of ['one\n', 'two\n']) {
    const log = new LogFile(folder);
    log.add(line);
    log.flush();
  }
  expect(readFileSync(findLogFiles(folder).newer, 'utf8')).toBe('one\ntwo\n');
});

test('a folder that refuses stops nothing, and is tried again', () => {
  writeFileSync(join(folder, 'log'), 'a file in the way');
  const log = new LogFile(folder);
  log.add('lost\n');
  log.flush();
  rmSync(join(folder, 'log'));
  log.add('kept\n');
  log.flush();
  expect(existsSync(findLogFiles(folder).older)).toBe(false);
  expect(readFileSync(findLogFiles(folder).newer, 'utf8')).toBe('kept\n');
});
