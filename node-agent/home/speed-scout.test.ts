import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { err } from '../../schema/result.ts';
import { Slots } from './slots.ts';
import type { Backend } from '../backends/backend.ts';
import { collectLog } from '../test/collect-log.ts';
import { FakeBackend } from '../test/fake-backend.ts';
import { measureSpeed } from './speed-trial.ts';
import { ModelShelf } from './model-shelf.ts';
import { PauseBoard } from './pause-board.ts';
import { Prefetcher } from './prefetcher.ts';
import { SpeedFile } from './speed-file.ts';
import { SpeedScout } from './speed-scout.ts';

const { log, lines } = collectLog();
let folder = '';
let file: SpeedFile;
const now = (): number => 5;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'irori-scout-'));
  file = await SpeedFile.open(folder, 'v', 0, log);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Answers `tokens` tokens, 5 ms apart, after 40 ms. */
function talker(tokens: number): FakeBackend {
  return new FakeBackend(async (_job, sink, signal) => {
    await sleep(40);
    for (let i = 0; i < tokens && !signal.aborted; i++) {
      await sink({ text: 'x', tokens: 1 });
      await sleep(5);
    }
    return { promptTokens: 100 };
  });
}

async function open(backend: Backend): Promise<{ shelf: ModelShelf; slots: Slots<Backend>; pause: PauseBoard }> {
  const shelf = new ModelShelf({
    backends: [backend],
    choice: { names: null },
    slots: null,
    paceTokensPerS: 0,
    log,
    onChange: () => undefined,
  });
  await shelf.look();
  const slots = new Slots<Backend>(() => undefined);
  slots.setLimits(shelf.limits, shelf.slots);
  return { shelf, slots, pause: new PauseBoard(() => undefined) };
}

describe('a measurement', () => {
  test('gives the pace of prompt and answer', async () => {
    const speed = await measureSpeed(talker(20), 'fake', { maxTokens: 20, limitMs: 2000 });
    expect(speed?.decodeTokensPerS).toBeGreaterThan(20);
    expect(speed?.decodeTokensPerS).toBeLessThanOrEqual(250);
    expect(speed?.promptTokensPerS).toBeGreaterThan(100);
    expect(speed?.promptTokensPerS).toBeLessThan(3500);
  });

  test('of too few tokens, or of a run that failed, is none', async () => {
    expect(await measureSpeed(talker(3), 'fake', { maxTokens: 3, limitMs: 2000 })).toBeNull();
    const failing = new FakeBackend(async () => ({ reason: 'error' as const }));
    expect(await measureSpeed(failing, 'fake', { maxTokens: 3, limitMs: 2000 })).toBeNull();
  });

  test('ends at its limit', async () => {
    const speed = await measureSpeed(talker(100_000), 'fake', { maxTokens: 100_000, limitMs: 150 });
    expect(speed).not.toBeNull();
  });
});

describe('the scout', () => {
  const findGpu = async () => ({ name: 'NVIDIA GeForce RTX 4090', memoryBytes: 24e9 });

  test('loads and measures the built-in model, in a slot of its own', async () => {
    const backend = talker(20);
    const { shelf, slots, pause } = await open(backend);
    const before = shelf.offered[0]?.promptTokensPerS;
    const run = new SpeedScout({ shelf, slots, pause, choice: 'built-in', findGpu, file, now, log }).run();
    await sleep(20);
    expect(slots.running).toBe(1);
    await run;
    expect([slots.running, backend.loaded]).toEqual([0, ['fake']]);
    expect(shelf.offered[0]?.promptTokensPerS).not.toBe(before);
  });

  test('tells of a model that does not load, and of one whose run says nothing', async () => {
    const backend = talker(1);
    const { shelf, slots, pause } = await open(backend);
    const scout = new SpeedScout({ shelf, slots, pause, choice: 'built-in', findGpu, file, now, log });
    await scout.run();
    expect(lines.at(-1)).toMatch(/could not be measured.* model=fake/);
    backend.load = async () => err('The runtime is missing.');
    await scout.run();
    expect(lines.at(-1)).toMatch(/could not be loaded model=fake/);
    expect(backend.jobs).toHaveLength(1);
  });

  test('does not measure again what an earlier start measured', async () => {
    const backend = talker(20);
    const { shelf, slots, pause } = await open(backend);
    await file.save('ab'.repeat(32), { promptTokensPerS: 5, decodeTokensPerS: 5 }, 1);
    await new SpeedScout({ shelf, slots, pause, choice: 'built-in', findGpu, file, now, log }).run();
    expect([backend.jobs, backend.loaded]).toEqual([[], []]);
  });

  test("runs nothing of a server's without its owner's word, and still learns the card's name", async () => {
    const server = Object.assign(talker(20), { isBuiltIn: false });
    const { shelf, slots, pause } = await open(server);
    await new SpeedScout({ shelf, slots, pause, choice: 'built-in', findGpu, file, now, log }).run();
    expect(server.jobs).toEqual([]);
    expect(shelf.offered[0]?.decodeTokensPerS).toBe(120);
    await new SpeedScout({ shelf, slots, pause, choice: 'all', findGpu, file, now, log }).run();
    expect([server.jobs.length, server.loaded]).toEqual([1, []]);
    server.facts = { loadMs: 900 };
    file = await SpeedFile.open(folder, 'another version', 0, log);
    await shelf.refresh();
    await new SpeedScout({ shelf, slots, pause, choice: 'all', findGpu, file, now, log }).run();
    expect(server.jobs.length).toBe(1);
  });

  test('gives way to jobs, to a pause, and to an owner who wants none of it', async () => {
    const backend = talker(20);
    const { shelf, slots, pause } = await open(backend);
    await new SpeedScout({ shelf, slots, pause, choice: 'none', findGpu, file, now, log }).run();
    const releases = [slots.take(backend), slots.take(backend)];
    await new SpeedScout({ shelf, slots, pause, choice: 'built-in', findGpu, file, now, log }).run();
    for (const release of releases) release?.();
    pause.set('owner', true);
    await new SpeedScout({ shelf, slots, pause, choice: 'built-in', findGpu, file, now, log }).run();
    expect(backend.jobs).toEqual([]);
  });
});

describe('a prefetch hint', () => {
  test('loads a model that is offered and not in memory, once a minute at most, and tells', async () => {
    const backend = talker(1);
    backend.facts = { loadMs: 700 };
    const { shelf } = await open(backend);
    let now = 0;
    let mayLoad = false;
    const prefetcher = new Prefetcher({ shelf, mayLoad: () => mayLoad, log, now: () => now });
    await prefetcher.hint('fake');
    expect(backend.loaded).toEqual([]);
    mayLoad = true;
    await prefetcher.hint('unknown');
    expect(backend.loaded).toEqual([]);
    await prefetcher.hint('fake');
    await prefetcher.hint('fake');
    expect(backend.loaded).toEqual(['fake']);
    now = 60_000;
    backend.facts = {};
    await prefetcher.hint('fake');
    expect(backend.loaded).toEqual(['fake', 'fake']);
    expect(shelf.find('fake')).toMatchObject({ ok: true, value: { loadMs: 0 } });
    now = 120_000;
    await prefetcher.hint('fake');
    expect(backend.loaded).toHaveLength(2);
  });
});
