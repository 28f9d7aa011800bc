// The owner's own pause: it begins at once and lasts for a while or until told otherwise. A restart ends it: whoever starts the agent lends.
import type { OwnerAnswer, OwnerAsk } from './owner-line.ts';
import type { PauseBoard } from './pause-board.ts';

interface OwnerPauseDoors {
  readonly board: PauseBoard;
  /** Ends every job as preempted and frees the models' memory; gives how many jobs there were. */
  readonly handOver: () => Promise<number>;
  /** ms since epoch. */
  readonly now: () => number;
  /** ms that only grow; performance.now by default. */
  readonly steady?: () => number;
}

export class OwnerPause {
  readonly #doors: OwnerPauseDoors;
  #timer: NodeJS.Timeout | undefined;
  /** By the steady clock; null for a pause without an end, and where there is none. */
  #endsAt: number | null = null;

  constructor(doors: OwnerPauseDoors) {
    this.#doors = doors;
  }

  /** When the pause ends by itself, ms since epoch by the machine's clock as it stands now; null when there is none or it has no end. */
  get untilAt(): number | null {
    return this.#endsAt === null ? null : this.#doors.now() + this.#endsAt - this.#steady();
  }

  /** Does what the owner asks; a pause is answered when the machine is free. */
  async obey(ask: OwnerAsk<'pause' | 'resume'>): Promise<OwnerAnswer> {
    const startedAt = performance.now();
    const handedOver = ask.do === 'pause' ? await this.#pause(ask.forMs) : this.#resume();
    const { board } = this.#doors;
    return { paused: board.reason, untilAt: this.untilAt, handedOver, tookMs: performance.now() - startedAt };
  }

  /** No timer stays behind. */
  close(): void {
    clearTimeout(this.#timer);
  }

  async #pause(forMs: number | null): Promise<number> {
    const { board, handOver } = this.#doors;
    clearTimeout(this.#timer);
    this.#endsAt = forMs === null ? null : this.#steady() + forMs;
    if (forMs !== null) this.#timer = setTimeout(() => this.#resume(), forMs).unref();
    // The hub hears of the pause before it hears of the jobs' end, so that none of them comes back here.
    board.set('owner', true);
    return handOver();
  }

  #resume(): number {
    clearTimeout(this.#timer);
    this.#endsAt = null;
    this.#doors.board.set('owner', false);
    return 0;
  }

  #steady(): number {
    return (this.#doors.steady ?? performance.now.bind(performance))();
  }
}
