// Homes whose data broke a step of the hub: each is left out for a while and the others work on, its owner is told, and the operator hears of it.
// In memory only: a hub that wakes tries them again.
import { BoundedMap } from '../../schema/bounded-map.ts';
import { makeLog } from '../log.ts';

const log = makeLog('homes');

const ASIDE_MS = 60_000;
const MAX_NODES = 2000;

export class AsideHomes {
  readonly #untilAt = new BoundedMap<string, number>(MAX_NODES);
  readonly #tellOwner: (nodeId: string, now: number) => void;

  /** `tellOwner` may throw as well, where it is the home's data that it touches. */
  constructor(tellOwner: (nodeId: string, now: number) => void) {
    this.#tellOwner = tellOwner;
  }

  /** A step that touches this home's data threw. */
  add(nodeId: string, error: unknown, now: number): void {
    const isNew = !this.has(nodeId, now);
    this.#untilAt.set(nodeId, now + ASIDE_MS);
    if (!isNew) return;
    log.error('home-unusable', { nodeId, error });
    try {
      this.#tellOwner(nodeId, now);
    } catch (cause) {
      log.error('owner-not-told', { nodeId, error: cause });
    }
  }

  /** True where none was set aside in this life of the hub, or lately. */
  get isEmpty(): boolean {
    return this.#untilAt.size === 0;
  }

  has(nodeId: string, now: number): boolean {
    return now < (this.#untilAt.get(nodeId) ?? 0);
  }

  /** What `read` gives, or null, and the home set aside, where it throws. */
  guard<T>(nodeId: string, now: number, read: () => T): T | null {
    try {
      return read();
    } catch (error) {
      this.add(nodeId, error, now);
      return null;
    }
  }
}
