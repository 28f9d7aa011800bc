// Why this home takes no work now: every reason that holds, and the one that is told. State only; others decide when a reason holds.
import type { PauseReason } from '../../schema/frames-to-hub.ts';

/** The reason told first when several hold: what the owner did comes before what happened. */
const ORDER: readonly PauseReason[] = [
  'draining',
  'owner',
  'update',
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
  'disk',
  'backend-down',
  'outbox',
];

export class PauseBoard {
  readonly #reasons = new Set<PauseReason>();
  readonly #onChange: () => void;

  /** `onChange` is called when the told reason changes. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** The reason to tell, or null when the home takes work. */
  get reason(): PauseReason | null {
    return ORDER.find((reason) => this.#reasons.has(reason)) ?? null;
  }

  set(reason: PauseReason, holds: boolean): void {
    const before = this.reason;
    if (holds) this.#reasons.add(reason);
    else this.#reasons.delete(reason);
    if (this.reason !== before) this.#onChange();
  }
}
