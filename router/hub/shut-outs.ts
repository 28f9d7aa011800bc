// Homes that were sent away for sending too much: how long they are kept out, and from when on the address that they dial from is too.
import { BoundedMap } from '../../schema/bounded-map.ts';
import { FLOODS_KEPT_MS, FLOODS_OF_ADDRESS, MAX_SHUT_OUT_MS } from './door-limits.ts';

const MAX_KEPT = 4096;

interface Flooded {
  /** How often within the time that is looked back. */
  readonly count: number;
  readonly at: number;
  readonly untilAt: number;
}

export class ShutOuts {
  readonly #nodes = new BoundedMap<string, Flooded>(MAX_KEPT);
  readonly #addresses = new BoundedMap<string, Flooded>(MAX_KEPT);
  readonly #firstMs: number;

  /** `firstMs`: how long the first time lasts; each further one within an hour twice as long. */
  constructor(firstMs: number) {
    this.#firstMs = firstMs;
  }

  /** A home that proved who it is sent too much; for how long it is kept out, ms. */
  note({ nodeId, from }: { nodeId: string; from: string }, now: number): number {
    const node = this.#count(this.#nodes.get(nodeId), now, 1);
    this.#nodes.set(nodeId, node);
    if (from !== '') this.#addresses.set(from, this.#count(this.#addresses.get(from), now, FLOODS_OF_ADDRESS));
    return node.untilAt - now;
  }

  /** How long a dial is kept out still, ms; 0 for one that may come in. Of an address only dials without a token are. */
  leftMs({ nodeId, from, hasToken }: { nodeId: string; from: string; hasToken: boolean }, now: number): number {
    const ofNode = this.#nodes.get(nodeId)?.untilAt ?? 0;
    const ofAddress = hasToken ? 0 : (this.#addresses.get(from)?.untilAt ?? 0);
    return Math.max(0, ofNode - now, ofAddress - now);
  }

  #count(before: Flooded | undefined, now: number, from: number): Flooded {
    const count = before && now - before.at < FLOODS_KEPT_MS ? before.count + 1 : 1;
    const lastsMs = count < from ? 0 : Math.min(MAX_SHUT_OUT_MS, this.#firstMs * 2 ** Math.min(20, count - from));
    return { count, at: now, untilAt: now + lastsMs };
  }
}
