// Why this home takes no work now: every reason that holds, and the one that is told. State only; others decide when a reason holds.
import type { PauseReason } from '../../schema/frames-to-hub.ts';

/** Reasons that the owner's rules set, and nobody else. */
export const RULE_REASONS: readonly PauseReason[] = [
  'schedule',
  'exclusive-app',
  'gpu-in-use',
  'user-active',
  'memory',
  'temperature',
  'power-cap',
  'battery',
  'metered',
  'traffic',
  'job-limit',
];

/** The reason told first when several hold: what the owner did comes before what happened. */
const ORDER: readonly PauseReason[] = [
  'draining',
  'owner',
  'update',
  ...RULE_REASONS,
  'disk',
  'backend-down',
  'outbox',
];

/** A reason that holds. */
export interface Held {
  readonly reason: PauseReason;
  /** ms since epoch. */
  readonly sinceAt: number;
}

export class PauseBoard {
  readonly #since = new Map<PauseReason, number>();
  readonly #onChange: () => void;
  readonly #now: () => number;

  /** `onChange` is called when the told reason changes; `now` gives ms since epoch. */
  constructor(onChange: () => void, now: () => number = Date.now) {
    this.#onChange = onChange;
    this.#now = now;
  }

  /** The reason to tell, or null when the home takes work. */
  get reason(): PauseReason | null {
    return ORDER.find((reason) => this.#since.has(reason)) ?? null;
  }

  /** Every reason that holds, the one that is told first. */
  get all(): Held[] {
    return ORDER.flatMap((reason) => {
      const sinceAt = this.#since.get(reason);
      return sinceAt === undefined ? [] : [{ reason, sinceAt }];
    });
  }

  set(reason: PauseReason, holds: boolean): void {
    const before = this.reason;
    if (!holds) this.#since.delete(reason);
    else if (!this.#since.has(reason)) this.#since.set(reason, this.#now());
    if (this.reason !== before) this.#onChange();
  }
}
