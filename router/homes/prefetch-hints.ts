// Which idle home is told that callers want a model which is not in its memory. A hint only, given seldom; in memory.
import type { PassedOver } from '../../schema/placement.ts';
import type { ServingHome } from './make-homes.ts';

/** A home is given a hint at most this often; a model's next home at the earliest when the last one may have loaded it. */
const NODE_EVERY_MS = 60_000;
const MODEL_EVERY_MS = 5000;
/** Reasons of homes that suited the call but could not start in time: those a hint may help. */
const LOST_TO_TIME: ReadonlySet<PassedOver> = new Set(['cold', 'promise', 'slower', 'farther']);

export class PrefetchHints {
  readonly #toldAt = new Map<string, number>();
  readonly #nextAt = new Map<string, number>();

  /**
   * The home to tell, for a call of `model` that could not be promised here: idle, with the model on disk, soonest loaded. Null for
   * none now. That it says how long loading takes means that its owner lets jobs load it.
   */
  choose(
    model: string,
    homes: readonly ServingHome[],
    { passedOver, now }: { passedOver: ReadonlyMap<string, PassedOver>; now: number },
  ): ServingHome | null {
    if (now < (this.#nextAt.get(model) ?? 0)) return null;
    const cold = homes.filter(({ home, isCooling }) => {
      const why = passedOver.get(home.nodeId);
      const isDue = now - (this.#toldAt.get(home.nodeId) ?? -Infinity) >= NODE_EVERY_MS;
      return home.loadMs > 0 && home.active === 0 && !isCooling && isDue && why !== undefined && LOST_TO_TIME.has(why);
    });
    const best = cold.toSorted((a, b) => a.home.loadMs - b.home.loadMs)[0] ?? null;
    if (!best) return null;
    this.#toldAt.set(best.home.nodeId, now);
    this.#nextAt.set(model, now + Math.max(MODEL_EVERY_MS, best.home.loadMs));
    return best;
  }

  /** The node is gone. */
  forget(nodeId: string): void {
    this.#toldAt.delete(nodeId);
  }
}
