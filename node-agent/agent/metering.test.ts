import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GpuReading, GpuSource } from '../home/gpu-reading.ts';
import { collectLog } from '../test/collect-log.ts';
import { FakeBackend } from '../test/fake-backend.ts';
import { Metering } from './metering.ts';

let folder: string;
let metering: Metering;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'irori-metering-'));
});
afterEach(async () => {
  await metering.close();
  rmSync(folder, { recursive: true });
});

const CARD: GpuReading = {
  index: 0,
  name: 'NVIDIA GeForce RTX 3060',
  utilisation: 100,
  memoryUsedBytes: null,
  memoryTotalBytes: null,
  temperatureC: null,
  powerW: null,
  energyMJ: null,
  fanPercent: null,
  processes: null,
};

const NONE: GpuSource = { now: () => [], onReading: () => () => undefined };
const ONE: GpuSource = {
  now: () => [CARD],
  onReading: (listener) => {
    listener([CARD], 0);
    return () => undefined;
  },
};

async function open(urls: readonly string[], cards: GpuSource) {
  const servers = urls.map(() => Object.assign(new FakeBackend(async () => undefined), { isBuiltIn: false }));
  const builtIn = new FakeBackend(async () => undefined);
  metering = new Metering({
    config: { state: folder, backends: urls, powerCommand: null, powerEveryMs: 10_000, signals: null },
    log: collectLog().log,
    backends: [...servers, builtIn],
    cards,
    isLending: () => true,
    onChange: () => undefined,
  });
  const facts = { promptTokens: 10, promptTokensPerS: 1000 };
  const claim = (backend: FakeBackend): string => {
    const share = metering.begin(backend, facts);
    share.noteTokens(100_000);
    const until = performance.now() + 2;
    // Work takes some time.
    while (performance.now() < until);
    return share.claim(10).method;
  };
  return { servers, builtIn, claim };
}

test('a server of this machine computes on its card, also under the machine’s own address; one elsewhere is unknown; a built-in model is the processor’s', async () => {
  const [own = '127.0.0.1'] = Object.values(networkInterfaces())
    .flat()
    .flatMap((one) => (one?.family === 'IPv4' ? [one.address] : []));
  const urls = [
    'http://localhost:1',
    'http://[::1]:2',
    `http://${own}:3/v1`,
    'http://192.0.2.7:11434',
    'http://gpu-box.lan',
  ];
  const { servers, builtIn, claim } = await open(urls, ONE);
  await metering.start();
  expect(servers.map(claim)).toEqual(['estimated', 'estimated', 'estimated', 'unknown', 'unknown']);
  expect(claim(builtIn)).toBe('estimated');
  expect(metering.facts()).toMatchObject({ card: 'NVIDIA GeForce RTX 3060', method: 'estimated' });
});

test('before it has begun nothing is known, and what it learned is stored when it ends', async () => {
  const { builtIn, claim } = await open([], NONE);
  expect(claim(builtIn)).toBe('unknown');
  expect([metering.facts(), metering.status()]).toEqual([null, null]);
  await metering.start();
  expect(metering.status()).toMatchObject({ watts: null });
  claim(builtIn);
  await metering.close();
  expect(JSON.parse(readFileSync(join(folder, 'energy.json'), 'utf8'))).toHaveProperty('learned');
});
