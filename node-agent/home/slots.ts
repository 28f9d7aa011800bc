// How many jobs this home runs, in all and on each backend. Counts only: a node never queues.

/** Hands out places for jobs. A key is one backend. */
export class Slots<K> {
  #limit: number;
  readonly #limits = new Map<K, number>();
  readonly #taken = new Map<K, number>();
  #running = 0;
  #idle: (() => void)[] = [];
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#limit = 0;
    this.#onChange = onChange;
  }

  get limit(): number {
    return this.#limit;
  }

  get running(): number {
    return this.#running;
  }

  /** Sets the limits anew; running jobs stay. `limit` caps the sum of all backends. */
  setLimits(limits: ReadonlyMap<K, number>, limit: number): void {
    this.#limits.clear();
    for (const [key, slots] of limits) this.#limits.set(key, slots);
    this.#limit = limit;
  }

  /** A function that gives the place back (once), or null when there is none. */
  take(key: K): (() => void) | null {
    const taken = this.#taken.get(key) ?? 0;
    if (this.#running >= this.#limit || taken >= (this.#limits.get(key) ?? 0)) return null;
    this.#taken.set(key, taken + 1);
    this.#running += 1;
    this.#onChange();
    let isHeld = true;
    return () => {
      if (isHeld) this.#release(key);
      isHeld = false;
    };
  }

  /** Resolves when no job runs. */
  async whenIdle(): Promise<void> {
    while (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #release(key: K): void {
    this.#taken.set(key, (this.#taken.get(key) ?? 1) - 1);
    this.#running -= 1;
    this.#onChange();
    if (this.#running > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
