// What of a home's connection outlives the hub's memory: types only.
import type { Hex } from '../../schema/bytes.ts';
import type { NodeFacts, Standing } from './node-facts.ts';
import type { KeptState } from './read-state.ts';

/** A home that belongs to another hub now: it is told to dial anew once no job runs there. */
export interface Moving {
  readonly to: string;
  readonly reason: string;
  readonly sinceAt: number;
  readonly isTold: boolean;
}

/** What an agent says of itself in its hello. */
export interface AgentFacts {
  readonly version: string;
  readonly platform: string;
}

export interface Attachment {
  readonly facts: NodeFacts;
  /** What the books said last of the node; null until they were asked. */
  readonly standing: Standing | null;
  readonly hub: string;
  readonly nonce: Hex;
  readonly connectedAt: number;
  readonly isReady: boolean;
  /** What its agent drew at its start; null where it told none. */
  readonly instance: string | null;
  /** Absent in connections of before version 0.5. */
  readonly agent?: AgentFacts | null;
  /** By its card; absent until it has told its state. */
  readonly mostW?: number | null;
  /** True when a newer connection of the same node took its place: no new job, and it ends with its last part. */
  readonly isReplaced: boolean;
  /** True while a job runs: after an eviction the node must say what it runs before it gets another. */
  readonly isBusy: boolean;
  readonly state: KeptState | null;
  readonly moving: Moving | null;
}

/** As it is stored: the state as bytes. `isCut`: it could not be stored with the rest, so that the node has to tell it anew. */
export type Stored = Omit<Attachment, 'state'> & {
  readonly state: Uint8Array | KeptState | null;
  readonly isCut?: true;
};

/** What keeps a connected home from being seen by placement. */
export type Hindrance = 'told-nothing' | 'not-synced' | 'leaving' | 'replaced';
