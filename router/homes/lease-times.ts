// How long jobs hold a home's slots: those that run, and the last few that ended. In memory only; says nothing of a home that is new here.
import { BoundedMap } from '../../schema/bounded-map.ts';
import type { FullHome } from '../placement/expect-turn.ts';

/** Jobs remembered of a home, and homes remembered. */
const KEPT_JOBS = 8;
const KEPT_HOMES = 1000;

interface Lease {
  readonly startedAt: number;
}

export interface HeldSlot {
  /** The home has taken the job: its time counts. */
  readonly take: () => void;
  /** The slot is free again. */
  readonly end: (now: number) => void;
}

export class LeaseTimes {
  readonly #heldMs = new BoundedMap<string, number[]>(KEPT_HOMES);
  readonly #running = new Map<string, Set<Lease>>();

  /** A job takes a slot. */
  begin(nodeId: string, startedAt: number): HeldSlot {
    const running = this.#running.get(nodeId) ?? new Set<Lease>();
    const lease = { startedAt };
    this.#running.set(nodeId, running.add(lease));
    let isTaken = false;
    return {
      take: () => void (isTaken = true),
      end: (now) => {
        if (!running.delete(lease)) return;
        if (running.size === 0 && this.#running.get(nodeId) === running) this.#running.delete(nodeId);
        if (!isTaken) return;
        const held = [...(this.#heldMs.get(nodeId) ?? []), now - startedAt];
        this.#heldMs.set(nodeId, held.slice(-KEPT_JOBS));
      },
    };
  }

  read(nodeId: string, now: number): FullHome {
    const running = [...(this.#running.get(nodeId) ?? [])];
    return {
      heldMs: this.#heldMs.get(nodeId) ?? [],
      runningMs: running.map(({ startedAt }) => now - startedAt),
    };
  }
}
