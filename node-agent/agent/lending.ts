// The home comes first: what the machine and its owner say becomes pauses, fewer jobs at once, memory given back, and a line for each in the log.
import { setTimeout as sleep } from 'node:timers/promises';
import { STATE_WORDS } from '../../schema/state-words.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { AgentConfig } from '../config/config.ts';
import { ClockWatch } from '../home/clock-watch.ts';
import { DayCounts } from '../home/day-counts.ts';
import { DayStrip } from '../home/day-strip.ts';
import type { Ruled } from '../home/decide-standing.ts';
import { LEAST_FREE_BYTES } from '../home/disk-watch.ts';
import type { GpuSource } from '../home/gpu-reading.ts';
import { HomeWatch } from '../home/home-watch.ts';
import { MachineSignals } from '../home/machine-signals.ts';
import { OwnerPause, openPauseFile } from '../home/owner-pause.ts';
import { OwnProcesses } from '../home/own-processes.ts';
import { PlayedSignals } from '../home/played-signals.ts';
import { RulesFile } from '../home/rules-file.ts';
import { RULE_REASONS } from '../home/pause-board.ts';
import type { AgentShared } from '../jobs/job-runner.ts';
import type { Connection } from '../link/connection.ts';
import type { Log } from '../log.ts';

/** `--signals none`: nothing is read, and nothing but the owner's own word pauses. */
export const NO_SIGNALS = 'none';
const LOOK_MS = 1_000;
/** The longest that handing over may take. A backend that hangs keeps its memory; its jobs got their answers long before. */
const HAND_OVER_MS = 10_000;
/** Where time runs faster, looks come more often. */
const PLAYED_LOOK_MS = 50;

/** What was opened of the state folder. */
export interface LendingFiles {
  readonly rules: RulesFile;
  readonly counts: DayCounts;
  readonly strip: DayStrip;
  readonly pause: Awaited<ReturnType<typeof openPauseFile>>;
  readonly played: PlayedSignals | null;
}

interface LendingDoors {
  readonly config: AgentConfig;
  readonly log: Log;
  readonly files: LendingFiles;
  readonly shared: AgentShared;
  readonly link: Pick<Connection, 'status' | 'session' | 'bytes' | 'hurry'>;
  /** Null where nobody watches the cards. */
  readonly gpus: GpuSource | null;
  /** The hub should hear of the state anew. */
  readonly tellState: () => void;
  /** The disk has become full, or has room again, by what was read last. */
  readonly onDisk: () => void;
  /** The home takes work again, and its models are back. */
  readonly onReturn: () => void;
}

/** Opens the owner's rules and what is kept of the day. The error is a sentence for the owner. */
export async function openLending(config: AgentConfig, log: Log): Promise<Result<LendingFiles, string>> {
  const { state, signals } = config;
  const played = signals === null || signals === NO_SIGNALS ? ok(null) : PlayedSignals.open(signals);
  if (!played.ok) return err(played.error);
  const at = played.value?.wallAt() ?? Date.now();
  const [rules, counts, strip, pause] = await Promise.all([
    RulesFile.open(state, log),
    DayCounts.open(state, log),
    DayStrip.open(state, at, log),
    openPauseFile(state, log),
  ]);
  return ok({ rules, counts, strip, pause, played: played.value });
}

export class Lending {
  readonly watch: HomeWatch;
  readonly ownerPause: OwnerPause;
  readonly strip: DayStrip;
  /** The owner's rules, to be read and changed. */
  readonly rules: RulesFile;
  readonly #doors: LendingDoors;
  readonly #own: OwnProcesses;
  readonly #clock = new ClockWatch();
  #isEco = false;
  /** The memory of models was given back, and is wanted again once the home works. */
  #isFreed = false;
  #isAway = false;
  #isDiskFull = false;
  #jobs = 0;
  #bytes = 0;

  constructor(doors: LendingDoors) {
    this.#doors = doors;
    const { config, files, shared } = doors;
    this.strip = files.strip;
    this.rules = files.rules;
    this.#own = new OwnProcesses(listPorts(config.backends));
    this.ownerPause = new OwnerPause({
      board: shared.pause,
      handOver: () => this.handOver(),
      letFinish: () => this.#letFinish(),
      now: Date.now,
      keep: files.pause.keep,
    });
    this.watch = new HomeWatch({
      source: this.#openSource(),
      clock: files.played ?? { steadyMs: () => performance.now(), wallAt: () => Date.now() },
      rules: files.rules,
      counts: files.counts,
      board: shared.pause,
      owns: this.#own.owns,
      running: () => shared.slots.running,
      ownerUntilAt: () => this.ownerPause.untilAt,
      onRuled: (now, before) => this.#follow(now, before),
      onLook: () => this.#look(),
      lookMs: files.played ? PLAYED_LOOK_MS : LOOK_MS,
    });
  }

  /** From here on the rules hold. */
  start(): void {
    const { files } = this.#doors;
    this.ownerPause.restore(files.pause.kept);
    files.rules.watch(() => this.watch.look());
    this.watch.start();
  }

  async close(): Promise<void> {
    const { files } = this.#doors;
    this.watch.close();
    this.ownerPause.close();
    files.rules.close();
    await Promise.all([files.counts.flush(), files.strip.flush()]);
  }

  /** The owner wants the machine: every job ends as preempted and memory is freed, both at once. Gives how many jobs there were. */
  async handOver(): Promise<number> {
    const { link, shared, log, tellState } = this.#doors;
    const runner = link.session?.runner;
    const jobs = runner?.size ?? 0;
    if (jobs > 0) log.info('handing over what runs', { jobs });
    runner?.preemptAll();
    const limit = new AbortController();
    const late = sleep(HAND_OVER_MS, undefined, { signal: limit.signal }).catch(() => undefined);
    await Promise.race([Promise.all([runner?.whenIdle(), this.freeMemory()]), late]);
    limit.abort();
    // A server's models may be gone from its memory now: the next offer should say so.
    void shared.shelf.refresh();
    tellState();
    return jobs;
  }

  /** What the disk watch asks where signals are played in; undefined for the disk itself. */
  get readFree(): (() => Promise<number>) | undefined {
    const { played } = this.#doors.files;
    return played ? async () => played.readings().diskFreeBytes ?? Infinity : undefined;
  }

  /** Jobs at once as the shelf offers them, or fewer under eco. */
  setSlots(): void {
    const { slots, shelf } = this.#doors.shared;
    const all = shelf.slots;
    const some = this.#isEco ? Math.max(1, Math.floor(all * this.watch.rules.eco.slotShare)) : all;
    slots.setLimits(shelf.limits, Math.min(all, some));
  }

  /** Gives back the memory of every model; after it the machine is the owner's. Never rejects. */
  async freeMemory(): Promise<void> {
    this.#isFreed = true;
    await this.#doors.shared.shelf.unloadAll();
  }

  /** The pauses' board changed: a home that works again gets its models back. */
  noteBoard(): void {
    const isAway = this.#doors.shared.pause.reason !== null;
    const isBack = this.#isAway && !isAway;
    this.#isAway = isAway;
    this.watch.tellChange();
    if (isBack && this.#isFreed) void this.#restore();
  }

  #openSource(): MachineSignals | PlayedSignals | null {
    const { config, files, gpus } = this.#doors;
    if (files.played) return files.played;
    if (config.signals === NO_SIGNALS) return null;
    const { state } = config;
    const wantsInput = (): boolean => files.rules.rules.input.whenActive !== 'full';
    return new MachineSignals({ platform: process.platform, folder: state, gpus, wantsInput });
  }

  #look(): void {
    const { link, shared, files, log } = this.#doors;
    const wallAt = files.played?.wallAt() ?? Date.now();
    const { bytes } = link;
    const { jobs } = shared.totals.now();
    files.counts.add({ bytes: bytes - this.#bytes, jobs: jobs - this.#jobs }, wallAt);
    this.#bytes = bytes;
    this.#jobs = jobs;
    this.strip.note(this.#nameState(), wallAt);
    const { diskFreeBytes } = this.watch.signals();
    const isDiskFull = diskFreeBytes !== null && diskFreeBytes < LEAST_FREE_BYTES;
    if (isDiskFull !== this.#isDiskFull) this.#doors.onDisk();
    this.#isDiskFull = isDiskFull;
    void this.#own.look();
    this.ownerPause.check();
    const sleptMs = this.#clock.check(performance.now(), Date.now());
    if (sleptMs === 0) return;
    log.warn('the machine was asleep, or this process stood still', { forS: Math.round(sleptMs / 1000) });
    link.hurry();
  }

  #nameState(): string {
    const { link, shared } = this.#doors;
    if (shared.pause.reason !== null) return shared.pause.reason;
    if (link.status.state !== 'connected') return 'offline';
    if (shared.slots.running > 0) return 'busy';
    return this.#isEco ? 'eco' : 'idle';
  }

  /** Every reason stands on the board before anything is handed over, so that the hub sends nothing more. */
  #follow(now: readonly Ruled[], before: readonly Ruled[]): void {
    const { shared, log, tellState } = this.#doors;
    const wasHard = before.some(({ stage }) => stage === 'off');
    const stops = now.filter(({ stage }) => stage !== 'eco');
    for (const reason of RULE_REASONS)
      shared.pause.set(
        reason,
        stops.some((one) => one.reason === reason),
      );
    for (const { reason, stage, detail } of now.filter((one) => !before.some((old) => isSame(old, one))))
      log.info(stage === 'eco' ? 'fewer jobs at once' : 'no work now', {
        reason,
        why: STATE_WORDS[reason].told,
        detail: detail ?? undefined,
      });
    if (stops.length === 0 && before.some(({ stage }) => stage !== 'eco'))
      log.info('the machine is quiet: it may work again');
    this.#setEco(
      now.some(({ stage }) => stage === 'eco'),
      tellState,
    );
    if (stops.some(({ stage }) => stage === 'off') && !wasHard) void this.handOver();
    else if (stops.length > 0 && before.every(({ stage }) => stage === 'eco')) this.#letFinish();
  }

  #setEco(isEco: boolean, tellState: () => void): void {
    if (isEco === this.#isEco) return;
    this.#isEco = isEco;
    tellState();
  }

  /** What runs may end; then the memory is given back, if the home is paused still. Gives how many jobs run. */
  #letFinish(): number {
    const { slots, pause } = this.#doors.shared;
    const { running } = slots;
    void slots.whenIdle().then(() => (pause.reason === null ? undefined : this.freeMemory()));
    return running;
  }

  async #restore(): Promise<void> {
    this.#isFreed = false;
    const { shelf, pause } = this.#doors.shared;
    await shelf.restoreAll();
    await shelf.refresh();
    // Paused again meanwhile: then the next return brings it back.
    if (pause.reason === null) this.#doors.onReturn();
    else await this.freeMemory();
  }
}

function isSame(a: Ruled, b: Ruled): boolean {
  return a.reason === b.reason && a.stage === b.stage;
}

/** Of the servers on this machine. */
function listPorts(backends: readonly string[]): number[] {
  return backends.flatMap((url) => {
    if (!URL.canParse(url)) return [];
    const { port, protocol } = new URL(url);
    return [port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)];
  });
}
