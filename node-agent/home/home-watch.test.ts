import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DayCounts } from './day-counts.ts';
import type { Ruled } from './decide-standing.ts';
import type { GpuReading, GpuSource } from './gpu-reading.ts';
import { NO_READINGS } from './home-signals.ts';
import type { Readings } from './home-signals.ts';
import { HomeWatch } from './home-watch.ts';
import type { Standing } from './home-watch.ts';
import { defaultRules } from './lending-rules.ts';
import { MachineSignals } from './machine-signals.ts';
import { PauseBoard } from './pause-board.ts';
import { RulesFile } from './rules-file.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const T0 = new Date('2026-11-27T12:00:00').getTime();
let folder = '';
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'irori-watch-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A watch whose seconds and signals a test makes; its rules reach the board as the agent lets them. */
async function open() {
  let seconds = 0;
  let readings: Readings = NO_READINGS;
  const board = new PauseBoard(
    () => undefined,
    () => T0 + seconds * 1000,
  );
  const rules = await RulesFile.open(folder, log, defaultRules(16 * 2 ** 30));
  const onRuled = vi.fn((now: readonly Ruled[]) => {
    for (const reason of ['exclusive-app', 'battery', 'job-limit', 'gpu-in-use', 'schedule'] as const)
      board.set(
        reason,
        now.some((one) => one.reason === reason && one.stage !== 'eco'),
      );
  });
  const facts = { running: 0, ownerUntilAt: null as number | null };
  const watch = new HomeWatch({
    source: { readings: () => readings, start: () => undefined, close: () => undefined },
    clock: { steadyMs: () => seconds * 1000, wallAt: () => T0 + seconds * 1000 },
    rules,
    counts: await DayCounts.open(folder, log),
    board,
    owns: (pid) => pid === 1,
    running: () => facts.running,
    ownerUntilAt: () => facts.ownerUntilAt,
    onRuled,
    onLook: () => undefined,
    lookMs: 1e9,
  });
  const play = (change: Partial<Readings>, forS = 1): Standing => {
    readings = { ...readings, ...change };
    for (let i = 0; i < forS; i++) {
      seconds += 1;
      watch.look();
    }
    return watch.standing();
  };
  return { watch, board, rules, facts, onRuled, play };
}

const portal = { pid: 9, name: 'portal2', path: '/games/steamapps/common/Portal 2/portal2' };

test('a home of which nothing is known is full, since it began', async () => {
  const { play } = await open();
  expect(play({}, 3)).toEqual({ level: 'full', reason: null, sinceAt: T0, untilAt: null, all: [] });
});

test('a game and a battery stand side by side, the told one first; each is told once and both at their end', async () => {
  const { watch, play, onRuled } = await open();
  const heard: string[] = [];
  watch.onChange(({ level, all }) => void heard.push(`${level} ${all.map(({ reason }) => reason).join()}`));
  play({});
  play({ apps: [portal] }, 5);
  const both = play({ battery: { isOnBattery: true, chargePercent: 50 } }, 5);
  expect(both).toMatchObject({ level: 'off', reason: 'exclusive-app', sinceAt: T0 + 2000 });
  expect(both.all.map(({ reason, detail }) => [reason, detail])).toEqual([
    ['exclusive-app', 'portal2'],
    ['battery', '50 %'],
  ]);
  play({ apps: [], battery: { isOnBattery: false, chargePercent: 50 } }, 200);
  expect(heard).toEqual(['off exclusive-app', 'off exclusive-app,battery', 'off exclusive-app', 'full ']);
  expect(onRuled).toHaveBeenCalledTimes(4);
});

test('the owner’s own pause stands with its end, before what the machine says', async () => {
  const { board, facts, play } = await open();
  play({ battery: { isOnBattery: true, chargePercent: null } });
  board.set('owner', true);
  facts.ownerUntilAt = T0 + 60_000;
  expect(play({})).toMatchObject({ level: 'off', reason: 'owner', untilAt: T0 + 60_000 });
});

test('a rule that the owner changes counts with the next look, also for programs that run already', async () => {
  const { rules, play } = await open();
  const blender = { pid: 8, name: 'blender', path: null };
  expect(play({ apps: [blender] }).level).toBe('full');
  await rules.write({ apps: { eco: ['blender'] } });
  expect(play({})).toMatchObject({ level: 'eco', reason: 'exclusive-app' });
  await rules.write({ apps: { pause: ['blender'] } });
  expect(play({})).toMatchObject({ level: 'off', reason: 'exclusive-app' });
  await rules.write({
    apps: { pause: [], eco: [] },
    quietS: 1,
    schedule: { week: { fri: [{ from: '12:00', to: '13:00', level: 'off' }] } },
  });
  expect(play({}, 2)).toMatchObject({ level: 'off', reason: 'schedule', untilAt: T0 + 3_600_000 });
});

test('jobs that run count for the day’s limit, so that it is never passed', async () => {
  const { rules, facts, play } = await open();
  await rules.write({ jobs: { perDay: 2 } });
  facts.running = 1;
  expect(play({}).level).toBe('full');
  facts.running = 2;
  expect(play({})).toMatchObject({ reason: 'job-limit', untilAt: new Date('2026-11-28T00:00:00').getTime() });
});

test('what the card does while jobs run here, and just after, is not held against its owner', async () => {
  const { facts, play } = await open();
  const card: GpuReading = {
    index: 0,
    name: 'RTX',
    utilisation: 99,
    memoryUsedBytes: 9,
    memoryTotalBytes: 12,
    temperatureC: 60,
    powerW: 200,
    energyMJ: null,
    fanPercent: null,
    processes: [{ pid: 1, usedBytes: 8 }],
  };
  facts.running = 1;
  expect(play({ gpus: [card] }, 30).level).toBe('full');
  facts.running = 0;
  expect(play({}, 3).level).toBe('full');
});

test('cards that were there and fall silent are unknown; a machine without any has none', () => {
  let cards: GpuReading[] = [];
  const gpus: GpuSource = { now: () => cards, onReading: () => () => undefined };
  const machine = new MachineSignals({ platform: 'linux', folder, gpus, wantsInput: () => false });
  expect(machine.readings().gpus).toEqual([]);
  cards = [{ ...({ index: 0, name: 'RTX' } as GpuReading) }];
  expect(machine.readings().gpus).toHaveLength(1);
  cards = [];
  expect(machine.readings().gpus).toBeNull();
});

test('this machine says something of itself, and what it cannot say is unknown', async () => {
  const machine = new MachineSignals({ platform: process.platform, folder, gpus: null, wantsInput: () => true });
  machine.start(() => undefined);
  await vi.waitFor(() => expect(machine.readings().memory?.totalBytes).toBeGreaterThan(0), 10_000);
  await vi.waitFor(() => expect(machine.readings().diskFreeBytes).toBeGreaterThan(0), 10_000);
  expect(machine.readings().gpus).toBeNull();
  machine.close();
});
