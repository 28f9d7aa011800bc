// The goals for the relay beside what was measured: one table. A goal is a share of the bare Worker + object + socket in the same round wherever the
// platform's own cost would else be judged. Pure.
import type { AtRest } from './idle-home.ts';
import type { Probed } from './probes.ts';
import type { ScenarioName } from './scenarios.ts';
import type { Figure, Summary } from './summarise-rounds.ts';
import { IRORI_NAMES } from './target-names.ts';
import type { IroriKind, Side, TargetName } from './target-names.ts';

export type Results = Readonly<Partial<Record<ScenarioName, Readonly<Partial<Record<TargetName, Summary>>>>>>;

/** Everything that one run saw. */
export interface Measured {
  readonly results: Results;
  readonly probes: Readonly<Partial<Record<TargetName, Probed>>>;
  readonly atRest: Readonly<Partial<Record<Side, AtRest>>>;
}

/** CPU time and shares of the bare path are firm on a shared machine, times on the wall are not. */
export type GoalKind = 'CPU time and shares of the bare path' | 'times on the wall' | 'behaviour';

export interface Judged {
  readonly kind: GoalKind;
  readonly what: string;
  readonly bound: 'at most' | 'at least';
  readonly goal: number;
  /** What would be better still. */
  readonly stretch: number | null;
  readonly floor: Figure | null;
  readonly before: Figure | null;
  readonly now: Figure | null;
  /** Null where it was not measured. */
  readonly isMet: boolean | null;
  /** The figure as a multiple of the goal. Null where it is not known, or the goal is 0. */
  readonly ofGoal: number | null;
}

/** Reads a figure of one side, or null. */
type Read = (measured: Measured, side: Side) => Figure | null;

interface Goal {
  readonly kind: GoalKind;
  readonly what: string;
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly stretch?: number;
  readonly read: Read;
  /** The same figure of the bare path, or what a share is a share of. */
  readonly ofFloor?: (measured: Measured) => Figure | null;
}

const CPU = 'CPU time and shares of the bare path' as const;
const WALL = 'times on the wall' as const;
const BEHAVIOUR = 'behaviour' as const;

type Key = { [K in keyof Summary]: Summary[K] extends Figure | null ? K : never }[keyof Summary];

const GOALS: readonly Goal[] = [
  {
    kind: CPU,
    what: 'requests/s, not streamed, 32 at once, of the floor',
    atLeast: 0.35,
    stretch: 0.5,
    ...at('not streamed', 'window', 'requestsOfFloor'),
  },
  {
    kind: CPU,
    what: 'CPU a request, not streamed, ms',
    atMost: 1.5,
    stretch: 1.2,
    ...at('not streamed', 'window', 'cpuMsPerRequest'),
    ofFloor: floor('not streamed', 'cpuMsPerRequest'),
  },
  {
    kind: CPU,
    what: 'CPU a chunk, one a frame, 640 chunks, of the floor',
    atMost: 1.2,
    ...at('32 long streams', 'oneAFrame', 'cpuPerChunkOfFloor'),
  },
  {
    kind: CPU,
    what: 'CPU a chunk, one a frame, 64 chunks, of the floor',
    atMost: 1.6,
    ...at('32 streams', 'oneAFrame', 'cpuPerChunkOfFloor'),
  },
  {
    kind: CPU,
    what: 'CPU a chunk, default window, 640 chunks, of the floor',
    atMost: 0.75,
    ...at('32 long streams', 'window', 'cpuPerChunkOfFloor'),
  },
  {
    kind: CPU,
    what: "its router's part, of the floor's router",
    atMost: 0.45,
    ...at('32 long streams', 'window', 'routerPerChunkOfFloorRouter'),
  },
  {
    kind: CPU,
    what: "its router's part, of all of the floor",
    atMost: 0.45,
    ...at('32 long streams', 'window', 'routerPerChunkOfFloor'),
  },
  {
    kind: CPU,
    what: 'chunks/s with no gap, of direct',
    atLeast: 0.5,
    ...at('no gap', 'window', 'chunksOfDirect'),
    ofFloor: floor('no gap', 'chunksOfDirect'),
  },
  {
    kind: CPU,
    what: 'chunks/s with no gap, of the floor',
    atLeast: 1,
    ...at('no gap', 'window', 'chunksOfFloor'),
  },
  {
    kind: WALL,
    what: 'one call at a time, p50 ms',
    atMost: 4,
    ...at('one at a time', 'window', 'totalP50Ms'),
    ofFloor: floor('one at a time', 'totalP50Ms'),
  },
  {
    kind: WALL,
    what: "added TTFT p50, 32 streams, default window, ms beyond the floor's",
    atMost: 2.5,
    ...at('32 streams', 'window', 'ttftP50BeyondFloorMs'),
    ofFloor: floor('32 streams', 'addedTtftP50Ms'),
  },
  {
    kind: WALL,
    what: 'gap p99, one chunk a frame, 640 chunks, of the floor',
    atMost: 1.3,
    ...at('32 long streams', 'oneAFrame', 'gapP99OfFloor'),
    ofFloor: floor('32 long streams', 'gapP99Ms'),
  },
  {
    kind: WALL,
    what: 'gap p99, one chunk a frame, 64 chunks, of the floor',
    atMost: 2.5,
    ...at('32 streams', 'oneAFrame', 'gapP99OfFloor'),
    ofFloor: floor('32 streams', 'gapP99Ms'),
  },
  { kind: BEHAVIOUR, what: 'agent at rest, resident MB', atMost: 80, read: rest((one) => one.residentBytes, 1e-6) },
  {
    kind: BEHAVIOUR,
    what: 'agent at rest, bytes of payload a minute',
    atMost: 10,
    read: rest((one) => one.payloadBytesAMinute),
  },
  probed('a caller leaves while tokens flow: ms until the model server knows', 100, (one) => one.cancelFlowingMs),
  probed('a caller leaves in silence: ms until the model server knows', 2_100, (one) => one.cancelSilentMs),
  probed('the model server of the only home dies: ms until the stream ends', 1_000, (one) => one.deathMs),
  probed('its end passed off as a whole answer (1 yes)', 0, (one) => Number(one.isDeathHidden)),
  probed('a reader stalls: MB pushed by the model server', 16, (one) => one.stalledPushedMb),
  probed('a reader stalls: MB that router and agent grow by', 8, (one) => one.stalledGrowthMb),
  { kind: BEHAVIOUR, what: 'answers that were not whole', atMost: 0, read: countBad },
];

/** One line for each goal, in the table's order. */
export function judgeGoals(measured: Measured): readonly Judged[] {
  return GOALS.map((goal) => judge(goal, measured));
}

function judge(goal: Goal, measured: Measured): Judged {
  const bound = goal.atLeast === undefined ? 'at most' : 'at least';
  const limit = goal.atLeast ?? goal.atMost ?? 0;
  const now = goal.read(measured, 'now');
  const isMet = now === null ? null : bound === 'at most' ? now.median <= limit : now.median >= limit;
  return {
    kind: goal.kind,
    what: goal.what,
    bound,
    goal: limit,
    stretch: goal.stretch ?? null,
    floor: goal.ofFloor?.(measured) ?? null,
    before: goal.read(measured, 'before'),
    now,
    isMet,
    ofGoal: now === null || limit === 0 ? null : now.median / limit,
  };
}

function at(scenario: ScenarioName, kind: IroriKind, key: Key): Pick<Goal, 'read'> {
  return { read: ({ results }, side) => results[scenario]?.[IRORI_NAMES[side][kind]]?.[key] ?? null };
}

function floor(scenario: ScenarioName, key: Key): (measured: Measured) => Figure | null {
  return ({ results }) => results[scenario]?.floor?.[key] ?? null;
}

function rest(read: (atRest: AtRest) => number | null, factor = 1): Read {
  return ({ atRest }, side) => {
    const one = atRest[side];
    return one ? toFigure(read(one), factor) : null;
  };
}

function probed(what: string, atMost: number, read: (one: Probed) => number | null): Goal {
  const of = ({ probes }: Measured, name: TargetName): Figure | null => {
    const one = probes[name];
    return one ? toFigure(read(one) ?? Number.POSITIVE_INFINITY) : null;
  };
  return {
    kind: BEHAVIOUR,
    what,
    atMost,
    read: (measured, side) => of(measured, IRORI_NAMES[side].window),
    ofFloor: (measured) => of(measured, 'floor'),
  };
}

/** Of the side's own targets. */
function countBad({ results }: Measured, side: Side): Figure | null {
  const names = Object.values(IRORI_NAMES[side]);
  const summaries = Object.values(results).flatMap((byTarget) => names.flatMap((name) => byTarget[name] ?? []));
  return summaries.length === 0 ? null : toFigure(summaries.reduce((sum, { bad }) => sum + bad, 0));
}

function toFigure(value: number | null, factor = 1): Figure | null {
  return value === null ? null : { median: value * factor, min: value * factor, max: value * factor };
}
