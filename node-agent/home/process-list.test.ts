import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ClockWatch } from './clock-watch.ts';
import { OwnProcesses, whoListens } from './own-processes.ts';
import { LinuxProcesses } from './process-list.ts';
import { askProgram } from './line-process.ts';

describe('the processes of Linux', () => {
  let root = '';
  beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'irori-proc-'))));
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function begin(pid: string, comm: string, program?: string, line = ''): void {
    mkdirSync(join(root, pid), { recursive: true });
    writeFileSync(join(root, pid, 'comm'), `${comm}\n`);
    writeFileSync(join(root, pid, 'cmdline'), line);
    if (program !== undefined) symlinkSync(program, join(root, pid, 'exe'));
  }

  test('have a name and a path; of those that may not be read the name', () => {
    begin('10', 'verylongprogram', '/opt/verylongprogramname');
    begin('11', 'rootish');
    mkdirSync(join(root, 'self'));
    expect(new LinuxProcesses(root).look()?.apps).toEqual([
      { pid: 10, name: 'verylongprogramname', path: '/opt/verylongprogramname' },
      { pid: 11, name: 'rootish', path: null },
    ]);
  });

  test('a Windows game under Wine is known by its own path', () => {
    begin('12', 'game.exe', '/usr/bin/wine64-preloader', 'Z:\\steamapps\\common\\Game\\game.exe\0-dx11\0');
    expect(new LinuxProcesses(root).look()?.apps[0]?.path).toContain('steamapps');
  });

  test('a change is one that comes, goes, or becomes another while it is young', () => {
    begin('10', 'sh');
    const list = new LinuxProcesses(root);
    expect([list.look()?.hasChanged, list.look()?.hasChanged]).toEqual([true, false]);
    begin('10', 'game');
    expect(list.look()).toMatchObject({ hasChanged: true, apps: [{ name: 'game' }] });
    rmSync(join(root, '10'), { recursive: true });
    expect(list.look()).toMatchObject({ hasChanged: true, apps: [] });
    rmSync(root, { recursive: true });
    expect(list.look()).toBeNull();
  });
});

describe('a list in which nothing seems to have begun or ended', () => {
  test('is read again at once when the last process is another one, and else every fifth time', () => {
    const root = mkdtempSync(join(tmpdir(), 'irori-proc-'));
    const begin = (pid: string, last: string): void => {
      mkdirSync(join(root, pid));
      writeFileSync(join(root, pid, 'comm'), 'program\n');
      writeFileSync(join(root, 'loadavg'), `0.10 0.20 0.30 1/${last}\n`);
    };
    const list = new LinuxProcesses(root);
    const count = (): number | undefined => list.look()?.apps.length;
    begin('10', '90 10');
    for (let i = 0; i < 5; i += 1) expect(count()).toBe(1);
    begin('11', '91 11');
    expect(count()).toBe(2);
    for (let i = 0; i < 3; i += 1) expect(count()).toBe(2);
    begin('12', '91 11');
    expect(Array.from({ length: 6 }, count)).toContain(3);
    rmSync(root, { recursive: true });
  });
});

describe('what is ours', () => {
  test('is this process, and whoever listens on a server’s port with what it started', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    // This process listens; where the system does not tell, nobody is named.
    expect([process.pid, null]).toContain(await whoListens(port));
    server.close();
    const own = new OwnProcesses([port], async () => process.ppid);
    await own.look();
    expect([own.owns(process.pid), own.owns(process.ppid), own.owns(1)]).toEqual([true, true, false]);
  });

  test('without a server of ours nothing else is', () => {
    const own = new OwnProcesses([]);
    expect(own.owns(process.ppid)).toBe(false);
  });
});

test('a program that is not there, fails, or takes too long says nothing', async () => {
  expect(await askProgram('irori-no-such-program', [])).toBe('');
  expect(await askProgram(process.execPath, ['-e', 'process.exit(3)'])).toBe('');
  expect(await askProgram(process.execPath, ['-e', 'setTimeout(() => 0, 60_000)'], 200)).toBe('');
  expect(await askProgram(process.execPath, ['-p', '6*7'])).toBe('42\n');
});

test('a clock that went on while nobody looked is a machine that slept; a late look is a busy one', () => {
  const watch = new ClockWatch();
  expect(watch.check(0, 1_000_000)).toBe(0);
  expect(watch.check(1000, 1_001_000)).toBe(0);
  expect(watch.check(6000, 1_006_000)).toBe(0);
  expect(watch.check(7000, 1_607_000)).toBe(601_000);
  expect(watch.check(67_000, 1_667_000)).toBe(60_000);
  expect(watch.check(68_000, 1_000_000)).toBe(0);
});
