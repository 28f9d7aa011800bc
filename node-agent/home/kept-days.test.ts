import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync, appendFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DayCounts } from './day-counts.ts';
import { DayStrip } from './day-strip.ts';
import { defaultRules } from './lending-rules.ts';
import { openPauseFile } from './owner-pause.ts';
import { OWN_PID, PlayedSignals } from './played-signals.ts';
import { RulesFile } from './rules-file.ts';

let folder = '';
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'irori-days-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const warnings: string[] = [];
const log = {
  info: () => undefined,
  warn: (event: string, fields: unknown) => void warnings.push(`${event} ${JSON.stringify(fields)}`),
  error: () => undefined,
};
afterEach(() => void warnings.splice(0));

const T0 = new Date('2026-11-28T10:00:00').getTime();
const MINUTE = 60_000;

describe('the strip of the day', () => {
  const words = (strip: DayStrip): string[] =>
    strip
      .list()
      .map(({ from, to, word }) => `${Math.round((from - T0) / MINUTE)}-${Math.round((to - T0) / MINUTE)} ${word}`);

  test('joins minutes that say the same; work counts for its minute however short', async () => {
    const strip = await DayStrip.open(folder, T0, log);
    for (let s = 0; s < 300; s += 10) strip.note(s === 130 ? 'busy' : s < 240 ? 'idle' : 'battery', T0 + s * 1000);
    expect(words(strip)).toEqual(['0-2 idle', '2-3 busy', '3-4 idle', '4-5 battery']);
  });

  test('a gap is a machine that slept, and one over a restart is an agent that did not run', async () => {
    const strip = await DayStrip.open(folder, T0, log);
    strip.note('idle', T0);
    strip.note('idle', T0 + 30 * MINUTE);
    strip.note('idle', T0 + 31 * MINUTE);
    await strip.flush();
    const next = await DayStrip.open(folder, T0 + 50 * MINUTE, log);
    expect(words(next)).toEqual(['0-1 idle', '1-30 asleep', '30-31 idle', '31-50 stopped']);
  });

  test('holds a day and no more', async () => {
    const strip = await DayStrip.open(folder, T0, log);
    for (let m = 0; m < 1600; m++) strip.note(m % 2 === 0 ? 'idle' : 'busy', T0 + m * MINUTE);
    expect(strip.list().length).toBeLessThanOrEqual(1441);
  });

  test('a damaged file counts as none', async () => {
    writeFileSync(join(folder, 'day-strip.json'), '{"spans":7}');
    expect((await DayStrip.open(folder, T0, log)).list()).toEqual([]);
    expect(warnings).toHaveLength(1);
  });
});

test('counts of a day outlive a restart and begin anew at local midnight', async () => {
  const counts = await DayCounts.open(folder, log);
  counts.add({ bytes: 100, jobs: 2 }, T0);
  counts.add({ bytes: 0, jobs: 0 }, T0);
  await counts.flush();
  const next = await DayCounts.open(folder, log);
  next.add({ bytes: 1, jobs: 1 }, T0 + MINUTE);
  expect(next.now(T0)).toMatchObject({ bytes: 101, jobs: 3 });
  expect(next.now(T0 + 86_400_000)).toEqual({ bytes: 0, jobs: 0 });
});

describe('the rules’ file', () => {
  const defaults = defaultRules(16 * 2 ** 30);

  test('what is not named keeps its default, and a change is kept', async () => {
    const file = await RulesFile.open(folder, log, defaults);
    expect(file.rules).toEqual(defaults);
    expect(await file.write({ heat: { maxC: 70 }, quietS: 30 })).toMatchObject({
      ok: true,
      value: { heat: { maxC: 70, backC: 8 }, quietS: 30 },
    });
    expect(await file.write({ heat: { backC: 5 } })).toMatchObject({
      ok: true,
      value: { heat: { maxC: 70, backC: 5 } },
    });
    expect((await RulesFile.open(folder, log, defaults)).patch).toEqual({ heat: { maxC: 70, backC: 5 }, quietS: 30 });
  });

  test('what cannot be used is refused with its place, and changes nothing', async () => {
    const file = await RulesFile.open(folder, log, defaults);
    expect(await file.write({ heat: { maxC: 'hot' } })).toMatchObject({
      ok: false,
      error: expect.stringContaining('heat.maxC'),
    });
    expect(await file.write({ heatt: {} })).toMatchObject({ ok: false, error: expect.stringContaining('heatt') });
    expect(existsSync(join(folder, 'rules.json'))).toBe(false);
  });

  test('a folder in which nothing can be kept is told', async () => {
    const file = await RulesFile.open(join(folder, 'missing'), log, defaults);
    expect(await file.write({ quietS: 5 })).toMatchObject({
      ok: false,
      error: expect.stringContaining('could not be kept'),
    });
  });

  test.each(['{', '{"quietS":"long"}', '[]'])(
    'a file that holds %s leaves the rules as they were, and is told',
    async (text) => {
      const file = await RulesFile.open(folder, log, defaults);
      await file.write({ quietS: 7 });
      writeFileSync(join(folder, 'rules.json'), text);
      expect(await file.reload()).toBe(false);
      expect(file.rules.quietS).toBe(7);
      expect(warnings[0]).toContain('rules.json cannot be used');
    },
  );

  test('an owner’s edit is taken without a restart', async () => {
    vi.useFakeTimers();
    const file = await RulesFile.open(folder, log, defaults);
    const changed = new Promise<void>((resolve) => file.watch(resolve));
    writeFileSync(join(folder, 'rules.json'), '{"quietS":9}');
    utimesSync(join(folder, 'rules.json'), 1, 1);
    vi.advanceTimersByTime(2100);
    vi.useRealTimers();
    await changed;
    expect(file.rules.quietS).toBe(9);
    file.close();
  });
});

test('the owner’s pause is kept, and a damaged file is none', async () => {
  const { kept, keep } = await openPauseFile(folder, log);
  expect(kept).toBeNull();
  await keep({ untilAt: 5 });
  expect(readFileSync(join(folder, 'owner-pause.json'), 'utf8')).toContain('5');
  expect((await openPauseFile(folder, log)).kept).toEqual({ untilAt: 5 });
  writeFileSync(join(folder, 'owner-pause.json'), '{"untilAt":"soon"}');
  expect((await openPauseFile(folder, log)).kept).toBeNull();
});

describe('played signals', () => {
  const path = (): string => join(folder, 'signals.jsonl');

  test('are heard as they are added, each at its time, with cards for whoever watches them', async () => {
    writeFileSync(path(), '{"speed":1000,"wallAt":1000}\n{"atMs":0,"set":{"inputIdleS":5}}\n');
    const opened = PlayedSignals.open(path());
    if (!opened.ok) throw new Error(opened.error);
    const played = opened.value;
    expect(played.readings()).toMatchObject({ inputIdleS: 5, gpus: null });
    const heard = vi.fn();
    const out = played.gpus.onReading(heard);
    const changed = new Promise<void>((resolve) => played.start(resolve));
    appendFileSync(
      path(),
      `no signal\n{"atMs":0,"set":{"gpus":[{"utilisation":7,"processes":[{"pid":${OWN_PID},"usedBytes":3}]}]}}\n`,
    );
    await changed;
    expect(played.readings().inputIdleS).toBe(5);
    expect(played.gpus.now()).toMatchObject([
      { index: 0, utilisation: 7, temperatureC: null, processes: [{ pid: process.pid }] },
    ]);
    expect(heard).toHaveBeenCalledTimes(1);
    expect(played.wallAt()).toBeGreaterThan(1000);
    out();
    played.close();
  });

  test('a file that is not there, or holds what is no signal, is told', () => {
    expect(PlayedSignals.open(path())).toMatchObject({ ok: false });
    writeFileSync(path(), '{"atMs":0,"set":{"weather":"fine"}}\n');
    expect(PlayedSignals.open(path())).toMatchObject({ ok: false, error: expect.stringContaining('no signal') });
  });
});
