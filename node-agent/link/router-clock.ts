// The router's time at home: as its challenge told it, and as a clock that nobody can set has gone on since. The machine's own clock is only compared.

export interface Clocks {
  /** ms since epoch, as the machine believes; it may be wrong, and be set at any moment. */
  readonly wall: () => number;
  /** ms that only grow. */
  readonly steady: () => number;
}

const MACHINE: Clocks = { wall: () => Date.now(), steady: () => performance.now() };

/** Less than this is the way from the router, or a clock that is well. */
export const CLOCK_OFF_MS = 5000;

export class RouterClock {
  readonly #clocks: Clocks;
  readonly #routerAt: number;
  readonly #heardAt: number;

  /** `routerAt`: the router's time, ms since epoch, just heard. */
  constructor(routerAt: number, clocks: Clocks = MACHINE) {
    this.#clocks = clocks;
    this.#routerAt = routerAt;
    this.#heardAt = clocks.steady();
  }

  /** The router's time now, ms since epoch. */
  now(): number {
    return this.#routerAt + this.#clocks.steady() - this.#heardAt;
  }

  /** How far this machine's clock is ahead of the router's, ms; below 0 where it is behind. */
  get aheadMs(): number {
    return this.#clocks.wall() - this.now();
  }
}

/** A difference of clocks for the owner's eyes: `3 min 20 s behind`; null where they agree. */
export function describeClock(aheadMs: number): string | null {
  if (Math.abs(aheadMs) < CLOCK_OFF_MS) return null;
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  const units = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = units.findIndex(([count]) => count > 0);
  const told = units.slice(first, first + 2).flatMap(([count, unit]) => (count > 0 ? [`${count} ${unit}`] : []));
  return `${told.join(' ')} ${aheadMs > 0 ? 'ahead' : 'behind'}`;
}
