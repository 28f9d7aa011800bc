// What a hub is told of a node: by the edge that it dials, and by its own object. Types only.
import type { Hex } from '../../schema/bytes.ts';
import type { Place } from '../../schema/places.ts';

/** Who the edge says is dialling, from its own look-up or from a token it signed. What it may do is asked of its own object once it has proved it. */
export interface NodeFacts {
  readonly nodeId: string;
  readonly address: Hex;
  readonly ownerAccountId: string;
  readonly place: Place;
  /** The origins that it may have dialled: its hello must name one of them. */
  readonly origins: readonly string[];
  /** Of the address that it dialled from (auth/family-tags.ts); null where that tells nothing. */
  readonly family?: string | null;
}

/** What a node lends itself to: pool ids, and `public` where it answers for everyone. The higher version is the newer. */
export interface Standing {
  readonly version: number;
  readonly pools: readonly string[];
  /** What tells that a caller belongs together with it; of a connection of before version 0.2 nobody has said. */
  readonly kin?: readonly string[];
}
