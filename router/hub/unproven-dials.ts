// Dials that have not proved who they are: only so many stand open, in all, of an address, and of one node from one address. Where there are too
// many, whoever has most of them loses its oldest: so nobody keeps others out, however many it opens and whatever node it names.
import { MAX_UNPROVEN, MAX_UNPROVEN_OF_ADDRESS, MAX_UNPROVEN_OF_PAIR } from './door-limits.ts';

export interface UnprovenDial {
  readonly nodeId: string;
  /** The address that it came from; empty where nobody knows. */
  readonly from: string;
}

export class UnprovenDials<T> {
  /** The oldest first. */
  readonly #open = new Map<T, UnprovenDial>();

  get size(): number {
    return this.#open.size;
  }

  /** Takes one in; the one that has to go for it comes back. */
  admit(key: T, dial: UnprovenDial): T | null {
    this.#open.set(key, dial);
    const ofAddress = this.#list(({ from }) => from === dial.from);
    const ofPair = ofAddress.filter(([, { nodeId }]) => nodeId === dial.nodeId);
    if (ofPair.length > MAX_UNPROVEN_OF_PAIR) return this.#close(ofPair);
    if (ofAddress.length > MAX_UNPROVEN_OF_ADDRESS) return this.#close(findMost(ofAddress, ({ nodeId }) => nodeId));
    if (this.#open.size > MAX_UNPROVEN) return this.#close(findMost([...this.#open], ({ from }) => from));
    return null;
  }

  /** It has proved who it is, or is gone. */
  forget(key: T): void {
    this.#open.delete(key);
  }

  #list(isWanted: (dial: UnprovenDial) => boolean): [T, UnprovenDial][] {
    return [...this.#open].filter(([, dial]) => isWanted(dial));
  }

  #close([oldest]: readonly (readonly [T, UnprovenDial])[]): T | null {
    if (!oldest) return null;
    this.#open.delete(oldest[0]);
    return oldest[0];
  }
}

/** The dials of whoever has most of them, in their order. */
function findMost<T>(
  dials: readonly (readonly [T, UnprovenDial])[],
  by: (dial: UnprovenDial) => string,
): readonly (readonly [T, UnprovenDial])[] {
  const groups = Map.groupBy(dials, ([, dial]) => by(dial));
  let most: readonly (readonly [T, UnprovenDial])[] = [];
  for (const group of groups.values()) if (group.length > most.length) most = group;
  return most;
}
