// How often homes may dial: who shows a token by its node, who shows none by the address that it comes from. So whoever knows no more than nodes' ids
// costs no look-up and no socket beyond a few, and keeps nobody out who was here before. Kept in this isolate's memory.
import { BoundedMap } from '../../schema/bounded-map.ts';
import { Bucket } from '../../schema/bucket.ts';

/** Of a node with a token: one that loses its line again and again dials this often at most. */
const OF_NODE = { brim: 30, perS: 1 } as const;
/** Of an address, without tokens: many homes behind one may start together. */
const OF_ADDRESS = { brim: 100, perS: 2 } as const;
/** Of one node from one address, without a token. */
const OF_PAIR = { brim: 10, perS: 0.5 } as const;
/** A node that the books do not know is not looked up again for this long; a home that enrols has a token at once. */
const UNKNOWN_MS = 10_000;
const MAX_KEPT = 10_000;

export interface KnownDial {
  readonly nodeId: string;
  /** Empty where nobody knows, as on a local network: then only what the hub holds bounds it. */
  readonly from: string;
  readonly hasToken: boolean;
}

export class DialGate {
  readonly #buckets = new BoundedMap<string, Bucket>(MAX_KEPT);
  readonly #unknown = new BoundedMap<string, number>(MAX_KEPT);

  /** How long a dial has to wait, ms; 0 for one that may go on, which is counted. */
  waitMs({ nodeId, from, hasToken }: KnownDial, now: number): number {
    if (hasToken) return this.#take(`node ${nodeId}`, OF_NODE, now);
    if (from === '') return 0;
    // Of the address first: what it is refused costs the node nothing.
    return this.#take(`address ${from}`, OF_ADDRESS, now) || this.#take(`pair ${nodeId} ${from}`, OF_PAIR, now);
  }

  /** True for a node that the books did not know a moment ago. */
  isUnknown(nodeId: string, now: number): boolean {
    return now - (this.#unknown.get(nodeId) ?? -Infinity) < UNKNOWN_MS;
  }

  noteUnknown(nodeId: string, now: number): void {
    this.#unknown.set(nodeId, now);
  }

  #take(key: string, rule: { readonly brim: number; readonly perS: number }, now: number): number {
    const bucket = this.#buckets.get(key) ?? new Bucket();
    this.#buckets.set(key, bucket);
    return bucket.take(1, rule, now) ? 0 : bucket.waitMs(1, rule, now);
  }
}
