// The launcher as a process: it starts the version that an update brought, and goes back after three starts that came to nothing. And what makes a version.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder = '';
let packaged = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'irori-launch-'));
  packaged = join(folder, 'package');
  cpSync(join(import.meta.dirname, '..', 'bin'), join(packaged, 'bin'), { recursive: true });
  writeFileSync(join(packaged, 'package.json'), '{"version":"0.1.0"}');
  writeProgram(join(packaged, 'dist'), "console.log('package');");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function writeProgram(place: string, text: string): void {
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'irori-node.mjs'), text);
}

function addVersion(version: string, text: string, state: object): void {
  writeProgram(join(folder, 'state', 'versions', version, 'dist'), text);
  writeFileSync(join(folder, 'state', 'versions', 'current.json'), JSON.stringify(state));
}

function start(...words: string[]): { said: string; status: number | null } {
  const launcher = join(packaged, 'bin', 'irori-node.mjs');
  const { stdout, status } = spawnSync(process.execPath, [launcher, ...words, '--state', join(folder, 'state')], {
    encoding: 'utf8',
  });
  return { said: stdout.trim(), status };
}

const kept = (): unknown => JSON.parse(readFileSync(join(folder, 'state', 'versions', 'current.json'), 'utf8'));

test('without an update the package itself starts', () => {
  expect(start('up')).toEqual({ said: 'package', status: 0 });
});

test('the version that an update brought starts; after three that came to nothing the one before is restored, and said', () => {
  addVersion('0.2.0', "console.log('second');", {});
  addVersion('0.3.0', 'process.exit(1);', { current: '0.3.0', previous: '0.2.0', serial: 3 });
  for (let times = 0; times < 3; times += 1) expect(start('up').status).toBe(1);
  expect(start('up').said).toBe('second');
  expect(kept()).toMatchObject({
    current: '0.2.0',
    bad: ['0.3.0'],
    restored: { from: '0.3.0', to: '0.2.0' },
    serial: 3,
  });
});

test('with none before it the package is restored; other commands count for nothing', () => {
  addVersion('0.3.0', 'process.exit(1);', { current: '0.3.0' });
  for (const words of [['status'], ['status'], ['--version'], ['up', '--help'], ['-h']]) start(...words);
  for (const words of [['up'], ['--router', 'http://127.0.0.1:8787'], ['--yes']]) start(...words);
  expect(start('up').said).toBe('package');
  expect(kept()).toMatchObject({ current: null, restored: { from: '0.3.0', to: '0.1.0' } });
});

test('a package that was installed anew and is the newer, and a folder that holds nonsense, start the package', () => {
  addVersion('0.0.9', "console.log('old');", { current: '0.0.9' });
  expect(start('up').said).toBe('package');
  addVersion('0.2.0', "console.log('second');", { current: '../../x' });
  expect(start('up').said).toBe('package');
  writeFileSync(join(folder, 'state', 'versions', 'current.json'), '{');
  expect(start('up').said).toBe('package');
});

test('a build empties no folder but its own: a device, a path and a folder of sources are left as they are', () => {
  for (const out of ['/dev/null', '../dist', 'bin', 'dist/../chain']) {
    const { stderr, status } = spawnSync(process.execPath, [join(import.meta.dirname, '..', 'build.mjs'), out]);
    expect(status).toBe(2);
    expect(String(stderr)).toContain(`'${out}' is none, and was left as it is`);
  }
});
