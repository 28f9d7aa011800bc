import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { collectLog } from '../test/collect-log.ts';
import { EnergyFile, nameDay } from './energy-file.ts';
import { openHostPower, readBusyMs, readOwnMs } from './host-meter.ts';
import type { WallMeter } from './meter-reading.ts';
import { PowerCommand } from './power-command.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'irori-power-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function zone(name: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(folder, name));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, name, file), text);
}

test('the processor’s packages are added up; platform and core counters, which lie within or around them, are left out', () => {
  const range = { max_energy_range_uj: '262143328850\n' };
  zone('intel-rapl:0', { name: 'package-0\n', energy_uj: '1000\n', ...range });
  zone('intel-rapl:1', { name: 'package-1\n', energy_uj: '500\n', ...range });
  zone('intel-rapl:2', { name: 'psys\n', energy_uj: '99999\n', ...range });
  zone('intel-rapl:0:0', { name: 'core\n', energy_uj: '400\n', ...range });
  const power = openHostPower(folder);
  expect(power.isThere).toBe(true);
  expect(power.read()).toEqual({ microJ: 1500, rangeMicroJ: 262_143_328_850 });
  // Rights can be taken away while it runs.
  rmSync(join(folder, 'intel-rapl:1', 'energy_uj'));
  expect(power.read()).toBeNull();
});

test('a counter that may not be read, or is not there, is none', () => {
  zone('intel-rapl:0', { name: 'package-0\n', max_energy_range_uj: '262143328850\n' });
  expect(openHostPower(folder)).toMatchObject({ isThere: false });
  expect(openHostPower(folder).read()).toBeNull();
  expect(openHostPower(join(folder, 'none')).isThere).toBe(false);
});

test('processor time only grows', () => {
  const [own, busy] = [readOwnMs(), readBusyMs()];
  expect(readOwnMs()).toBeGreaterThanOrEqual(own);
  expect(readBusyMs() ?? 0).toBeGreaterThanOrEqual(busy ?? 0);
});

async function listen(script: string, everyMs: number, until: (heard: WallMeter[], lines: string[]) => boolean) {
  const { log, lines } = collectLog();
  const heard: WallMeter[] = [];
  const command = new PowerCommand({
    command: [process.execPath, '-e', script, folder],
    everyMs,
    log,
    onReading: (reading) => void heard.push(reading),
  });
  command.start();
  for (const end = Date.now() + 15_000; !until(heard, lines) && Date.now() < end;)
    await new Promise((resolve) => setTimeout(resolve, 10));
  command.close();
  return { heard, lines };
}

test('a power command is run again and again, and what it prints is read', async () => {
  const { heard } = await listen('process.stdout.write("87.5")', 50, (readings) => readings.length >= 2);
  expect(heard[0]).toEqual({ watts: 87.5, wattHours: null, boundary: 'wall' });
});

test('one that fails, or prints no reading, is told of once; it is told when it works again', async () => {
  // The fourth time it works.
  const script =
    'const fs=require("fs");const f=process.argv[1]+"/n";const n=fs.existsSync(f)?+fs.readFileSync(f):0;fs.writeFileSync(f,String(n+1));if(n===0)process.exit(3);process.stdout.write(n<4?"off":"5")';
  const { heard, lines } = await listen(script, 1, (readings) => readings.length > 0);
  expect(heard).toEqual([{ watts: 5, wattHours: null, boundary: 'wall' }]);
  expect(lines.filter((line) => line.includes('the power command fails'))).toHaveLength(1);
  expect(lines.at(-1)).toContain('the power command works again');
});

test('a program that is not there is told as such', async () => {
  const { log, lines } = collectLog();
  const command = new PowerCommand({ command: ['no-such-meter'], everyMs: 1, log, onReading: () => undefined });
  command.start();
  for (const end = Date.now() + 10_000; lines.length === 0 && Date.now() < end;)
    await new Promise((resolve) => setTimeout(resolve, 5));
  command.close();
  expect(lines[0]).toContain('there is no such program');
});

test('a damaged energy file counts as none and is told; days that are too many are left', async () => {
  const { log, lines } = collectLog();
  writeFileSync(join(folder, 'energy.json'), '{"days":{"2026-11-27":{"workMicroWh":-1}}}');
  const file = await EnergyFile.open(folder, log);
  expect(file.list()).toEqual([]);
  expect(lines[0]).toContain('cannot be read');
  for (let day = 0; day < 70; day += 1) file.add(nameDay(Date.UTC(2026, 0, 1 + day, 12)), { workMicroWh: day });
  await file.write();
  const again = await EnergyFile.open(folder, log);
  expect(again.list()).toHaveLength(62);
  expect(again.list().at(-1)?.[1]).toEqual({ workMicroWh: 69, claimedMicroWh: 0, idleMicroWh: 0 });
});
