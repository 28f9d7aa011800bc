// Whether this home works now, and how much: its owner's rules over time. Pauses at once, returns after quiet, and longer each time it flaps. Pure.
import type { PauseReason } from '../../schema/frames-to-hub.ts';
import type { GpuSignal, HomeSignals } from './home-signals.ts';
import { judgeSignals } from './judge-signals.ts';
import type { CardMemo, Judgement, Stage } from './judge-signals.ts';
import type { HomeRules, Level } from './lending-rules.ts';

/** One rule at one stage, as it stood over time; all times of the steady clock but `sinceAt`. */
interface Track {
  readonly isActive: boolean;
  /** When it began to trip without counting yet; null where it does not trip. */
  readonly risingMs: number | null;
  /** When it was seen clear first since it last was not; null while it is not. */
  readonly quietMs: number | null;
  /** When it became unknown while it counted. */
  readonly unknownMs: number | null;
  readonly sinceAt: number;
  readonly clearedMs: number | null;
  /** How often it came back soon after it had gone. */
  readonly flaps: number;
  readonly detail: string | null;
}

export interface StandingMemory {
  readonly tracks: Readonly<Record<string, Track>>;
  readonly memo: Readonly<Record<number, CardMemo>>;
  readonly ourCards: readonly number[];
}

export const NO_MEMORY: StandingMemory = { tracks: {}, memo: {}, ourCards: [] };

/** A rule that counts now. */
export interface Ruled {
  readonly reason: PauseReason;
  readonly stage: Stage;
  /** ms since epoch. */
  readonly sinceAt: number;
  /** When it ends by itself at the soonest, ms since epoch; null where nobody can say. */
  readonly untilAt: number | null;
  readonly detail: string | null;
}

interface StandingFacts {
  readonly signals: HomeSignals;
  readonly rules: HomeRules;
  readonly schedule: { readonly level: Level; readonly nextChangeAt: number | null; readonly midnightAt: number };
  readonly previous: StandingMemory;
  /** Of a clock that only grows, ms. */
  readonly nowMs: number;
  /** ms since epoch. */
  readonly wallAt: number;
}

export interface Decided {
  readonly memory: StandingMemory;
  /** Sorted: what ends all work first, then the oldest. */
  readonly ruled: readonly Ruled[];
}

/** What came back within this time after it had gone is flapping: each time it has to be quiet twice as long, up to sixteen times. */
const FLAP_MS = 600_000;
const FLAPS_MOST = 4;
/** A pause whose signal nobody can read any more ends after this: unknown holds no home for ever. */
const UNKNOWN_MS = 600_000;
const CALM: Track = {
  isActive: false,
  risingMs: null,
  quietMs: null,
  unknownMs: null,
  sinceAt: 0,
  clearedMs: null,
  flaps: 0,
  detail: null,
};
const STAGES: readonly Stage[] = ['off', 'finish', 'eco'];

/** The rules that hold now, and what has to be remembered for the next time. */
export function decideStanding(facts: StandingFacts): Decided {
  const { signals, rules, schedule, previous } = facts;
  const ourCards = findOurCards(signals.gpus, previous.ourCards);
  const judgements = judgeSignals(signals, { rules, scheduled: schedule.level, memo: previous.memo, ourCards });
  const tracks: Record<string, Track> = {};
  for (const judgement of judgements) {
    const key = keyOf(judgement);
    tracks[key] = follow(previous.tracks[key] ?? CALM, judgement, facts);
  }
  const isShort = Object.entries(tracks).some(([key, track]) => key === 'memory/off' && track.isActive);
  const ruled = judgements
    .filter((judgement) => tracks[keyOf(judgement)]?.isActive === true)
    .map((judgement) => describeRuled(judgement, tracks[keyOf(judgement)] ?? CALM, facts))
    .toSorted((a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage) || a.sinceAt - b.sinceAt);
  return { memory: { tracks, memo: rememberCards(signals.gpus, previous.memo, isShort), ourCards }, ruled };
}

function keyOf({ reason, stage }: Judgement): string {
  return `${reason}/${stage}`;
}

function follow(track: Track, judgement: Judgement, { nowMs, wallAt }: StandingFacts): Track {
  return track.isActive ? followActive(track, judgement, nowMs) : followCalm(track, judgement, { nowMs, wallAt });
}

function followCalm(track: Track, judgement: Judgement, now: { nowMs: number; wallAt: number }): Track {
  const { verdict, tripMs, detail } = judgement;
  if (verdict !== 'trip') return { ...track, risingMs: null };
  const risingMs = track.risingMs ?? now.nowMs;
  if (now.nowMs - risingMs < tripMs) return { ...track, risingMs };
  const isFlap = track.clearedMs !== null && now.nowMs - track.clearedMs < FLAP_MS;
  const flaps = isFlap ? Math.min(FLAPS_MOST, track.flaps + 1) : 0;
  return { ...CALM, isActive: true, sinceAt: now.wallAt, flaps, detail };
}

function followActive(track: Track, { verdict, detail, quietMs }: Judgement, nowMs: number): Track {
  if (verdict === 'trip') return { ...track, quietMs: null, unknownMs: null, detail: detail ?? track.detail };
  if (verdict === 'hold') return { ...track, quietMs: null, unknownMs: null };
  if (verdict === 'unknown') {
    const unknownMs = track.unknownMs ?? nowMs;
    const isOver = nowMs - unknownMs >= UNKNOWN_MS;
    return isOver ? { ...CALM, clearedMs: nowMs, flaps: track.flaps } : { ...track, quietMs: null, unknownMs };
  }
  const since = track.quietMs ?? nowMs;
  if (nowMs - since < quietMs * 2 ** track.flaps) return { ...track, quietMs: since, unknownMs: null };
  return { ...CALM, clearedMs: nowMs, flaps: track.flaps };
}

function describeRuled({ reason, stage, quietMs }: Judgement, track: Track, facts: StandingFacts): Ruled {
  return {
    reason,
    stage,
    sinceAt: track.sinceAt,
    untilAt: findEnd(reason, quietMs, track, facts),
    detail: track.detail,
  };
}

function findEnd(reason: PauseReason, quietMs: number, track: Track, facts: StandingFacts): number | null {
  if (reason === 'schedule') return facts.schedule.nextChangeAt;
  if (reason === 'traffic' || reason === 'job-limit') return facts.schedule.midnightAt;
  if (track.quietMs === null) return null;
  return facts.wallAt + Math.max(0, quietMs * 2 ** track.flaps - (facts.nowMs - track.quietMs));
}

/** Where the models are now; after they left their cards, where they were. */
function findOurCards(gpus: readonly GpuSignal[] | null, before: readonly number[]): readonly number[] {
  const now = (gpus ?? []).filter(({ oursBytes }) => (oursBytes ?? 0) > 0).map(({ index }) => index);
  return now.length > 0 ? now : before;
}

function rememberCards(
  gpus: readonly GpuSignal[] | null,
  before: StandingMemory['memo'],
  isShort: boolean,
): StandingMemory['memo'] {
  if (gpus === null) return before;
  const memo: Record<number, CardMemo> = {};
  for (const { index, othersBytes, oursBytes } of gpus) {
    const last = before[index] ?? { calmOthersBytes: null, neededBytes: 0 };
    const calmOthersBytes =
      othersBytes === null ? last.calmOthersBytes : Math.min(othersBytes, last.calmOthersBytes ?? othersBytes);
    // While memory is short, what the models had is what they will want again.
    const neededBytes = isShort ? Math.max(last.neededBytes, oursBytes ?? 0) : (oursBytes ?? 0);
    memo[index] = { calmOthersBytes, neededBytes };
  }
  return memo;
}
