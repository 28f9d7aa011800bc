import { describe, expect, test } from 'vitest';
import type { PauseReason } from '../../schema/frames-to-hub.ts';
import type { HomeSignals } from '../home/home-signals.ts';
import { applyPatch, defaultRules } from '../home/lending-rules.ts';
import type { HomeRules } from '../home/lending-rules.ts';
import { toRulesPatch, toRulesView } from './to-rules-view.ts';

const RULES = defaultRules(16 * 2 ** 30);
const UNKNOWN: HomeSignals = {
  gpus: null,
  openApps: null,
  inputIdleS: null,
  battery: null,
  isMetered: null,
  memory: null,
  diskFreeBytes: null,
  trafficBytes: null,
  jobsToday: null,
};
const card = (change: object): NonNullable<HomeSignals['gpus']>[number] => ({
  index: 0,
  name: 'card',
  utilisation: null,
  othersPercent: null,
  videoPercent: null,
  oursBytes: null,
  othersBytes: null,
  totalBytes: null,
  temperatureC: null,
  powerW: null,
  fanPercent: null,
  ...change,
});
const view = (
  rules: HomeRules,
  signals: Partial<HomeSignals> = {},
  ...holding: PauseReason[]
): ReturnType<typeof toRulesView> =>
  toRulesView({ rules, signals: { ...UNKNOWN, ...signals }, holding: new Set(holding) });
const limitOf = (shown: ReturnType<typeof view>, key: string): unknown => shown.limits.find((one) => one.key === key);

describe('what is shown', () => {
  test('a week that nobody changed is full, and begins on Monday', () => {
    expect(view(RULES).week).toEqual(Array.from({ length: 7 }, () => '2'.repeat(48)));
    const sunday = applyPatch(RULES, { schedule: { week: { sun: [{ from: '00:00', to: '01:00', level: 'off' }] } } });
    expect(view(sunday).week.map((day) => day.slice(0, 3))).toEqual(['222', '222', '222', '222', '222', '222', '002']);
  });

  test('what no signal says is unknown, and holds nothing back', () => {
    for (const { signal, holds } of view(RULES).limits) expect([signal, holds]).toEqual([null, false]);
  });

  test('a limit stands beside what the machine says, of several cards the one that is nearest to it', () => {
    const gpus = [card({ temperatureC: 60, othersPercent: 3 }), card({ temperatureC: 84, othersPercent: 0 })];
    const shown = view(RULES, { gpus, battery: { isOnBattery: false, chargePercent: null } }, 'temperature');
    expect(limitOf(shown, 'temperature')).toMatchObject({ value: 83, signal: 84, holds: true });
    expect(limitOf(shown, 'gpuUse')).toMatchObject({ value: 20, signal: 3, holds: false });
    expect(limitOf(shown, 'battery')).toMatchObject({ value: 1, signal: 'mains' });
  });

  test('of two limits with one reason only the one that is passed holds', () => {
    const memory = { availableBytes: 8 * 2 ** 30, totalBytes: 16 * 2 ** 30, stalledPercent: null };
    const gpus = [card({ totalBytes: 8 * 2 ** 30, oursBytes: 0, othersBytes: 7.5 * 2 ** 30 })];
    const shown = view(RULES, { memory, gpus }, 'memory');
    expect(limitOf(shown, 'memory')).toMatchObject({ signal: 8, holds: false });
    expect(limitOf(shown, 'vramFree')).toMatchObject({ signal: 0.5, holds: true });
  });
});

describe('what is changed', () => {
  test('a week comes back as it was drawn', () => {
    const week = [
      '0'.repeat(48),
      ...Array.from({ length: 5 }, () => '2'.repeat(48)),
      `${'1'.repeat(4)}${'2'.repeat(44)}`,
    ];
    expect(view(applyPatch(RULES, toRulesPatch({ week }, RULES))).week).toEqual(week);
  });

  test('every limit can be set, turned off and turned on again, and keeps the others as they are', () => {
    for (const { key, usual, least } of view(RULES).limits) {
      if (key === 'ecoSlots') continue;
      const off = applyPatch(RULES, toRulesPatch({ limits: { [key]: null } }, RULES));
      expect([key, limitOf(view(off), key)]).toEqual([key, expect.objectContaining({ value: null })]);
      const on = applyPatch(off, toRulesPatch({ limits: { [key]: usual } }, RULES));
      expect([key, limitOf(view(on), key)]).toEqual([key, expect.objectContaining({ value: usual })]);
      const low = applyPatch(RULES, toRulesPatch({ limits: { [key]: least } }, RULES));
      expect([key, limitOf(view(low), key)]).toEqual([key, expect.objectContaining({ value: least })]);
    }
  });

  test('a new number leaves the level as it was written by hand', () => {
    const eco = applyPatch(RULES, { input: { whenActive: 'eco' }, battery: { onBattery: 'eco' } });
    expect(toRulesPatch({ limits: { idle: 5, battery: 1 } }, eco)).toEqual({
      input: { whenActive: 'eco', idleS: 300 },
      battery: { onBattery: 'eco' },
    });
  });

  test('two limits of one part are changed at once, and one that nobody knows changes nothing', () => {
    const patch = toRulesPatch({ limits: { watts: 180, fan: 50, other: 1, ecoSlots: 25 } }, RULES);
    expect(patch).toEqual({ power: { fullW: 180, fullFanPercent: 50 }, eco: { slotShare: 0.25 } });
    expect(toRulesPatch({ apps: ['steam'] }, RULES)).toEqual({ apps: { pause: ['steam'] } });
  });
});
