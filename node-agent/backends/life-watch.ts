// Whether a model server that says nothing is at work on a job. Any byte of it counts (comments, empty deltas, thinking); where none comes it
// is asked something small beside the job, and an answer counts however late it comes and whatever it says.
import { MAX_FIRST_TOKEN_S } from '../../schema/timings.ts';

export interface LifeLimits {
  /** How often it is told that the server is at work. */
  readonly tellEveryMs: number;
  /** A server that was silent for so long is looked at, one look at a time. */
  readonly lookAfterMs: number;
  /** One that answers looks while it works is taken for frozen after so long without a byte and without an answer. */
  readonly frozenMs: number;
}

export interface LifeDoors {
  /** Asks the server something small; true when it answered. Never rejects; gives up after `timeoutMs`, or when aborted. */
  readonly look: (timeoutMs: number, signal: AbortSignal) => Promise<boolean>;
  /**
   * True for a product that is known to answer while it works. Of another server that has answered no look in this job the open
   * connection is the only sign of life: it may do one thing at a time, and is not cut before the longest limit of any caller.
   */
  readonly answersAtWork: () => boolean;
  /** Called about every `tellEveryMs`, as long as the server is at work; `moves`: a byte has come since the last call. */
  readonly onAlive: (moves: boolean) => void;
}

/** Of one job, from its beginning to `stop`. */
export class LifeWatch {
  readonly #limits: LifeLimits;
  readonly #doors: LifeDoors;
  /** Of the last look: few jobs are silent for so long that there is one. */
  #stop: AbortController | null = null;
  #signAt = performance.now();
  #isHeld = false;
  #moves = false;
  #isLooking = false;
  #hasAnswered = false;
  #onFrozen: ((silentMs: number) => void) | null = null;
  readonly #ticker: NodeJS.Timeout;

  constructor(limits: LifeLimits, doors: LifeDoors) {
    this.#limits = limits;
    this.#doors = doors;
    this.#ticker = setInterval(() => this.#tick(), limits.tellEveryMs);
  }

  /** From now on the server's answer is waited for; `onFrozen` is told for how long there was no sign of life, ms. */
  attend(onFrozen: (silentMs: number) => void): void {
    this.#onFrozen = onFrozen;
    this.hold(false);
  }

  /** The answer is over. What else the agent does for the job, and asks the server, has limits of its own, and is work. */
  rest(): void {
    this.#onFrozen = null;
  }

  /** The server has sent something. */
  hear(): void {
    this.#moves = true;
    this.#noteSign();
  }

  #noteSign(): void {
    this.#signAt = performance.now();
  }

  /** While nothing is read of the server its silence is not its own. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#noteSign();
  }

  stop(): void {
    clearInterval(this.#ticker);
    this.#stop?.abort();
  }

  #tick(): void {
    if (this.#isHeld || this.#onFrozen === null) this.#noteSign();
    const silentMs = performance.now() - this.#signAt;
    const { lookAfterMs, frozenMs } = this.#limits;
    if (silentMs >= lookAfterMs && !this.#isLooking) void this.#look(frozenMs);
    const limitMs =
      this.#doors.answersAtWork() || this.#hasAnswered ? frozenMs : Math.max(frozenMs, MAX_FIRST_TOKEN_S * 1000);
    if (silentMs > limitMs) return this.#onFrozen?.(limitMs);
    this.#doors.onAlive(this.#moves);
    this.#moves = false;
  }

  async #look(timeoutMs: number): Promise<void> {
    this.#isLooking = true;
    const { signal } = (this.#stop = new AbortController());
    const hasAnswered = await this.#doors.look(timeoutMs, signal);
    this.#isLooking = false;
    if (!hasAnswered || signal.aborted) return;
    this.#hasAnswered = true;
    this.#noteSign();
  }
}
