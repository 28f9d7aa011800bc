// How much may be done at once and in a time: what is not used fills up again, to a brim.

/** The most that is ever there, and how much of it comes back in a second. */
export interface BucketRule {
  readonly brim: number;
  readonly perS: number;
}

/** Full at first. Times in ms of one clock; one that steps back gives nothing and takes nothing. */
export class Bucket {
  #level: number | null = null;
  #at = 0;

  /** Takes so many points if they are there; false, and nothing is taken, where they are not. */
  take(points: number, rule: BucketRule, now: number): boolean {
    const level = this.#fill(rule, now);
    if (points > level) return false;
    this.#level = level - points;
    return true;
  }

  /** Takes as many whole points as there are, up to so many, and says how many that were. */
  takeSome(most: number, rule: BucketRule, now: number): number {
    const taken = Math.max(0, Math.min(most, Math.floor(this.#fill(rule, now))));
    return this.take(taken, rule, now) ? taken : 0;
  }

  /** Puts points in beyond what time brings, up to the brim. */
  add(points: number, rule: BucketRule, now: number): void {
    const level = this.#fill(rule, now);
    this.#level = Math.max(level, Math.min(rule.brim, level + points));
  }

  /** How long until so many points are there, ms; 0 when they are. More than the brim never are: then until it is full. */
  waitMs(points: number, rule: BucketRule, now: number): number {
    const missing = Math.min(points, rule.brim) - this.#fill(rule, now);
    return missing <= 0 ? 0 : Math.ceil((missing / rule.perS) * 1000);
  }

  /** A level above a brim that was lowered stays, but does not rise. */
  #fill({ brim, perS }: BucketRule, now: number): number {
    const before = this.#level ?? brim;
    const gained = this.#level === null ? 0 : (Math.max(0, now - this.#at) / 1000) * perS;
    this.#level = before >= brim ? before : Math.min(brim, before + gained);
    this.#at = now;
    return this.#level;
  }
}
