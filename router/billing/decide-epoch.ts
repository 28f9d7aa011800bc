// Which epoch is closed next, and whether a node's account and the book agree on it. Pure.
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import { findFallen, payableOf } from '../../schema/epoch-leaf.ts';
import { epochOf } from '../../schema/epoch.ts';
import type { KeptReason } from '../../schema/epoch-file.ts';
import { ZERO_ADDRESS } from '../../schema/typed-data.ts';
import type { FrozenEpoch, NodeNow } from './node-epochs.ts';

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

/** Callers' accounts book within seconds: of what lasts so long, and half of the wait, nothing is on its way. */
const STANDING_MS = 15_000;

/** What the book lacks of an account, and since when it was exactly that at every look. */
export interface Gap {
  /** Units. */
  readonly units: number;
  /** ms since epoch. */
  readonly since: number;
}

/** What is known of a node when its epoch is checked, units; null for what could not be asked. */
export interface NodeFacts {
  readonly frozen: FrozenEpoch | null;
  readonly now: NodeNow | null;
  /** Null where nothing is lacking, or `now` is. */
  readonly gap: Gap | null;
  /** Its leaf in the file before. */
  readonly before: EpochLeaf | null;
}

/** When a look is taken: `isLast` of an epoch's looks, at `at`, ms since epoch, with so long to wait in all. */
export interface Look {
  readonly isLast: boolean;
  readonly at: number;
  readonly waitMs: number;
}

/** What the book lacks at this look beside what waits in the account's own outbox; null for nothing. `last`: what the look before found, which stands where the account did not answer. */
export function findGap(now: NodeNow | null, last: Gap | null, at: number): Gap | null {
  if (!now) return last;
  const units = now.total - now.book - now.onWay;
  if (units <= 0) return null;
  return last?.units === units ? last : { units, since: at };
}

/**
 * Null while the book may still get what it lacks: a node's account comes first, and the book gets the same a moment later. So the book is never ahead
 * of the account, and has all of an epoch some time after its end. A home that goes on working is agreed on once the book has been seen to lack nothing;
 * what it has lacked all the time, the same to the unit, is missing, and hides behind no new work. A gap that moves until the last look is work.
 */
export function judgeNode({ frozen, now, gap, before }: NodeFacts, look: Look): 'agreed' | KeptReason | null {
  if (!frozen) return look.isLast ? 'account-away' : null;
  const leaf = before && { ...before, earned: BigInt(frozen.total), count: BigInt(frozen.count) };
  if (before && leaf && findFallen(before, leaf)) return 'account-fell';
  if (!now) return look.isLast ? 'account-away' : null;
  if (now.book > now.total) return 'book-has-more';
  if (now.book < frozen.total) return look.isLast ? 'book-has-less' : null;
  if (gap === null) return 'agreed';
  if (!look.isLast) return null;
  return look.at - gap.since >= Math.max(STANDING_MS, look.waitMs / 2) ? 'book-has-less' : 'agreed';
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
    bonus: most(before?.bonus ?? 0n, BigInt(frozen.bonus ?? 0)),
    count: BigInt(frozen.count),
    acceptancesRoot: frozen.acceptancesRoot,
    spent: before && before.spent > spent ? before.spent : spent,
  };
}

/**
 * A node's leaf where its account and book do not agree: all that was accepted, since a root that omits some of it contradicts what the router signed, and
 * withheld what goes beyond what could be claimed before, less what was spent since.
 */
export function holdLeaf(owner: LeafOwner, frozen: FrozenEpoch, before: EpochLeaf | null): EpochLeaf {
  const leaf = toLeaf(owner, frozen, before);
  const agreed = before ? payableOf(before) - (leaf.spent - before.spent) : 0n;
  return withPayable(leaf, least(most(agreed, 0n), payableOf(leaf)));
}

/** The leaf before, with what has been spent of it since: that must not be claimed too. Of a node whose account cannot be asked, or fell. */
export function keepLeaf(before: EpochLeaf, frozen: FrozenEpoch | null): EpochLeaf {
  const spent = least(BigInt(frozen?.spent ?? 0), before.earned);
  return spent > before.spent ? { ...before, spent } : before;
}

/** What may be claimed by a root stays what it was at least: a later one that says less would be refused by the chain, and it may have been claimed. */
export function keepPayable(leaf: EpochLeaf, before: EpochLeaf | null): EpochLeaf {
  const payable = before ? payableOf(before) : 0n;
  return payableOf(leaf) < payable ? withPayable(leaf, payable) : leaf;
}

/** Withholds what goes beyond; where that is not enough, what is told to be spent gives way. */
function withPayable(leaf: EpochLeaf, payable: bigint): EpochLeaf {
  const left = leaf.earned + leaf.bonus - leaf.spent - payable;
  return left >= 0n ? { ...leaf, withheld: left } : { ...leaf, withheld: 0n, spent: leaf.spent + left };
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
