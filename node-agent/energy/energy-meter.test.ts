import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MICRO_WH_PER_JOULE } from '../../schema/energy.ts';
import type { EnergyClaim } from '../../schema/energy.ts';
import type { GpuReading } from '../home/gpu-reading.ts';
import { collectLog } from '../test/collect-log.ts';
import { EnergyFile, nameDay } from './energy-file.ts';
import { EnergyMeter } from './energy-meter.ts';
import type { WorkPlace } from './energy-meter.ts';
import type { WorkShare } from './job-share.ts';
import type { HostMeter } from './meter-reading.ts';

const REST_W = 25;
const EFFICIENCY = 0.88;
const HOST_W = 15;
const DAY_AT = new Date(2026, 10, 27, 12).getTime();
const { log } = collectLog();

let folder: string;
let meters: (() => void)[] = [];

beforeEach(() => {
  // What timers would do the tests do themselves.
  vi.useFakeTimers({ toFake: ['setInterval', 'setTimeout'] });
  folder = mkdtempSync(join(tmpdir(), 'irori-energy-'));
  meters = [];
});

afterEach(() => {
  for (const close of meters) close();
  rmSync(folder, { recursive: true });
  vi.useRealTimers();
});

interface Wish {
  readonly place?: WorkPlace;
  readonly wallEveryMs?: number;
  readonly hasHost?: boolean;
}

/** A machine under a clock that the test moves: a card whose driver tells a power and, as wished, a counter. */
async function openMachine(wish: Wish = {}) {
  const file = await EnergyFile.open(folder, log);
  const machine = {
    file,
    nowMs: 1000,
    hostMicroJ: 0,
    ownMs: 0,
    busyMs: 0,
    inputIdleS: null as number | null,
    worked: [] as boolean[],
    changes: 0,
    meter: null as unknown as EnergyMeter,
    day: () => file.day(nameDay(DAY_AT)),
    begin: (promptTokens = 100): WorkShare =>
      machine.meter.begin(wish.place ?? 'card', { promptTokens, promptTokensPerS: 1000 }),
    card: (powerW: number | null, change: Partial<GpuReading> = {}) =>
      machine.meter.noteCards([reading(powerW, change)]),
    /** So many seconds of rest, a reading each. */
    rest: (seconds = 30) => {
      for (let i = 0; i < seconds; i += 1) {
        machine.nowMs += 1000;
        machine.card(REST_W);
      }
    },
  };
  const host = { isThere: wish.hasHost === true, read: (): HostMeter | null => readHost() };
  const readHost = (): HostMeter | null =>
    wish.hasHost === true ? { microJ: machine.hostMicroJ, rangeMicroJ: 1e12 } : null;
  machine.meter = new EnergyMeter({
    cards: { now: () => [], onReading: () => () => undefined },
    host,
    readOwnMs: () => machine.ownMs,
    readBusyMs: () => machine.busyMs,
    file,
    now: () => machine.nowMs,
    dateNow: () => DAY_AT,
    wallEveryMs: wish.wallEveryMs ?? null,
    places: [wish.place ?? 'card'],
    inputIdleS: () => machine.inputIdleS,
    isLending: () => true,
    onWork: (isWorking) => void machine.worked.push(isWorking),
    onChange: () => void (machine.changes += 1),
  });
  meters.push(machine.meter.start());
  return machine;
}

function reading(powerW: number | null, change: Partial<GpuReading> = {}): GpuReading {
  return {
    index: 0,
    name: 'NVIDIA GeForce RTX 4090',
    utilisation: 90,
    memoryUsedBytes: null,
    memoryTotalBytes: null,
    temperatureC: null,
    powerW,
    powerLimitW: 450,
    energyMJ: null,
    fanPercent: null,
    processes: null,
    ...change,
  };
}

const joulesOf = ({ microWh }: EnergyClaim): number => microWh / MICRO_WH_PER_JOULE;

test('a job over whole windows is given what its card took above rest, at the wall, with the tier of its meter', async () => {
  const machine = await openMachine();
  machine.rest();
  const job = machine.begin();
  for (let i = 0; i < 10; i += 1) {
    job.noteTokens(40);
    machine.nowMs += 1000;
    machine.card(325);
  }
  const claim = job.claim(100);
  expect(joulesOf(claim)).toBeCloseTo((10 * (300 + HOST_W)) / EFFICIENCY, 0);
  expect(claim.method).toBe('sampled');
  expect(claim.lowMicroWh / claim.microWh).toBeCloseTo(0.8, 2);
  expect(machine.worked).toEqual([true, false]);
  expect(machine.day().workMicroWh).toBeCloseTo(claim.microWh, -1);
  expect(machine.meter.facts()).toEqual({
    card: 'NVIDIA GeForce RTX 4090',
    idleW: 68.2,
    mostW: 450,
    method: 'sampled',
    isAwakeForWork: false,
  });
  expect(machine.meter.status()).toMatchObject({ method: 'sampled', todayClaimedMicroWh: claim.microWh });
  expect(machine.meter.status().watts).toBeCloseTo((325 + 35) / EFFICIENCY, 0);
});

test('jobs shorter than a window claim what such work has cost here, and together they stay at the meter', async () => {
  const machine = await openMachine();
  machine.rest();
  let claimedJ = 0;
  let meterJ = 0;
  for (let second = 0; second < 300; second += 1) {
    const count = second % 4;
    for (let i = 0; i < count; i += 1) {
      machine.nowMs += 50;
      const job = machine.begin(0);
      machine.nowMs += 100;
      job.noteTokens(10);
      claimedJ += joulesOf(job.claim(0));
    }
    machine.nowMs += 1000 - 150 * count;
    const powerW = REST_W + 60 * count;
    if (count > 0) meterJ += (powerW - REST_W + (HOST_W * 100 * count) / 1000) / EFFICIENCY;
    machine.card(powerW);
  }
  expect(claimedJ / meterJ).toBeGreaterThan(0.97);
  expect(claimedJ / meterJ).toBeLessThanOrEqual(1.001);
  expect(machine.day().workMicroWh / MICRO_WH_PER_JOULE / meterJ).toBeCloseTo(1, 3);
});

test('a driver’s counter is better than its power', async () => {
  const machine = await openMachine();
  machine.rest();
  machine.card(REST_W, { energyMJ: 1_000_000 });
  const job = machine.begin();
  for (const energyMJ of [1_200_000, 1_400_000]) {
    job.noteTokens(10);
    machine.nowMs += 1000;
    machine.card(300, { energyMJ });
  }
  const claim = job.claim(100);
  expect(claim.method).toBe('counter');
  expect(joulesOf(claim)).toBeCloseTo((2 * (200 - REST_W + HOST_W)) / EFFICIENCY, 0);
});

test('an owner’s meter at the wall is taken before all others, once it has been seen at rest', async () => {
  const machine = await openMachine({ wallEveryMs: 5000 });
  const wall = (watts: number) => {
    machine.nowMs += 5000;
    machine.card(200);
    machine.meter.noteWall({ watts, wattHours: null, boundary: 'wall' });
  };
  for (let i = 0; i < 5; i += 1) wall(70);
  expect(machine.meter.facts()).toMatchObject({ idleW: 70, method: 'wall' });
  const job = machine.begin();
  job.noteTokens(100);
  for (let i = 0; i < 2; i += 1) wall(370);
  const claim = job.claim(100);
  expect(claim.method).toBe('wall');
  // The first window's power is the mean of its ends.
  expect(joulesOf(claim)).toBeCloseTo(5 * 150 + 5 * 300, 0);
  expect(claim.highMicroWh / claim.microWh).toBeCloseTo(1.05, 2);
  expect(machine.meter.status().watts).toBe(370);
});

test('a counter of an owner’s meter that has not moved yet leaves the window open', async () => {
  const machine = await openMachine({ wallEveryMs: 10_000 });
  const count = (wattHours: number) => {
    machine.nowMs += 10_000;
    machine.meter.noteWall({ watts: null, wattHours, boundary: 'wall' });
  };
  for (const wattHours of [10, 10, 11, 11, 12, 12, 13]) count(wattHours);
  expect(machine.meter.facts().idleW).toBe(180);
  const job = machine.begin();
  job.noteTokens(10);
  for (const wattHours of [13, 15]) count(wattHours);
  expect(joulesOf(job.claim(0))).toBeCloseTo(2 * 3600 - 20 * 180, 0);
});

test('without any meter a known card’s work is estimated by its class, an unknown one’s is unknown', async () => {
  const machine = await openMachine();
  machine.card(null, { utilisation: 50 });
  expect(machine.meter.facts()).toMatchObject({ method: 'estimated', idleW: 68.2 });
  const job = machine.begin();
  machine.nowMs += 2000;
  job.noteTokens(100);
  const claim = job.claim(100);
  expect(claim.method).toBe('estimated');
  expect(joulesOf(claim)).toBeCloseTo((2 * (0.5 * (0.75 * 450 - 25) + HOST_W)) / EFFICIENCY, 0);
  machine.card(null, { name: 'Matrox G200' });
  const other = machine.begin();
  machine.nowMs += 2000;
  other.noteTokens(100);
  expect(other.claim(100)).toEqual({ microWh: 0, lowMicroWh: 0, highMicroWh: 0, method: 'unknown' });
  expect(machine.meter.facts()).toMatchObject({ method: 'unknown', idleW: null });
});

test('a built-in model is metered by the processor’s counter and its own processor time, to the moment its job ends', async () => {
  const machine = await openMachine({ place: 'cpu', hasHost: true });
  const pass = (ms: number, watts: number, ownMs: number, busyMs: number) => {
    machine.nowMs += ms;
    machine.hostMicroJ += watts * ms * 1000;
    machine.ownMs += ownMs;
    machine.busyMs += busyMs;
  };
  for (let i = 0; i < 5; i += 1) {
    pass(5000, 10, 0, 0);
    machine.meter.lookAtRest();
  }
  const job = machine.begin();
  pass(800, 60, 750, 1000);
  job.noteTokens(30);
  const claim = job.claim(10);
  expect(claim.method).toBe('counter');
  expect(joulesOf(claim)).toBeCloseTo((0.8 * 50 * 0.75) / EFFICIENCY, 1);
  expect(machine.meter.facts()).toMatchObject({ method: 'counter', idleW: 34.1 });
});

test('a model on another machine is unknown here', async () => {
  const machine = await openMachine({ place: 'elsewhere' });
  machine.rest();
  const job = machine.begin();
  job.noteTokens(5);
  expect(job.claim(5).method).toBe('unknown');
  job.end();
  expect(machine.meter.facts().method).toBe('unknown');
});

test('a job that ends without a receipt counts as work and is in no claim', async () => {
  const machine = await openMachine();
  machine.rest();
  const job = machine.begin();
  job.noteTokens(10);
  machine.nowMs += 1000;
  machine.card(325);
  job.end();
  job.end();
  expect(job.claim(1).method).toBe('unknown');
  expect(machine.day()).toMatchObject({ claimedMicroWh: 0 });
  expect(machine.day().workMicroWh).toBeGreaterThan(90_000);
});

test('a machine that is awake for the network only has its rest counted apart', async () => {
  const machine = await openMachine();
  machine.rest(60);
  machine.meter.everyMinute();
  expect(machine.day().idleMicroWh).toBe(0);
  const before = machine.changes;
  machine.inputIdleS = 900;
  machine.rest(60);
  machine.meter.everyMinute();
  expect(machine.meter.facts().isAwakeForWork).toBe(true);
  expect(machine.changes).toBe(before + 1);
  expect(machine.day().idleMicroWh).toBeCloseTo((68.2 * 1e6) / 60, 0);
  // A machine that slept drew nothing for it meanwhile.
  machine.nowMs += 7_200_000;
  machine.meter.everyMinute();
  expect(machine.day().idleMicroWh).toBeCloseTo((68.2 * 1e6 * 2.5) / 60, 0);
});

test('days and what was learned outlive a restart; another card is learned anew', async () => {
  const machine = await openMachine();
  machine.rest();
  const job = machine.begin();
  job.noteTokens(10);
  machine.nowMs += 1000;
  machine.card(325);
  const { microWh } = job.claim(100);
  await machine.meter.save();
  const again = await openMachine();
  expect(again.day().claimedMicroWh).toBe(microWh);
  again.card(REST_W);
  expect(again.meter.facts().idleW).toBe(68.2);
  again.card(REST_W, { name: 'NVIDIA GeForce RTX 3060' });
  again.card(REST_W, { name: 'NVIDIA GeForce RTX 3060' });
  expect(again.meter.facts().idleW).toBeCloseTo((15 + 35) / EFFICIENCY, 0);
});

/** A second of a machine's life: what its card draws, which jobs begin and end when, and whether its driver tells. */
const second = fc.record({
  loadW: fc.integer({ min: 40, max: 420 }),
  begins: fc.array(fc.nat(899), { maxLength: 3 }),
  ends: fc.array(fc.nat(899), { maxLength: 3 }),
  tokens: fc.integer({ min: 1, max: 60 }),
  sleepsMs: fc.oneof({ weight: 30, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(3_600_000) }),
  isCounterReset: fc.oneof({ weight: 30, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

test('whatever a machine lives through, its jobs are given what its meter saw, within a hundredth and one window', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(second, { minLength: 60, maxLength: 120 }), fc.boolean(), async (seconds, hasCounter) => {
      const machine = await openMachine();
      machine.rest(10);
      const jobs: WorkShare[] = [];
      let energyMJ = 5_000_000;
      let claimed = 0;
      let isAllKnown = true;
      machine.card(REST_W, hasCounter ? { energyMJ } : {});
      const live = (one: { loadW: number; begins: number[]; ends: number[]; tokens: number }) => {
        const from = machine.nowMs;
        const marks = [
          ...one.begins.map((ms) => ({ ms, isBegin: true })),
          ...one.ends.map((ms) => ({ ms, isBegin: false })),
        ];
        for (const { ms, isBegin } of marks.sort((a, b) => a.ms - b.ms)) {
          machine.nowMs = from + ms;
          if (isBegin && jobs.length < 6) jobs.push(machine.begin(ms));
          else if (!isBegin) {
            const claim = jobs.shift()?.claim(50);
            claimed += claim?.microWh ?? 0;
            isAllKnown &&= claim?.method !== 'unknown';
          }
          for (const job of jobs) job.noteTokens(one.tokens);
        }
        machine.nowMs = from + 1000;
        const watts = jobs.length > 0 || marks.length > 0 ? REST_W + one.loadW : REST_W;
        energyMJ += watts * 1000;
        machine.card(watts, hasCounter ? { energyMJ } : {});
      };
      for (const one of seconds) {
        if (one.sleepsMs > 0) machine.nowMs += one.sleepsMs;
        if (one.isCounterReset) energyMJ = 0;
        live(one);
      }
      // What the last windows held comes out in what is done next.
      for (let i = 0; i < 40; i += 1) live({ loadW: 200, begins: i === 0 ? [0] : [], ends: [], tokens: 20 });
      while (jobs.length > 0) live({ loadW: 200, begins: [], ends: [900], tokens: 20 });
      live({ loadW: 0, begins: [], ends: [], tokens: 0 });
      // Claims are off the meter by a hundredth at most, and by what the last windows held.
      const { workMicroWh, claimedMicroWh } = machine.day();
      expect(claimedMicroWh).toBe(claimed);
      const slack = 0.01 * workMicroWh + 500 * MICRO_WH_PER_JOULE;
      expect(claimed - workMicroWh).toBeLessThanOrEqual(slack);
      // A job of which too much went unseen claims nothing at all.
      expect(isAllKnown ? workMicroWh - claimed : 0).toBeLessThanOrEqual(slack);
    }),
    { numRuns: 40 },
  );
});
