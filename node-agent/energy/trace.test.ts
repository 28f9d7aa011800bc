import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MICRO_WH_PER_JOULE, UNKNOWN_ENERGY } from '../../schema/energy.ts';
import type { EnergyClaim } from '../../schema/energy.ts';
import type { GpuReading } from '../home/gpu-reading.ts';
import { NVIDIA_FIELDS, readNvidiaRow } from '../home/read-nvidia-cards.ts';
import { collectLog } from '../test/collect-log.ts';
import { EnergyFile } from './energy-file.ts';
import { EnergyMeter } from './energy-meter.ts';
import type { WorkShare } from './job-share.ts';

const FIELDS = NVIDIA_FIELDS.map(({ name }) => name).filter((name) => name !== 'uuid');
const REST_W = 24;
const EFFICIENCY = 0.88;
const HOST_W = 15;

interface Look {
  readonly atMs: number;
  readonly reading: GpuReading;
}

function readTrace(): Look[] {
  const text = readFileSync(new URL('../home/samples/nvidia-trace.csv', import.meta.url), 'utf8');
  return text.split('\n').flatMap((line) => {
    const [, ms = '', row = ''] = /^(\d+), (.+)$/.exec(line) ?? [];
    const read = readNvidiaRow(row, FIELDS);
    return read ? [{ atMs: Number(ms), reading: { ...read.reading, processes: null } }] : [];
  });
}

/** What happens beside the trace, ms from its start: three jobs, and 25 tokens of each running one every half second. */
const JOBS = [
  { begins: 10_300, ends: 31_700 },
  { begins: 18_200, ends: 26_900 },
  { begins: 41_350, ends: 41_750 },
];

/** Plays the trace against the meter; `hasCounter` false hides the card's counter, as most drivers do. */
async function play(hasCounter: boolean): Promise<{ claims: EnergyClaim[]; workJ: number }> {
  const file = await EnergyFile.open('/nonexistent-irori-folder', collectLog().log);
  let nowMs = 0;
  const meter = new EnergyMeter({
    cards: { now: () => [], onReading: () => () => undefined },
    host: { isThere: false, read: () => null },
    readOwnMs: () => 0,
    readBusyMs: () => null,
    file,
    now: () => nowMs,
    dateNow: () => 0,
    wallEveryMs: null,
    places: ['card'],
    inputIdleS: () => null,
    isLending: () => true,
    onWork: () => undefined,
    onChange: () => undefined,
  });
  const running = new Map<number, WorkShare>();
  const claims: EnergyClaim[] = [];
  const trace = readTrace();
  for (let ms = 0; ms <= 60_000; ms += 50) {
    nowMs = ms;
    JOBS.forEach(({ begins, ends }, i) => {
      if (begins === ms) running.set(i, meter.begin('card', { promptTokens: 0, promptTokensPerS: 2000 }));
      if (ms % 500 === 0 || ms === ends) running.get(i)?.noteTokens(25);
      if (ends === ms) claims[i] = running.get(i)?.claim(0) ?? UNKNOWN_ENERGY;
      if (ends === ms) running.delete(i);
    });
    const look = trace.find(({ atMs }) => atMs === ms);
    if (look) meter.noteCards([hasCounter ? look.reading : { ...look.reading, energyMJ: null }]);
  }
  return { claims, workJ: file.list().reduce((sum, [, day]) => sum + day.workMicroWh, 0) / MICRO_WH_PER_JOULE };
}

/** By the counter alone: all that the board took above rest in the seconds in which a job ran, and the machine around it. */
function truthJ(): number {
  let joules = 0;
  readTrace().reduce((before, after) => {
    const activeMs = JOBS.filter(({ begins, ends }) => begins < after.atMs && ends > before.atMs)
      .map(({ begins, ends }) => [Math.max(begins, before.atMs), Math.min(ends, after.atMs)])
      .reduce((sum, [from = 0, to = 0]) => Math.max(sum, to - from), 0);
    const boardJ = ((after.reading.energyMJ ?? 0) - (before.reading.energyMJ ?? 0)) / 1000;
    if (activeMs > 0) joules += (boardJ - REST_W + (HOST_W * activeMs) / 1000) / EFFICIENCY;
    return after;
  });
  return joules;
}

test.each([
  ['counter', true],
  ['sampled', false],
] as const)(
  'a minute of a card, by its %s: jobs are given what the card took, within three hundredths',
  async (method, hasCounter) => {
    const { claims, workJ } = await play(hasCounter);
    expect(workJ / truthJ()).toBeGreaterThan(0.97);
    expect(workJ / truthJ()).toBeLessThan(1.03);
    const claimedJ = claims.reduce((sum, { microWh }) => sum + microWh, 0) / MICRO_WH_PER_JOULE;
    expect(claimedJ / workJ).toBeGreaterThan(0.97);
    expect(claimedJ / workJ).toBeLessThan(1.03);
    expect(claims.map((claim) => claim.method)).toEqual([method, method, method]);
    // The short one lies within one window: what it claims is what its tokens cost before.
    const [long, , short] = claims.map(({ microWh }) => microWh);
    expect(short).toBeLessThan((long ?? 0) / 20);
    expect(short).toBeGreaterThan(0);
  },
);
