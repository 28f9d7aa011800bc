// Notices that the machine was asleep, or that this process stood still: the clock on the wall went on, and nobody looked.

/** Less is a busy machine. */
const LEAST_MS = 15_000;

export class ClockWatch {
  #steadyMs: number | null = null;
  #wallAt = 0;

  /**
   * Called every second or so, with a clock that only grows (it stands still while many machines sleep) and the one on the wall. Gives for how long
   * nobody looked, ms; 0 where nothing was missed. A clock that was set forward looks the same.
   */
  check(steadyMs: number, wallAt: number): number {
    const isFirst = this.#steadyMs === null;
    const gone = Math.max(steadyMs - (this.#steadyMs ?? steadyMs), wallAt - this.#wallAt);
    this.#steadyMs = steadyMs;
    this.#wallAt = wallAt;
    return !isFirst && gone >= LEAST_MS ? gone : 0;
  }
}
