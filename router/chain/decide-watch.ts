// How far the books may read what happened on the chain: only what lies so deep that no fork takes it back, block after block, and nothing more once a chain
// shows another past than the one that was read. Pure.
import type { BlockName } from './decide-post.ts';

export interface WatchFacts {
  /** The last block that was read; null before the first. */
  readonly cursor: BlockName | null;
  /** The hash that the chain has at that number now; null where it has no such block. */
  readonly cursorHash: string | null;
  /** The newest block that lies deep enough. */
  readonly deep: number;
  /** Blocks that are asked for at once. */
  readonly span: number;
}

export type WatchStep =
  | { readonly do: 'read'; readonly from: number; readonly to: number }
  | { readonly do: 'wait' }
  /** `went-back`: the block that was read last is another now. `behind`: it is not there: its node lags, or the chain went back. */
  | { readonly do: 'stop'; readonly why: 'went-back' | 'behind' };

export function decideWatch({ cursor, cursorHash, deep, span }: WatchFacts): WatchStep {
  if (cursor && cursorHash === null) return { do: 'stop', why: 'behind' };
  if (cursor && cursorHash !== cursor.hash) return { do: 'stop', why: 'went-back' };
  const from = cursor ? cursor.number + 1 : 0;
  if (from > deep) return { do: 'wait' };
  return { do: 'read', from, to: Math.min(deep, from + span - 1) };
}

/** Nodes refuse what is too long for them, each at another length: half of it then, and more again after each that was answered. */
const MOST_SPAN = 100_000;
export const FIRST_SPAN = MOST_SPAN;

export function nextSpan(span: number, wasAnswered: boolean): number {
  return wasAnswered ? Math.min(MOST_SPAN, span * 2) : Math.max(1, Math.floor(span / 2));
}
