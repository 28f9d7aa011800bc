import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { collectLog } from '../test/collect-log.ts';
import { GPU_PACE, GpuWatch } from './gpu-watch.ts';
import type { LineHearers } from './line-process.ts';

interface FakeChild {
  readonly args: readonly string[];
  readonly hearers: LineHearers;
  isKilled: boolean;
}

let children: FakeChild[] = [];
let nowMs = 0;
let apps = '';
let watch: GpuWatch;
const { log, lines } = collectLog();
const LINE = '0, 1, GPU-1, 97, 100, 1000, 71, 362.41, 450.00, 62, 5000, NVIDIA GeForce RTX 4090';

beforeEach(() => {
  vi.useFakeTimers();
  children = [];
  lines.length = 0;
  nowMs = 0;
  apps = '';
});

afterEach(() => {
  watch.close();
  vi.useRealTimers();
});

function open(platform: NodeJS.Platform = 'win32'): GpuWatch {
  watch = new GpuWatch({
    platform,
    log,
    now: () => nowMs,
    ask: async () => apps,
    start: (_, args, hearers) => {
      const child: FakeChild = { args, hearers, isKilled: false };
      children.push(child);
      return { kill: () => void (child.isKilled = true) };
    },
  });
  watch.start();
  return watch;
}

const last = (): FakeChild => children.at(-1) ?? ({} as FakeChild);

test('one child tells of every card; a look is told once all cards are in it', () => {
  const heard: number[] = [];
  open().onReading((readings) => void heard.push(readings.length));
  expect(last().args).toContain(`--loop-ms=${GPU_PACE.restMs}`);
  last().hearers.onLine(LINE.replace('0, 1,', '0, 2,'));
  expect(watch.now()).toEqual([]);
  last().hearers.onLine(LINE.replace('0, 1,', '1, 2,'));
  expect(watch.now()).toMatchObject([
    { index: 0, powerW: 362.41, energyMJ: 5000 },
    { index: 1, temperatureC: 71 },
  ]);
  // The second is lost: the next look begins with the first again.
  last().hearers.onLine(LINE.replace('0, 1,', '0, 2,'));
  last().hearers.onLine(LINE.replace('0, 1,', '0, 2,'));
  expect(watch.now()).toHaveLength(1);
  expect(heard).toEqual([2, 1]);
});

test('who holds memory stands beside each card once it has been asked', async () => {
  apps = 'GPU-1, 4711, 64\nGPU-2, 1, 1';
  open();
  last().hearers.onLine(LINE);
  expect(watch.now()[0]?.processes).toBeNull();
  await vi.advanceTimersByTimeAsync(1);
  last().hearers.onLine(LINE);
  expect(watch.now()[0]?.processes).toEqual([{ pid: 4711, usedBytes: 64 * 1024 * 1024 }]);
});

test('a field that the driver does not know is left out at once', () => {
  open();
  expect(last().args[0]).toContain(',total_energy_consumption,');
  const output = 'Field "total_energy_consumption" is not a valid field to query.';
  last().hearers.onEnd({ isAbsent: false, output });
  expect(children).toHaveLength(2);
  expect(last().args[0]).not.toContain('total_energy_consumption');
  last().hearers.onLine('0, 1, GPU-1, 97, 100, 1000, 71, 362.41, 450.00, 62, card');
  expect(watch.now()).toMatchObject([{ name: 'card', energyMJ: null }]);
});

test('a machine without nvidia-smi is not asked again', async () => {
  open();
  last().hearers.onEnd({ isAbsent: true, output: '' });
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(children).toHaveLength(1);
});

test('a child that dies is started again, later each time, and the owner is told once', async () => {
  open();
  last().hearers.onLine(LINE);
  for (const waitMs of [1000, 2000, 4000]) {
    last().hearers.onEnd({ isAbsent: false, output: 'driver is gone' });
    const before = children.length;
    await vi.advanceTimersByTimeAsync(waitMs - 1);
    expect(children).toHaveLength(before);
    await vi.advanceTimersByTimeAsync(1);
    expect(children).toHaveLength(before + 1);
  }
  expect(lines.filter((line) => line.includes('nvidia-smi ended'))).toHaveLength(1);
  nowMs = 16_000;
  expect(watch.now()).toEqual([]);
  last().hearers.onLine(LINE);
  expect(watch.now()).toHaveLength(1);
});

test('a child that falls silent is ended and started again', async () => {
  open();
  last().hearers.onLine(LINE);
  const [first] = children;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(first?.isKilled).toBe(true);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(children).toHaveLength(2);
});

test('while jobs run it looks more often; closed, it ends its child', () => {
  open();
  watch.pace(GPU_PACE.workMs);
  watch.pace(GPU_PACE.workMs);
  expect(children.map(({ args, isKilled }) => [args.at(-1), isKilled])).toEqual([
    ['--loop-ms=2000', true],
    ['--loop-ms=1000', false],
  ]);
  watch.close();
  expect(last().isKilled).toBe(true);
});

test('on a Mac ioreg is asked, and nothing of NVIDIA’s', async () => {
  apps = readFileSync(new URL('samples/ioreg-m4-max.txt', import.meta.url), 'utf8');
  open('darwin');
  await vi.advanceTimersByTimeAsync(1);
  expect(watch.now()).toMatchObject([{ name: 'Apple M4 Max', utilisation: 16, powerW: null }]);
  expect(children).toEqual([]);
});

test('AMD’s cards are read from /sys', async () => {
  vi.useRealTimers();
  const root = mkdtempSync(join(tmpdir(), 'irori-drm-'));
  const text = readFileSync(new URL('samples/amd-rx-7900.json', import.meta.url), 'utf8');
  for (const [name, value] of Object.entries(JSON.parse(text) as Record<string, string>)) {
    const path = join(root, 'card1', 'device', name.replace('hwmon/', 'hwmon/hwmon4/'));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, value);
  }
  mkdirSync(join(root, 'card1-HDMI-A-1'));
  const ids = new URL('samples/amdgpu.ids', import.meta.url).pathname;
  watch = new GpuWatch({
    platform: 'linux',
    log,
    now: () => 0,
    start: () => ({ kill: () => undefined }),
    sysfs: { root, ids },
  });
  const heard = new Promise((resolve) => void watch.onReading(resolve));
  watch.start();
  expect(await heard).toMatchObject([{ index: 1, name: 'AMD Radeon RX 7900 XTX', powerW: 311, utilisation: 93 }]);
  rmSync(root, { recursive: true });
});
