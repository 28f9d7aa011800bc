import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readAmdCard } from './read-amd-card.ts';
import type { SysfsFiles } from './read-amd-card.ts';
import { readAppleGpus } from './read-apple-gpu.ts';
import { NVIDIA_FIELDS, readNvidiaProcesses, readNvidiaRow, readUnknownField } from './read-nvidia-cards.ts';

const FIELDS = NVIDIA_FIELDS.map(({ name }) => name);
const sample = (name: string): string => readFileSync(new URL(`samples/${name}`, import.meta.url), 'utf8');
const amd = JSON.parse(sample('amd-rx-7900.json')) as SysfsFiles;

test('a line of nvidia-smi is a card; what it does not know is null and never 0', () => {
  const [first = '', second = ''] = sample('nvidia-two-cards.csv').split('\n');
  expect(readNvidiaRow(first, FIELDS)).toEqual({
    count: 2,
    uuid: 'GPU-5f3c1b2a-9d10-4c44-8a6e-0d7c1f2e3a4b',
    reading: {
      index: 0,
      name: 'NVIDIA GeForce RTX 4090',
      utilisation: 97,
      memoryUsedBytes: 18211 * 1024 * 1024,
      memoryTotalBytes: 24564 * 1024 * 1024,
      temperatureC: 71,
      powerW: 362.41,
      powerLimitW: 450,
      energyMJ: 918_273_645,
      fanPercent: 62,
    },
  });
  expect(readNvidiaRow(second, FIELDS)?.reading).toMatchObject({
    index: 1,
    name: 'NVIDIA GeForce GTX 1080, rev. 2',
    utilisation: 0,
    powerW: null,
    powerLimitW: null,
    energyMJ: null,
    fanPercent: null,
  });
});

test.each([
  ['', 'nothing'],
  ['No devices were found', 'a sentence'],
  ['0, 1, GPU-1, 5', 'half a line'],
  ['x, 1, GPU-1, 5, 1, 1, 1, 1, 1, 1, 1, card', 'no index'],
  ['-1, 1, GPU-1, 5, 1, 1, 1, 1, 1, 1, 1, card', 'an index below 0'],
  ['0, 1, GPU-1, 5, 1, 1, 1, 1, 1, 1, 1, ', 'no name'],
])('%j is no card: %s', (line) => {
  expect(readNvidiaRow(line, FIELDS)).toBeNull();
});

test('a lost card keeps its name; numbers past what a card can have are unknown', () => {
  const lost = '0, 1, GPU-1, [GPU is lost], [GPU is lost], 8192, 999, 1e5, 99999, [Unknown Error], -3, card';
  expect(readNvidiaRow(lost, FIELDS)?.reading).toMatchObject({
    utilisation: null,
    memoryUsedBytes: null,
    temperatureC: null,
    powerW: null,
    powerLimitW: null,
    fanPercent: null,
    energyMJ: null,
  });
});

test('a name that would write on the owner’s screen is cleaned', () => {
  const [row] = [readNvidiaRow(`0, card\u001B[2J\u202Ename${'x'.repeat(200)}`, ['index', 'name'])];
  expect(row?.reading.name).toMatch(/^card \[2J namex+$/);
  expect(row?.reading.name).toHaveLength(80);
});

test('the field that a driver does not know is named by its complaint', () => {
  expect(readUnknownField('Field "total_energy_consumption" is not a valid field to query.\n')).toBe(
    'total_energy_consumption',
  );
  expect(readUnknownField('NVIDIA-SMI has failed because it could not communicate with the driver.')).toBeNull();
});

test('who holds memory is told by card; how much may be unknown', () => {
  const byCard = readNvidiaProcesses(`${sample('nvidia-compute-apps.csv')}[N/A]\n\n`);
  expect(byCard.get('GPU-5f3c1b2a-9d10-4c44-8a6e-0d7c1f2e3a4b')).toEqual([
    { pid: 4711, usedBytes: 17932 * 1024 * 1024 },
    { pid: 815, usedBytes: null },
  ]);
  expect(byCard.size).toBe(2);
});

test('an AMD card is read from its files, by its name in the list', () => {
  expect(readAmdCard(1, amd, sample('amdgpu.ids'))).toEqual({
    index: 1,
    name: 'AMD Radeon RX 7900 XTX',
    utilisation: 93,
    memoryUsedBytes: 17_179_869_184,
    memoryTotalBytes: 25_753_026_560,
    temperatureC: 64,
    powerW: 311,
    powerLimitW: 339,
    energyMJ: null,
    fanPercent: 40,
    processes: null,
  });
});

test('of an AMD card without files nothing is known but that it is there; newer kernels name its power otherwise', () => {
  const bare = readAmdCard(0, { vendor: '0x1002', device: '0x15e7' }, '');
  expect(bare).toMatchObject({ name: 'AMD graphics 15E7', utilisation: null, powerW: null, fanPercent: null });
  const files = {
    ...amd,
    'hwmon/power1_average': undefined,
    'hwmon/power1_input': '42000000',
    product_name: 'Pro W7900',
  };
  expect(readAmdCard(0, { ...files, 'hwmon/energy1_input': '5000000' }, '')).toMatchObject({
    name: 'Pro W7900',
    powerW: 42,
    energyMJ: 5000,
  });
  expect(readAmdCard(0, { ...amd, vendor: '0x8086' }, '')).toBeNull();
});

test('a Mac’s chip is read from ioreg: the exact keys, and no watts', () => {
  expect(readAppleGpus(sample('ioreg-m4-max.txt'), 64e9)).toEqual([
    {
      index: 0,
      name: 'Apple M4 Max',
      utilisation: 16,
      memoryUsedBytes: 2_363_801_600,
      memoryTotalBytes: 64e9,
      temperatureC: null,
      powerW: null,
      powerLimitW: null,
      energyMJ: null,
      fanPercent: null,
      processes: null,
    },
  ]);
  expect(readAppleGpus('', null)).toEqual([]);
  const odd = '+-o X\n "PerformanceStatistics" = {"Device Utilization %"=101,"In use system memory (driver)"=7}';
  expect(readAppleGpus(odd, null)).toMatchObject([
    { name: 'Apple graphics', utilisation: null, memoryUsedBytes: null },
  ]);
});
