// The owner's rules as the page shows them, each limit beside what the machine says now; and what was changed there as a change of the rules. Pure.
import type { PauseReason } from '../../schema/frames-to-hub.ts';
import type { HomeSignals } from '../home/home-signals.ts';
import { LEVELS } from '../home/lending-rules.ts';
import type { HomeRules, Level, RulesPatch } from '../home/lending-rules.ts';
import { fromGrid, toGrid } from '../home/weekly-schedule.ts';
import type { LimitView, RulesView } from './page-view.ts';

const MB = 2 ** 20;
const GB = 2 ** 30;

export interface RulesFacts {
  readonly rules: HomeRules;
  readonly signals: HomeSignals;
  /** Reasons that hold now. */
  readonly holding: ReadonlySet<PauseReason>;
}

/** One limit: how it stands in the rules, what it is held against, and how a new value gets back in. */
interface Limit {
  readonly key: string;
  readonly reason: PauseReason;
  readonly unit: string;
  readonly least: number;
  readonly most: number;
  readonly step: number;
  readonly usual: number;
  /** Null where it is off. */
  readonly read: (rules: HomeRules) => number | null;
  /** `now`: as the rules are. */
  readonly write: (value: number | null, now: HomeRules) => RulesPatch;
  readonly signal: (signals: HomeSignals) => number | string | null;
}

const LIMITS: readonly Limit[] = [
  {
    key: 'gpuUse',
    reason: 'gpu-in-use',
    unit: '%',
    least: 1,
    most: 99,
    step: 1,
    usual: 20,
    // A card that others may use whole is no reason.
    read: ({ gpu }) => (gpu.othersPercent >= 100 ? null : gpu.othersPercent),
    write: (value) => ({ gpu: { othersPercent: value ?? 100 } }),
    signal: ({ gpus }) => mostOf(gpus, ({ othersPercent }) => othersPercent),
  },
  {
    key: 'video',
    reason: 'gpu-in-use',
    unit: '%',
    least: 1,
    most: 99,
    step: 1,
    usual: 5,
    read: ({ gpu }) => gpu.videoPercent,
    write: (value) => ({ gpu: { videoPercent: value } }),
    signal: ({ gpus }) => mostOf(gpus, ({ videoPercent }) => videoPercent),
  },
  {
    key: 'vramFree',
    reason: 'memory',
    unit: 'GB',
    least: 0.25,
    most: 500,
    step: 0.25,
    usual: 1,
    read: ({ gpu }) => (gpu.reserveMb === 0 ? null : gpu.reserveMb / 1024),
    write: (value) => ({ gpu: { reserveMb: Math.round((value ?? 0) * 1024) } }),
    signal: ({ gpus }) =>
      mostOf(gpus, ({ totalBytes: total, oursBytes: ours, othersBytes: others }) =>
        total === null || others === null ? null : Math.max(0, (total - (ours ?? 0) - others) / GB),
      ),
  },
  {
    key: 'temperature',
    reason: 'temperature',
    unit: '°C',
    least: 30,
    most: 120,
    step: 1,
    usual: 83,
    read: ({ heat }) => heat.maxC,
    write: (value) => ({ heat: { maxC: value } }),
    signal: ({ gpus }) => mostOf(gpus, ({ temperatureC }) => temperatureC),
  },
  {
    key: 'watts',
    reason: 'power-cap',
    unit: 'W',
    least: 5,
    most: 5000,
    step: 5,
    usual: 200,
    read: ({ power }) => power.fullW,
    write: (value) => ({ power: { fullW: value } }),
    signal: ({ gpus }) => mostOf(gpus, ({ powerW }) => powerW),
  },
  {
    key: 'wattsMost',
    reason: 'power-cap',
    unit: 'W',
    least: 5,
    most: 5000,
    step: 5,
    usual: 250,
    read: ({ power }) => power.ecoW,
    write: (value) => ({ power: { ecoW: value } }),
    signal: ({ gpus }) => mostOf(gpus, ({ powerW }) => powerW),
  },
  {
    key: 'fan',
    reason: 'power-cap',
    unit: '%',
    least: 1,
    most: 100,
    step: 1,
    usual: 60,
    read: ({ power }) => power.fullFanPercent,
    write: (value) => ({ power: { fullFanPercent: value } }),
    signal: ({ gpus }) => mostOf(gpus, ({ fanPercent }) => fanPercent),
  },
  {
    key: 'fanMost',
    reason: 'power-cap',
    unit: '%',
    least: 1,
    most: 100,
    step: 1,
    usual: 80,
    read: ({ power }) => power.ecoFanPercent,
    write: (value) => ({ power: { ecoFanPercent: value } }),
    signal: ({ gpus }) => mostOf(gpus, ({ fanPercent }) => fanPercent),
  },
  {
    key: 'idle',
    reason: 'user-active',
    unit: 'min',
    least: 1,
    most: 1440,
    step: 1,
    usual: 3,
    read: ({ input }) => (input.whenActive === 'full' ? null : input.idleS / 60),
    write: (value, { input }) => ({
      input:
        value === null
          ? { whenActive: 'full' }
          : { whenActive: whenOn(input.whenActive), idleS: Math.round(value * 60) },
    }),
    signal: ({ inputIdleS }) => (inputIdleS === null ? null : inputIdleS / 60),
  },
  {
    key: 'battery',
    reason: 'battery',
    unit: '',
    least: 1,
    most: 1,
    step: 1,
    usual: 1,
    read: ({ battery }) => (battery.onBattery === 'full' ? null : 1),
    write: (value, { battery }) => ({ battery: { onBattery: value === null ? 'full' : whenOn(battery.onBattery) } }),
    signal: ({ battery }) => (battery === null ? null : battery.isOnBattery ? 'battery' : 'mains'),
  },
  {
    key: 'metered',
    reason: 'metered',
    unit: '',
    least: 1,
    most: 1,
    step: 1,
    usual: 1,
    read: ({ line }) => (line.onMetered === 'full' ? null : 1),
    write: (value, { line }) => ({ line: { onMetered: value === null ? 'full' : whenOn(line.onMetered) } }),
    signal: ({ isMetered }) => (isMetered === null ? null : isMetered ? 'metered' : 'unmetered'),
  },
  {
    key: 'memory',
    reason: 'memory',
    unit: 'GB',
    least: 0.25,
    most: 900,
    step: 0.25,
    usual: 1,
    read: ({ memory }) => (memory.leastFreeMb === 0 ? null : memory.leastFreeMb / 1024),
    write: (value) => ({ memory: { leastFreeMb: Math.round((value ?? 0) * 1024) } }),
    signal: ({ memory }) => (memory === null ? null : memory.availableBytes / GB),
  },
  {
    key: 'traffic',
    reason: 'traffic',
    unit: 'MB',
    least: 1,
    most: 1e9,
    step: 1,
    usual: 2000,
    read: ({ line }) => line.dailyMb,
    write: (value) => ({ line: { dailyMb: value } }),
    signal: ({ trafficBytes }) => (trafficBytes === null ? null : trafficBytes / MB),
  },
  {
    key: 'jobs',
    reason: 'job-limit',
    unit: '',
    least: 0,
    most: 1e9,
    step: 1,
    usual: 1000,
    read: ({ jobs }) => jobs.perDay,
    write: (value) => ({ jobs: { perDay: value === null ? null : Math.round(value) } }),
    signal: ({ jobsToday }) => jobsToday,
  },
];

/** Share of jobs at once under eco: always on, and nothing of the machine's stands against it. */
const ECO_KEY = 'ecoSlots';

export function toRulesView({ rules, signals, holding }: RulesFacts): RulesView {
  return {
    week: toMondayFirst(toGrid(rules.schedule.week)).map((day) => day.map((level) => LEVELS.indexOf(level)).join('')),
    apps: rules.apps.pause,
    openApps: signals.openApps?.map(({ name }) => name) ?? null,
    limits: [...LIMITS.map((limit) => toLimit(limit, rules, signals, holding)), toEco(rules)],
  };
}

/** What a page can change: each part is optional. */
export interface RulesChange {
  readonly week?: readonly string[] | undefined;
  readonly apps?: readonly string[] | undefined;
  readonly limits?: Readonly<Record<string, number | null>> | undefined;
}

/** A limit that this agent does not know changes nothing. */
export function toRulesPatch({ week, apps, limits = {} }: RulesChange, now: HomeRules): RulesPatch {
  const patches = Object.entries(limits).map(([key, value]): RulesPatch => {
    if (key === ECO_KEY) return { eco: { slotShare: Math.min(1, Math.max(0.01, (value ?? 50) / 100)) } };
    return LIMITS.find((limit) => limit.key === key)?.write(value, now) ?? {};
  });
  return {
    ...joinParts(patches),
    ...(apps === undefined ? {} : { apps: { pause: [...apps] } }),
    ...(week === undefined ? {} : { schedule: { week: fromGrid(toSundayFirst(week.map(readDay))) } }),
  };
}

function toLimit(
  { key, reason, unit, least, most, step, usual, read, signal }: Limit,
  rules: HomeRules,
  signals: HomeSignals,
  holding: ReadonlySet<PauseReason>,
): LimitView {
  const value = read(rules);
  const told = signal(signals);
  const isOver = value === null || typeof told !== 'number' || isBeyond(key, told, value);
  return {
    key,
    value,
    unit,
    least,
    most,
    step,
    usual,
    signal: told,
    holds: holding.has(reason) && value !== null && isOver,
    isAlwaysOn: false,
  };
}

/** What is on already stays as the owner wrote it: a new number is no new level. */
function whenOn(level: Level): Level {
  return level === 'full' ? 'off' : level;
}

/** Some are held when there is too little. Of two that share a reason the one that is not beyond its own value does not hold. */
function isBeyond(key: string, told: number, value: number): boolean {
  return key === 'vramFree' || key === 'memory' || key === 'idle' ? told <= value : told >= value;
}

function toEco({ eco }: HomeRules): LimitView {
  const value = Math.round(eco.slotShare * 100);
  return {
    key: ECO_KEY,
    value,
    unit: '%',
    least: 1,
    most: 100,
    step: 1,
    usual: 50,
    signal: null,
    holds: false,
    isAlwaysOn: true,
  };
}

function mostOf<T>(list: readonly T[] | null, pick: (one: T) => number | null): number | null {
  const values = (list ?? []).map(pick).filter((value) => value !== null);
  return values.length === 0 ? null : Math.max(...values);
}

function readDay(digits: string): (typeof LEVELS)[number][] {
  return Array.from(digits, (digit) => LEVELS[Number(digit)] ?? 'full');
}

/** The rules' week begins on Sunday, and the page's on Monday. */
function toMondayFirst<T>(days: readonly T[]): T[] {
  return [...days.slice(1), ...days.slice(0, 1)];
}

function toSundayFirst<T>(days: readonly T[]): T[] {
  return [...days.slice(-1), ...days.slice(0, -1)];
}

/** Of one section several limits may change at once. */
function joinParts(patches: readonly RulesPatch[]): RulesPatch {
  const joined: Record<string, unknown> = {};
  for (const patch of patches)
    for (const [name, section] of Object.entries(patch) as [string, object][])
      joined[name] = { ...(joined[name] as object | undefined), ...section };
  return joined as RulesPatch;
}
