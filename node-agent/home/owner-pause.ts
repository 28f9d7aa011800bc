// The owner's own pause: at once or after the jobs that run, for a while, until a time of day or until told otherwise. It outlives restarts, in
// DIR/owner-pause.json: who paused the machine and started it anew wants it still.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { Log } from '../log.ts';
import { KeptFile, readKept } from './kept-file.ts';
import type { OwnerAnswer, OwnerAsk } from './owner-line.ts';
import type { PauseBoard } from './pause-board.ts';

const keptSchema = z.object({ untilAt: z.number().nullable() }).nullable();
/** A pause that a restart takes over; null where there is none. */
export type KeptPause = z.output<typeof keptSchema>;

const FILE = 'owner-pause.json';
/** The longest that a timer holds; what ends later is looked at again then. */
const TIMER_MOST_MS = 2_000_000_000;
/** The owner is answered once the pause is kept, so that no kill loses what was answered; a disk that hangs holds the answer no longer than so. */
const KEEP_MS = 2_000;

interface OwnerPauseDoors {
  readonly board: PauseBoard;
  /** Ends every job as preempted and frees the models' memory; gives how many jobs there were. */
  readonly handOver: () => Promise<number>;
  /** Lets running jobs end and frees the memory then; gives how many there are. */
  readonly letFinish?: () => number;
  /** ms since epoch. */
  readonly now: () => number;
  /** ms that only grow; performance.now by default. */
  readonly steady?: () => number;
  /** Keeps the pause for the next start, or that there is none. */
  readonly keep?: (pause: KeptPause) => Promise<void>;
}

/** When it ends: by the steady clock after a length of time, by the wall's at a time of day. */
interface End {
  readonly by: 'steady' | 'wall';
  readonly at: number;
}

export class OwnerPause {
  readonly #doors: OwnerPauseDoors;
  #timer: NodeJS.Timeout | undefined;
  /** Null for a pause without an end, and where there is none. */
  #end: End | null = null;

  constructor(doors: OwnerPauseDoors) {
    this.#doors = doors;
  }

  /** Takes over what the last run kept; one whose time is over is none. */
  restore(kept: KeptPause): void {
    const { now, board } = this.#doors;
    if (kept === null || (kept.untilAt !== null && kept.untilAt <= now())) return;
    this.#setEnd(kept.untilAt === null ? null : { by: 'wall', at: kept.untilAt });
    board.set('owner', true);
  }

  /** When the pause ends by itself, ms since epoch by the machine's clock as it stands now; null when there is none or it has no end. */
  get untilAt(): number | null {
    if (this.#end === null) return null;
    return this.#end.by === 'wall' ? this.#end.at : this.#doors.now() + this.#leftMs();
  }

  /** Does what the owner asks; a pause is answered when the machine is free, or at once where jobs may end first. */
  async obey(ask: OwnerAsk<'pause' | 'resume'>): Promise<OwnerAnswer> {
    const startedAt = performance.now();
    const handedOver = ask.do === 'pause' ? await this.#pause(ask) : await this.#resumeKept();
    const { board } = this.#doors;
    return { paused: board.reason, untilAt: this.untilAt, handedOver, tookMs: performance.now() - startedAt };
  }

  /** Ends a pause whose time is over: timers stand still while a machine sleeps. */
  check(): void {
    if (this.#end !== null && this.#leftMs() <= 0) void this.#resume();
  }

  /** No timer stays behind. */
  close(): void {
    clearTimeout(this.#timer);
  }

  async #pause({ forMs, untilAt = null, when = 'now' }: OwnerAsk<'pause'>): Promise<number> {
    const { board, handOver, letFinish, keep } = this.#doors;
    if (untilAt !== null) this.#setEnd({ by: 'wall', at: untilAt });
    else this.#setEnd(forMs === null ? null : { by: 'steady', at: this.#steady() + forMs });
    const kept = waitFor(keep?.({ untilAt: this.untilAt }));
    // The hub hears of the pause before it hears of the jobs' end, so that none of them comes back here.
    board.set('owner', true);
    const isNow = when === 'now' || !letFinish;
    if (!isNow) letFinish();
    const [handedOver] = await Promise.all([isNow ? handOver() : 0, kept]);
    return handedOver;
  }

  async #resumeKept(): Promise<number> {
    await waitFor(this.#resume());
    return 0;
  }

  #resume(): Promise<void> | undefined {
    this.#setEnd(null);
    const kept = this.#doors.keep?.(null);
    this.#doors.board.set('owner', false);
    return kept;
  }

  #setEnd(end: End | null): void {
    clearTimeout(this.#timer);
    this.#end = end;
    if (end !== null) this.#arm(end);
  }

  /** A length of time is the timer's; a time of day is looked at when the timer says, since clocks are set and machines sleep. */
  #arm(end: End): void {
    const leftMs = Math.min(TIMER_MOST_MS, Math.max(1, Math.ceil(this.#leftMs())));
    this.#timer = setTimeout(() => {
      if (end.by === 'steady') void this.#resume();
      else this.check();
      if (this.#end === end) this.#arm(end);
    }, leftMs).unref();
  }

  #leftMs(): number {
    if (this.#end === null) return Infinity;
    return this.#end.at - (this.#end.by === 'wall' ? this.#doors.now() : this.#steady());
  }

  #steady(): number {
    return (this.#doors.steady ?? performance.now.bind(performance))();
  }
}

/** The pause that the last run left, and how to keep the next. A damaged file counts as none. */
export async function openPauseFile(
  folder: string,
  log: Log,
): Promise<{ readonly kept: KeptPause; readonly keep: (pause: KeptPause) => Promise<void> }> {
  const path = join(folder, FILE);
  const file = new KeptFile(path, log);
  const kept = await readKept(path, keptSchema, log);
  return { kept, keep: (pause) => file.write(`${JSON.stringify(pause)}\n`) };
}

async function waitFor(kept: Promise<void> | undefined): Promise<void> {
  if (!kept) return;
  const limit = new AbortController();
  const late = sleep(KEEP_MS, undefined, { signal: limit.signal }).catch(() => undefined);
  await Promise.race([kept, late]);
  limit.abort();
}
