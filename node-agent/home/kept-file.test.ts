import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { collectLog } from '../test/collect-log.ts';
import { KeptFile, readKept } from './kept-file.ts';

const schema = z.object({ n: z.number() });
let folder: string;
let { log, lines } = collectLog();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'irori-kept-'));
  ({ log, lines } = collectLog());
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what was written is read again, and a file that is not there is nothing to tell', async () => {
  const path = join(folder, 'a.json');
  expect(await readKept(path, schema, log)).toBeNull();
  await new KeptFile(path, log).write('{"n":1}');
  expect(await readKept(path, schema, log)).toEqual({ n: 1 });
  expect(lines).toEqual([]);
});

test.each(['not json at all', '{"n":"one"}'])(
  'a damaged file counts as none and is told without its content: %s',
  async (text) => {
    const path = join(folder, 'a.json');
    writeFileSync(path, text);
    expect(await readKept(path, schema, log)).toBeNull();
    expect(lines.join('')).toMatch(/counts as none file=.*a\.json/);
    expect(lines.join('')).not.toMatch(/at all|one"/);
  },
);

test('a disk that refuses is told once, and once more after it has taken something', async () => {
  const path = join(folder, 'sub', 'a.json');
  const file = new KeptFile(path, log);
  await file.write('1');
  await file.write('2');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/cannot be written.*ENOENT/);
  mkdirSync(join(folder, 'sub'));
  await file.write('3');
  expect(readFileSync(path, 'utf8')).toBe('3');
  rmSync(join(folder, 'sub'), { recursive: true });
  await file.write('4');
  expect(lines).toHaveLength(2);
});
