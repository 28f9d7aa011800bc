// How fast somebody may come to a door that only reads, in an isolate's memory: for doors whose answers cost the network a few looks.
import { Bucket } from '../../schema/bucket.ts';
import type { BucketRule } from '../../schema/bucket.ts';
import { BoundedMap } from '../../schema/bounded-map.ts';

/** Whoever came last; who is forgotten begins with a full bucket. */
const MOST_KNOWN = 10_000;

export class DoorPaces {
  readonly #buckets = new BoundedMap<string, Bucket>(MOST_KNOWN);

  /** Takes one of `who`'s turns at a door: seconds until the next where there is none now, else null. */
  take(door: string, who: string, { rule, now }: { readonly rule: BucketRule; readonly now: number }): number | null {
    const name = `${door} ${who}`;
    const bucket = this.#buckets.get(name) ?? new Bucket();
    this.#buckets.set(name, bucket);
    if (bucket.take(1, rule, now)) return null;
    return Math.max(1, Math.ceil(bucket.waitMs(1, rule, now) / 1000));
  }
}
