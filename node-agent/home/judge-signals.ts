// What each rule of the owner says of the signals of one moment. Pure; how long something must last, and when it is over, is decide-standing's.
import type { PauseReason } from '../../schema/frames-to-hub.ts';
import type { GpuSignal, HomeSignals } from './home-signals.ts';
import type { HomeRules, Level } from './lending-rules.ts';

/** What a rule asks for: nothing at all at once, nothing new while what runs ends, or fewer jobs. */
export type Stage = 'off' | 'finish' | 'eco';

/** `hold` lies between the two marks: what is paused stays so, and what works goes on. `unknown` neither pauses nor counts as quiet. */
export type Verdict = 'trip' | 'hold' | 'clear' | 'unknown';

export interface Judgement {
  readonly reason: PauseReason;
  readonly stage: Stage;
  readonly verdict: Verdict;
  /** What was seen, for the owner: a program's name, degrees. */
  readonly detail: string | null;
  /** It must last so long before it counts, and be over for so long. */
  readonly tripMs: number;
  readonly quietMs: number;
}

/** What has to be remembered of a card: what others held at its calmest, and what was ours when memory ran short. */
export interface CardMemo {
  readonly calmOthersBytes: number | null;
  readonly neededBytes: number;
}

export interface JudgedBy {
  readonly rules: HomeRules;
  readonly scheduled: Level;
  readonly memo: Readonly<Record<number, CardMemo>>;
  /** Cards on which the home's models were seen last; empty where none was. */
  readonly ourCards: readonly number[];
}

const MB = 2 ** 20;
/** A desktop's memory comes and goes by so much without anybody needing more. */
const SLACK_BYTES = 256 * MB;
/** A plug that is out for a moment, a line that changes. */
const SHORT_QUIET_MS = 10_000;
const POWER_TRIP_MS = 10_000;

type Judge = (signals: HomeSignals, by: JudgedBy) => Judgement[];

/** One judgement for each rule and stage that could hold. */
export function judgeSignals(signals: HomeSignals, by: JudgedBy): Judgement[] {
  return JUDGES.flatMap((judge) => judge(signals, by));
}

const judgeSchedule: Judge = (_signals, { scheduled }) => [
  ...(scheduled === 'off' ? [say('schedule', 'off', 'trip')] : []),
  ...(scheduled === 'eco' ? [say('schedule', 'eco', 'trip')] : []),
];

const judgeApps: Judge = ({ openApps }, { rules }) =>
  (['pause', 'finish', 'eco'] as const).map((does) => {
    const open = openApps?.find((app) => app.does === does);
    const verdict = openApps === null ? 'unknown' : open ? 'trip' : 'clear';
    const stage = does === 'pause' ? 'off' : does;
    return { ...say('exclusive-app', stage, verdict), detail: open?.name ?? null, quietMs: rules.quietS * 1000 };
  });

const judgeGpuUse: Judge = (signals, by) => {
  const { othersPercent: limit, videoPercent: videoLimit, forS } = by.rules.gpu;
  const verdicts = cardsOf(signals, by)?.map((card) => {
    const video = videoLimit === null ? 'clear' : above(card.videoPercent, videoLimit, videoLimit / 2);
    const others = above(card.othersPercent, limit, limit / 2);
    // A film leaves the rest of the card alone, and most drivers do not tell of it: unknown video use stands in nobody's way.
    return worst([others, video === 'unknown' ? 'clear' : video]);
  });
  const base = say('gpu-in-use', 'off', verdicts ? worst(verdicts) : 'unknown');
  return [{ ...base, tripMs: forS * 1000, quietMs: by.rules.quietS * 1000 }];
};

const judgeInput: Judge = ({ inputIdleS }, { rules }) => {
  const { whenActive, idleS } = rules.input;
  if (whenActive === 'full') return [];
  const verdict = inputIdleS === null ? 'unknown' : inputIdleS < idleS ? 'trip' : 'clear';
  return [say('user-active', whenActive, verdict)];
};

const judgeMemory: Judge = (signals, by) => {
  const { leastFreeMb, stalledPercent: stallLimit } = by.rules.memory;
  const cards = cardsOf(signals, by)?.map((card) => judgeCardMemory(card, by)) ?? [];
  const { memory } = signals;
  const least = leastFreeMb * MB;
  const room = memory === null ? 'unknown' : below(memory.availableBytes, least, least * 1.5);
  const stalled = memory?.stalledPercent ?? null;
  const stall = stallLimit === null || stalled === null ? 'clear' : above(stalled, stallLimit, stallLimit / 2);
  const verdict = worst([room, stall, ...cards]);
  return [{ ...say('memory', 'off', verdict), quietMs: by.rules.quietS * 1000 }];
};

/** A model that fills the card is no reason: only what others took since the card's calmest moment, at the cost of the reserve, is. */
function judgeCardMemory(card: GpuSignal, { rules, memo }: JudgedBy): Verdict {
  const { totalBytes, othersBytes, oursBytes } = card;
  if (totalBytes === null || othersBytes === null || oursBytes === null) return 'unknown';
  const reserve = Math.min(rules.gpu.reserveMb * MB, totalBytes / 8);
  const calm = memo[card.index]?.calmOthersBytes ?? othersBytes;
  const grown = othersBytes - calm;
  const needed = Math.max(oursBytes, memo[card.index]?.neededBytes ?? 0);
  if (grown <= SLACK_BYTES / 2) return 'clear';
  if (totalBytes - othersBytes - needed >= reserve) return 'clear';
  return totalBytes - othersBytes - oursBytes < reserve && grown > SLACK_BYTES ? 'trip' : 'hold';
}

const judgeHeat: Judge = (signals, by) => {
  const { maxC, backC } = by.rules.heat;
  if (maxC === null) return [];
  const cards = cardsOf(signals, by);
  const hottest = cards && Math.max(...cards.map(({ temperatureC }) => temperatureC ?? Number.NEGATIVE_INFINITY));
  const verdict = cards ? worst(cards.map(({ temperatureC }) => above(temperatureC, maxC, maxC - backC))) : 'unknown';
  const detail = hottest !== null && Number.isFinite(hottest) ? `${Math.round(hottest)} °C` : null;
  return [{ ...say('temperature', 'off', verdict), detail, quietMs: by.rules.quietS * 1000 }];
};

const judgePower: Judge = (signals, by) => {
  const { fullW, fullFanPercent, ecoW, ecoFanPercent } = by.rules.power;
  const cards = cardsOf(signals, by);
  const judge = (stage: Stage, watts: number | null, fan: number | null): Judgement[] => {
    if (watts === null && fan === null) return [];
    const verdicts = (cards ?? []).flatMap(({ powerW, fanPercent }) => [
      watts === null ? 'clear' : above(powerW, watts, watts * 0.9),
      fan === null ? 'clear' : above(fanPercent, fan, fan - 10),
    ]);
    const verdict = cards === null ? 'unknown' : worst(verdicts);
    return [{ ...say('power-cap', stage, verdict), tripMs: POWER_TRIP_MS, quietMs: by.rules.quietS * 1000 }];
  };
  return [...judge('eco', fullW, fullFanPercent), ...judge('off', ecoW, ecoFanPercent)];
};

const judgeBattery: Judge = ({ battery }, { rules }) => {
  const { onBattery, leastPercent } = rules.battery;
  const quietMs = Math.min(SHORT_QUIET_MS, rules.quietS * 1000);
  const is = (holds: boolean): Verdict => (battery === null ? 'unknown' : holds ? 'trip' : 'clear');
  const isOn = battery?.isOnBattery ?? false;
  const charge = battery?.chargePercent ?? null;
  const isLow = isOn && charge !== null && charge < leastPercent;
  const detail = charge === null ? null : `${Math.round(charge)} %`;
  const off = { ...say('battery', 'off', is(isOn && (onBattery === 'off' || isLow))), detail, quietMs };
  const eco = { ...say('battery', 'eco', is(isOn)), detail, quietMs };
  return onBattery === 'eco' ? [off, eco] : [off];
};

const judgeLine: Judge = ({ isMetered, trafficBytes }, { rules }) => {
  const { onMetered, dailyMb } = rules.line;
  const quietMs = Math.min(SHORT_QUIET_MS, rules.quietS * 1000);
  const metered = isMetered === null ? 'unknown' : isMetered ? 'trip' : 'clear';
  return [
    ...(onMetered === 'full' ? [] : [{ ...say('metered', onMetered, metered), quietMs }]),
    ...(dailyMb === null ? [] : [say('traffic', 'finish', reached(trafficBytes, dailyMb * 1e6))]),
  ];
};

const judgeJobs: Judge = ({ jobsToday }, { rules }) =>
  rules.jobs.perDay === null ? [] : [say('job-limit', 'finish', reached(jobsToday, rules.jobs.perDay))];

const JUDGES: readonly Judge[] = [
  judgeSchedule,
  judgeApps,
  judgeGpuUse,
  judgeInput,
  judgeMemory,
  judgeHeat,
  judgePower,
  judgeBattery,
  judgeLine,
  judgeJobs,
];

/** The cards that matter: those the home's models are on, or all where they are on none. Null where no card could be read. */
function cardsOf({ gpus }: HomeSignals, { ourCards }: JudgedBy): readonly GpuSignal[] | null {
  if (gpus === null) return null;
  const ours = gpus.filter(({ index }) => ourCards.includes(index));
  return ours.length > 0 ? ours : gpus;
}

function say(reason: PauseReason, stage: Stage, verdict: Verdict): Judgement {
  return { reason, stage, verdict, detail: null, tripMs: 0, quietMs: 0 };
}

function above(value: number | null, mark: number, backMark: number): Verdict {
  if (value === null) return 'unknown';
  return value >= mark ? 'trip' : value >= backMark ? 'hold' : 'clear';
}

function below(value: number, mark: number, backMark: number): Verdict {
  return value < mark ? 'trip' : value < backMark ? 'hold' : 'clear';
}

function reached(value: number | null, mark: number): Verdict {
  return value === null ? 'unknown' : value >= mark ? 'trip' : 'clear';
}

/** One that trips is enough; of the rest one that holds, then one that nobody knows. */
function worst(verdicts: readonly Verdict[]): Verdict {
  return (['trip', 'hold', 'unknown'] as const).find((one) => verdicts.includes(one)) ?? 'clear';
}
