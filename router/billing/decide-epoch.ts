// Which epoch is closed next, and whether a node's account and the book agree on it. Pure.
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import { findFallen } from '../../schema/epoch-leaf.ts';
import { epochOf } from '../../schema/epoch.ts';
import type { KeptReason } from '../../schema/epoch-file.ts';
import { ZERO_ADDRESS } from '../../schema/typed-data.ts';
import type { FrozenEpoch } from './node-epochs.ts';

/** An epoch is closed so long after its end: no machine's clock is as far behind. */
const CLOCKS_MS = 60_000;
/** How long what is on its way to the book is waited for, and how often it is asked again meanwhile. */
const WAIT_MS = 3_600_000;
const ASKS_A_WAIT = 20;
/** The least of both where epochs are short. */
const LEAST_MS = 250;

/** In ms. */
export interface SettleTimes {
  readonly closeAfterMs: number;
  readonly waitMs: number;
  readonly askEveryMs: number;
}

/** Of a day's epoch the longest; of shorter ones their share. */
export function planTimes(seconds: number): SettleTimes {
  const closeAfterMs = Math.min(CLOCKS_MS, Math.max(LEAST_MS, 100 * seconds));
  const waitMs = Math.min(WAIT_MS, Math.max(20 * LEAST_MS, 500 * seconds));
  return { closeAfterMs, waitMs, askEveryMs: Math.max(LEAST_MS, waitMs / ASKS_A_WAIT) };
}

/**
 * The epoch to close now; null for none. Where several are over only the last is: its leaves hold those before it. `last`: the newest that was
 * published, null for none.
 */
export function chooseEpoch(now: number, seconds: number, last: number | null): number | null {
  const over = epochOf(now - planTimes(seconds).closeAfterMs, seconds) - 1;
  return over >= 0 && over > (last ?? -1) ? over : null;
}

/** What is known of a node when its epoch is checked, units; null for what could not be asked. */
export interface NodeFacts {
  readonly frozen: FrozenEpoch | null;
  /** What the book has of the node, read before `accountNow`: the account's own total, with what it has accepted since. */
  readonly book: number | null;
  readonly accountNow: number | null;
  /** Its leaf in the file before. */
  readonly before: EpochLeaf | null;
}

/**
 * Null while the book may still get what it lacks: a node's account comes first, and the book gets the same a moment later. So the book is never ahead
 * of the account, and has all of an epoch some time after its end.
 */
export function judgeNode(
  { frozen, book, accountNow, before }: NodeFacts,
  isLastAsk: boolean,
): 'agreed' | KeptReason | null {
  if (!frozen) return isLastAsk ? 'account-away' : null;
  const leaf = before && { ...before, earned: BigInt(frozen.total), count: BigInt(frozen.count) };
  if (before && leaf && findFallen(before, leaf)) return 'account-fell';
  if (book === frozen.total) return 'agreed';
  if (book !== null && book < frozen.total) return isLastAsk ? 'book-has-less' : null;
  if (book === null || accountNow === null) return isLastAsk ? 'account-away' : null;
  return book <= accountNow ? 'agreed' : 'book-has-more';
}

/** Who a leaf is for. */
export interface LeafOwner {
  readonly address: EpochLeaf['node'];
  readonly wallet: EpochLeaf['wallet'] | null;
}

/** A node's leaf where its account and the book agree. What was spent never falls, whatever an older copy of the account says. */
export function toLeaf({ address, wallet }: LeafOwner, frozen: FrozenEpoch, before: EpochLeaf | null): EpochLeaf {
  const spent = BigInt(frozen.spent);
  return {
    node: address,
    wallet: wallet ?? ZERO_ADDRESS,
    earned: BigInt(frozen.total),
    withheld: BigInt(frozen.withheld),
    bonus: before?.bonus ?? 0n,
    count: BigInt(frozen.count),
    acceptancesRoot: frozen.acceptancesRoot,
    spent: before && before.spent > spent ? before.spent : spent,
  };
}

/** The last leaf that was agreed on, with what has been spent of it since: that must not be claimed too. */
export function keepLeaf(before: EpochLeaf, frozen: FrozenEpoch | null): EpochLeaf {
  const spent = BigInt(frozen?.spent ?? 0);
  const most = spent < before.earned ? spent : before.earned;
  return most > before.spent ? { ...before, spent: most } : before;
}
