import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { collectLog } from '../test/collect-log.ts';
import { SpeedFile } from './speed-file.ts';

const DAY = 86_400_000;
const SPEED = { promptTokensPerS: 900, decodeTokensPerS: 80 };
let folder = '';
let { log, lines } = collectLog();
beforeEach(() => {
  ({ log, lines } = collectLog());
  folder = mkdtempSync(join(tmpdir(), 'irori-speeds-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what was measured is known at the next start, for two weeks, to the same version', async () => {
  const file = await SpeedFile.open(folder, '1.0.0', 0, log);
  expect(file.find('aa')).toBeNull();
  await file.save('aa', SPEED, 1000);
  expect(file.find('aa')).toMatchObject(SPEED);
  expect((await SpeedFile.open(folder, '1.0.0', DAY, log)).find('aa')).toMatchObject(SPEED);
  expect((await SpeedFile.open(folder, '1.0.0', DAY, log)).list()).toHaveLength(1);
  expect((await SpeedFile.open(folder, '1.0.0', 15 * DAY, log)).find('aa')).toBeNull();
  expect((await SpeedFile.open(folder, '1.1.0', DAY, log)).find('aa')).toBeNull();
});

test.each(['nonsense', '{"agent":"1.0.0"}', '{"agent":"1.0.0","models":{"aa":{"decodeTokensPerS":-1}}}'])(
  'a damaged file is none: %s',
  async (text) => {
    writeFileSync(join(folder, 'speeds.json'), text);
    expect((await SpeedFile.open(folder, '1.0.0', 0, log)).list()).toEqual([]);
    expect(lines.join('')).toContain('counts as none');
  },
);

test('a folder that cannot be written to costs a measurement and a line in the log', async () => {
  const file = await SpeedFile.open(join(folder, 'nowhere'), '1.0.0', 0, log);
  await file.save('aa', SPEED, 0);
  expect(file.find('aa')).toMatchObject(SPEED);
  expect(lines.join('')).toContain('is the disk full?');
});
