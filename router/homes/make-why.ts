// What an owner is told of one home: its last hour in words, what it stands in now, and what the router measured of it. Pure.
import type { PauseReason } from '../../schema/frames-to-hub.ts';
import { explainIdle } from './explain-idle.ts';
import type { FaultCounts } from './fault-memory.ts';
import type { TurnCounts } from './turn-memory.ts';
import type { IdleSpan } from './explain-idle.ts';
import type { IdleHour } from './idle-day.ts';
import type { IdleMinute, Standing } from './idle-log.ts';

/** What is believed of a home with one model: tokens a second (a stream alone), hub to home and back, share of jobs it may break. */
export interface Measured {
  readonly promptTokensPerS: number;
  readonly decodeTokensPerS: number;
  readonly rttMs: number;
  readonly failureShare: number;
}

export interface NodeWhy {
  readonly node: string;
  readonly online: boolean;
  /** Since when it stands as it does now (connected, paused, gone), ms since epoch; null when it never was connected. */
  readonly since: number | null;
  readonly area: string | null;
  readonly hub: string | null;
  readonly lastHour: {
    readonly jobs: number;
    readonly minutesWithJob: number;
    readonly minutesWithout: number;
    readonly summary: string;
    readonly spans: readonly IdleSpan[];
  };
  /** Hour by hour for the last day, the oldest first, as far as it is known; the last one runs. */
  readonly lastDay: readonly IdleHour[];
  /** Jobs that its model server failed on. */
  readonly faults: FaultCounts;
  /** What became of strangers' jobs in the last hour. */
  readonly turns: TurnCounts;
  readonly pause: PauseReason | null;
  /** ms since epoch; null when it is not cooling down. */
  readonly coolingUntil: number | null;
  readonly coolingReason: string | null;
  /** By the name of the model: what its relayed jobs showed. */
  readonly measured: Readonly<Record<string, Measured>>;
  /** Of models that have answered no job here yet: where a belief starts, by what the home says of itself. */
  readonly guessed: Readonly<Record<string, Measured>>;
  /** What it offers and runs now; null while it is not connected. */
  readonly live: LiveHome | null;
}

/** A home as its connection tells it. */
export interface LiveHome {
  readonly models: readonly LiveModel[];
  /** That are given jobs, of those that it tells. */
  readonly slots: number;
  readonly running: number;
  /** As its agent says; null where it said nothing since its hub woke. */
  readonly version: string | null;
  readonly platform: string | null;
}

export interface LiveModel {
  readonly name: string;
  readonly digest: string;
  readonly contextTokens: number;
  readonly can: readonly string[];
}

export interface WhyFacts {
  readonly nodeId: string;
  readonly area: string | null;
  readonly hub: string | null;
  /** What it stood in last, and since when; null when nobody knows it. */
  readonly standing: (Standing & { readonly sinceAt: number }) | null;
  /** Its last hour, as `IdleLog.read` gives it. */
  readonly minutes: readonly IdleMinute[];
  /** Its last day, as `IdleLog.readDay` gives it. */
  readonly hours?: readonly IdleHour[];
  readonly faults: FaultCounts;
  readonly turns: TurnCounts;
  readonly measured: Readonly<Record<string, Measured>>;
  readonly guessed: Readonly<Record<string, Measured>>;
  readonly live: LiveHome | null;
  readonly now: number;
}

/** The answer of `GET /node/v1/why` for one home. */
export function makeWhy(facts: WhyFacts): NodeWhy {
  const { nodeId, area, hub, standing, minutes, hours = [], faults, turns, measured, guessed, live, now } = facts;
  const online = standing?.isConnected ?? false;
  const goneSinceAt = online ? null : (standing?.sinceAt ?? null);
  const { summary, minutes: spans } = explainIdle(minutes, { goneSinceAt });
  const minutesWithJob = minutes.filter((minute) => minute.kind === 'job').length;
  const isCooling = online && (standing?.coolingUntilAt ?? 0) > now;
  return {
    node: nodeId,
    online,
    since: standing?.sinceAt ?? null,
    area,
    hub,
    lastHour: {
      jobs: minutes.reduce((sum, minute) => sum + minute.jobs, 0),
      minutesWithJob,
      minutesWithout: minutes.length - minutesWithJob,
      summary: standing ? summary : 'This home has not been connected yet. Start it with irori-node up.',
      spans,
    },
    lastDay: hours,
    faults,
    turns,
    pause: online ? (standing?.paused ?? null) : null,
    coolingUntil: isCooling ? (standing?.coolingUntilAt ?? null) : null,
    coolingReason: isCooling ? (standing?.coolingReason ?? null) : null,
    measured,
    guessed,
    live: online ? live : null,
  };
}
