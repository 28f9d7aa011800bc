import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  readHidIdle,
  readIdleMs,
  readLinuxMemory,
  readListener,
  readMemoryPressure,
  readMetered,
  readNetstat,
  readParent,
  readPmset,
  readPowerSupplies,
  readPs,
  readSessions,
} from './read-machine.ts';
import { readWindowsLine } from './read-windows-line.ts';

/** A sample without the lines that name its source. */
function sample(name: string): string {
  const text = readFileSync(`${import.meta.dirname}/samples/${name}.txt`, 'utf8');
  return text.replaceAll(/^#.*\n/gm, '');
}

describe('power', () => {
  const none = { online: null, status: null, capacity: null, scope: null };

  test('Linux: a battery that empties with no plug in', () => {
    const supplies = [
      { ...none, type: 'Mains', online: '0' },
      { ...none, type: 'Battery', status: 'Discharging', capacity: '64' },
      { ...none, type: 'Battery', status: 'Discharging', capacity: '5', scope: 'Device' },
    ];
    expect(readPowerSupplies(supplies)).toEqual({ isOnBattery: true, chargePercent: 64 });
    const plugged = [{ ...none, type: 'USB', online: '1' }, ...supplies];
    expect(readPowerSupplies(plugged).isOnBattery).toBe(false);
  });

  test('a desktop runs on the plug, and nonsense is no charge', () => {
    expect(readPowerSupplies([])).toEqual({ isOnBattery: false, chargePercent: null });
    expect(readPowerSupplies([{ ...none, type: 'Battery', capacity: '99999' }]).chargePercent).toBeNull();
  });

  test('macOS', () => {
    expect(readPmset(sample('pmset-battery'))).toEqual({ isOnBattery: true, chargePercent: 85 });
    expect(readPmset(sample('pmset-plug'))).toEqual({ isOnBattery: false, chargePercent: null });
    expect(readPmset('')).toBeNull();
  });
});

describe('input', () => {
  test('macOS and GNOME', () => {
    expect(readHidIdle(sample('ioreg-hid'))).toBe(181.5);
    expect(readHidIdle('nothing')).toBeNull();
    expect(readIdleMs('(uint64 4200,)\n')).toBe(4.2);
    expect(readIdleMs('4200\n')).toBe(4.2);
    expect(readIdleMs('Error: no such name')).toBeNull();
  });

  test('sessions: the busiest counts, a greeter does not', () => {
    expect(readSessions(sample('loginctl'), 1_764_340_030_000)).toBe(30);
    const typing = 'Class=user\nType=tty\nState=active\nIdleHint=no\nIdleSinceHint=0\n';
    expect(readSessions(typing, 5000)).toBe(0);
  });

  test('a desktop that does not say "idle" may never say it: nobody knows', () => {
    expect(readSessions('Class=user\nType=x11\nState=active\nIdleHint=no\nIdleSinceHint=0\n', 5000)).toBeNull();
    expect(readSessions('', 5000)).toBeNull();
  });
});

test('memory: Linux and macOS', () => {
  const memory = readLinuxMemory(sample('meminfo'), sample('pressure-memory'));
  expect(memory).toEqual({ availableBytes: 2 * 2 ** 30, totalBytes: 16_323_444 * 1024, stalledPercent: 22.75 });
  expect(readLinuxMemory(sample('meminfo'), null)?.stalledPercent).toBeNull();
  expect(readLinuxMemory('nonsense', null)).toBeNull();
  expect(readMemoryPressure(sample('memory-pressure'), 1000)).toMatchObject({ availableBytes: 250 });
  expect(readMemoryPressure('', 1000)).toBeNull();
});

test('a line is metered by NetworkManager’s word, guessed or known', () => {
  expect(readMetered(sample('networkmanager'))).toBe(true);
  expect(readMetered('(<uint32 4>,)')).toBe(false);
  expect(readMetered('(<uint32 0>,)')).toBeNull();
  expect(readMetered('Error')).toBeNull();
});

test('programs and who listens', () => {
  expect(readPs(sample('ps-macos')).map(({ name }) => name)).toEqual(['launchd', 'Blender', 'portal2_osx', '-zsh']);
  expect(readNetstat(sample('netstat-windows'), 11_434)).toBe(9120);
  expect(readNetstat(sample('netstat-windows'), 1)).toBeNull();
  const table =
    '  sl\n   0: 0100007F:2CAA 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 81234 1\n';
  expect(readListener(table, 0x2caa)).toBe('81234');
  expect(readListener(table, 80)).toBeNull();
  expect(readParent('42 (odd) name)) S 7 42 42')).toBe(7);
  expect(readParent('')).toBeNull();
});

test('Windows: one line of its child, or nothing', () => {
  const facts = readWindowsLine(sample('windows-child').trim());
  expect(facts).toMatchObject({ inputIdleS: 4.2, battery: { isOnBattery: true, chargePercent: 64 } });
  expect(facts?.apps[1]?.path).toContain('steamapps');
  const desktop = '{"idleMs":null,"line":1,"flag":128,"percent":255,"apps":[]}';
  expect(readWindowsLine(desktop)).toMatchObject({
    inputIdleS: null,
    battery: { isOnBattery: false, chargePercent: null },
  });
  for (const wrong of ['', 'Add-Type : not found', '{"idleMs":-1}']) expect(readWindowsLine(wrong)).toBeNull();
});
