import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SpeedFile } from './speed-file.ts';

const DAY = 86_400_000;
const SPEED = { promptTokensPerS: 900, decodeTokensPerS: 80 };
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'irori-speeds-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what was measured is known at the next start, for two weeks, to the same version', async () => {
  const file = await SpeedFile.open(folder, '1.0.0', 0);
  expect(file.find('aa')).toBeNull();
  await file.save('aa', SPEED, 1000);
  expect(file.find('aa')).toMatchObject(SPEED);
  expect((await SpeedFile.open(folder, '1.0.0', DAY)).find('aa')).toMatchObject(SPEED);
  expect((await SpeedFile.open(folder, '1.0.0', DAY)).list()).toHaveLength(1);
  expect((await SpeedFile.open(folder, '1.0.0', 15 * DAY)).find('aa')).toBeNull();
  expect((await SpeedFile.open(folder, '1.1.0', DAY)).find('aa')).toBeNull();
});

test.each(['nonsense', '{"agent":"1.0.0"}', '{"agent":"1.0.0","models":{"aa":{"decodeTokensPerS":-1}}}'])(
  'a damaged file is none: %s',
  async (text) => {
    writeFileSync(join(folder, 'speeds.json'), text);
    expect((await SpeedFile.open(folder, '1.0.0', 0)).list()).toEqual([]);
  },
);

test('a folder that cannot be written to costs a measurement and nothing else', async () => {
  const file = await SpeedFile.open(join(folder, 'nowhere'), '1.0.0', 0);
  await file.save('aa', SPEED, 0);
  expect(file.find('aa')).toMatchObject(SPEED);
});
