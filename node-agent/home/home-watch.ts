// This home's standing: what it may do now, why, and since when. Looks at the machine every second, asks the rules, and tells what changed.
import type { PauseReason } from '../../schema/frames-to-hub.ts';
import type { DayCounts } from './day-counts.ts';
import { decideStanding, NO_MEMORY } from './decide-standing.ts';
import type { Ruled, StandingMemory } from './decide-standing.ts';
import { NO_READINGS } from './home-signals.ts';
import type { HomeClock, HomeSignals, OpenApp, Readings, RunningApp, SignalSource } from './home-signals.ts';
import type { HomeRules, Level } from './lending-rules.ts';
import { matchApps } from './match-app.ts';
import type { AppMatcher } from './match-app.ts';
import { measureGpus } from './measure-gpus.ts';
import type { PauseBoard } from './pause-board.ts';
import type { RulesFile } from './rules-file.ts';
import { readSchedule } from './weekly-schedule.ts';
import type { ScheduleNow } from './weekly-schedule.ts';

/** What this home may do now. */
export interface Standing {
  readonly level: Level;
  /** What stands in the way of more; null where nothing does. */
  readonly reason: PauseReason | null;
  /** Since when it stands so, ms since epoch. */
  readonly sinceAt: number;
  /** When the reason ends by itself at the soonest, ms since epoch; null where nobody can say. */
  readonly untilAt: number | null;
  /** Every reason that holds, the told one first. */
  readonly all: readonly { readonly reason: PauseReason; readonly sinceAt: number; readonly detail: string | null }[];
}

interface WatchDoors {
  /** Null reads nothing: every signal is unknown. */
  readonly source: SignalSource | null;
  readonly clock: HomeClock;
  readonly rules: RulesFile;
  readonly counts: DayCounts;
  readonly board: PauseBoard;
  /** True for processes of the home's own work. */
  readonly owns: (pid: number) => boolean;
  /** Jobs that run now. */
  readonly running: () => number;
  /** When the owner's own pause ends, ms since epoch. */
  readonly ownerUntilAt: () => number | null;
  /** The rules that hold now, and those that held before; called when that changed. */
  readonly onRuled: (now: readonly Ruled[], before: readonly Ruled[]) => void;
  /** Called with each look. */
  readonly onLook: () => void;
  readonly lookMs: number;
}

/** The card's use is read over a moment: so long after a job it may still be ours. */
const AFTERGLOW_MS = 3_000;

export class HomeWatch {
  readonly #doors: WatchDoors;
  readonly #listeners = new Set<(standing: Standing) => void>();
  #memory: StandingMemory = NO_MEMORY;
  #ruled: readonly Ruled[] = [];
  #signals: HomeSignals;
  #workedMs = Number.NEGATIVE_INFINITY;
  #freeSinceAt: number;
  #told = '';
  #matcher: { readonly rules: HomeRules; readonly match: AppMatcher };
  #apps: {
    readonly of: readonly RunningApp[] | null;
    readonly rules: HomeRules;
    readonly open: readonly OpenApp[] | null;
  };
  #schedule: {
    readonly rules: HomeRules;
    readonly untilAt: number;
    readonly fromAt: number;
    readonly now: ScheduleNow;
  } | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(doors: WatchDoors) {
    this.#doors = doors;
    const { rules } = doors.rules;
    this.#freeSinceAt = doors.clock.wallAt();
    this.#matcher = makeMatcher(rules);
    this.#apps = { of: null, rules, open: null };
    this.#signals = this.#measure(NO_READINGS, doors.clock.wallAt());
  }

  start(): void {
    const { source, lookMs } = this.#doors;
    source?.start(() => this.look());
    this.#timer = setInterval(() => this.look(), lookMs).unref();
    this.look();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#doors.source?.close();
  }

  get rules(): HomeRules {
    return this.#doors.rules.rules;
  }

  /** What the machine said last. */
  signals(): HomeSignals {
    return this.#signals;
  }

  /** Hears of every change of the standing. Gives the way out. */
  onChange(listener: (standing: Standing) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  standing(): Standing {
    const { board, ownerUntilAt } = this.#doors;
    const held = board.all;
    const eco = this.#ruled.filter(({ stage }) => stage === 'eco');
    const detailOf = (reason: PauseReason): Ruled | undefined => this.#ruled.find((one) => one.reason === reason);
    const all = [...held, ...eco.filter((one) => !held.some(({ reason }) => reason === one.reason))].map(
      ({ reason, sinceAt }) => ({
        reason,
        sinceAt: detailOf(reason)?.sinceAt ?? sinceAt,
        detail: detailOf(reason)?.detail ?? null,
      }),
    );
    const [first] = all;
    const untilAt =
      first?.reason === 'owner' ? ownerUntilAt() : first ? (detailOf(first.reason)?.untilAt ?? null) : null;
    const level = held.length > 0 ? 'off' : eco.length > 0 ? 'eco' : 'full';
    return { level, reason: first?.reason ?? null, sinceAt: first?.sinceAt ?? this.#freeSinceAt, untilAt, all };
  }

  /** Looks now: after a signal, a rule or a job changed. */
  look(): void {
    const { clock, rules, onRuled, onLook, source } = this.#doors;
    const wallAt = clock.wallAt();
    const nowMs = clock.steadyMs();
    if (this.#doors.running() > 0) this.#workedMs = performance.now();
    this.#signals = this.#measure(source?.readings() ?? NO_READINGS, wallAt);
    const facts = {
      signals: this.#signals,
      rules: rules.rules,
      schedule: this.#scheduleAt(wallAt),
      previous: this.#memory,
    };
    const decided = decideStanding({ ...facts, nowMs, wallAt });
    const before = this.#ruled;
    this.#memory = decided.memory;
    this.#ruled = decided.ruled;
    if (nameRuled(before) !== nameRuled(decided.ruled)) onRuled(decided.ruled, before);
    this.tellChange();
    onLook();
  }

  /** Tells listeners where the standing is another than it was; also after the board changed. */
  tellChange(): void {
    const standing = this.standing();
    const told = `${standing.level} ${standing.all.map(({ reason }) => reason).join()}`;
    if (told === this.#told) return;
    const wasTold = this.#told !== '';
    this.#told = told;
    if (wasTold && standing.reason === null) this.#freeSinceAt = this.#doors.clock.wallAt();
    if (wasTold || standing.reason !== null) for (const tell of this.#listeners) tell(this.standing());
  }

  #measure(readings: Readings, wallAt: number): HomeSignals {
    const { owns, counts, running } = this.#doors;
    const { gpus, apps, ...rest } = readings;
    const isWorking = performance.now() - this.#workedMs < AFTERGLOW_MS;
    const { bytes, jobs } = counts.now(wallAt);
    const measured = gpus === null ? null : measureGpus(gpus, { owns, isWorking });
    return {
      ...rest,
      gpus: measured,
      openApps: this.#findOpen(apps),
      trafficBytes: bytes,
      jobsToday: jobs + running(),
    };
  }

  /** Some hundred programs against some dozen patterns: only when either changed. */
  #findOpen(apps: readonly RunningApp[] | null): readonly OpenApp[] | null {
    const { rules } = this.#doors.rules;
    if (this.#apps.of === apps && this.#apps.rules === rules) return this.#apps.open;
    if (this.#matcher.rules !== rules) this.#matcher = makeMatcher(rules);
    const open = apps?.map((app) => this.#matcher.match(app)).filter((app) => app !== null) ?? null;
    this.#apps = { of: apps, rules, open };
    return open;
  }

  /** The same until the half hour is over, unless rules or the clock are changed. */
  #scheduleAt(at: number): ScheduleNow {
    const { rules } = this.#doors.rules;
    const kept = this.#schedule;
    if (kept && kept.rules === rules && at >= kept.fromAt && at < kept.untilAt) return kept.now;
    const now = readSchedule(rules.schedule.week, at);
    const untilAt = Math.min(at + 60_000, now.nextChangeAt ?? Infinity, now.midnightAt);
    this.#schedule = { rules, fromAt: at, untilAt, now };
    return now;
  }
}

/** Each program is held against the lists once, as long as it and the lists stay. */
function makeMatcher(rules: HomeRules): { readonly rules: HomeRules; readonly match: AppMatcher } {
  const match = matchApps(rules.apps);
  const known = new WeakMap<RunningApp, { readonly found: OpenApp | null }>();
  return {
    rules,
    match: (app) => {
      const before = known.get(app);
      if (before) return before.found;
      const found = match(app);
      known.set(app, { found });
      return found;
    },
  };
}

function nameRuled(ruled: readonly Ruled[]): string {
  return ruled.map(({ reason, stage }) => `${reason}/${stage}`).join();
}
