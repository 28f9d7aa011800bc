// What one minute of a node was, out of its log: work first, else what it stood in for the longest time. Pure.
import { PASSED_OVER } from '../../schema/placement.ts';
import type { PassedOver } from '../../schema/placement.ts';
import type { PauseReason } from '../../schema/frames-to-hub.ts';
import { offeredAt } from './offered-models.ts';
import type { Offered, OfferedSince } from './offered-models.ts';

/** What a node stands in. `coolingUntilAt` in the past means that it no longer cools down. */
export interface Standing {
  readonly paused: PauseReason | null;
  readonly isConnected: boolean;
  readonly coolingUntilAt: number | null;
  readonly coolingReason: string | null;
  /** Nobody watched: how it stood is not known. */
  readonly isUnseen?: boolean;
}

export type MinuteKind = 'job' | 'offline' | 'unseen' | 'paused' | 'cooling' | 'passed' | 'quiet';

/** How often each reason for passing a node over was met. */
export type WhyCounts = Readonly<Partial<Record<PassedOver, number>>>;

/** One minute of one node; what its kind does not speak of is null. */
export interface IdleMinute {
  /** Its first ms. */
  readonly at: number;
  readonly kind: MinuteKind;
  readonly paused: PauseReason | null;
  readonly coolingUntilAt: number | null;
  readonly coolingReason: string | null;
  /** Jobs that began in it. */
  readonly jobs: number;
  /** Every call of this minute that could have come here, whatever the kind. */
  readonly why: WhyCounts;
  /** What it offered then; null where nobody has written it down. */
  readonly offered: Offered | null;
}

export interface Change extends Standing {
  readonly at: number;
}

export interface Span {
  readonly fromAt: number;
  readonly toAt: number;
}

/** What a node's minutes are read of. */
export interface MinuteFacts {
  changes: Change[];
  spans: Span[];
  /** Starts of the jobs that run. */
  running: number[];
  /** Minute number → counts by COLUMN: why it was passed over, and the jobs that began. */
  counts: Map<number, number[]>;
  offered: readonly OfferedSince[];
}

/** Where each count stands in a minute's row, also in rows that hubs have saved: a new reason goes to the end, or old minutes would tell another one. */
export const COLUMN: Readonly<Record<PassedOver | 'jobs', number>> = {
  farther: 0,
  slower: 1,
  promise: 2,
  'earned-more': 3,
  full: 4,
  cold: 5,
  cooling: 6,
  wish: 7,
  price: 8,
  context: 9,
  excluded: 10,
  'own-first': 11,
  jobs: 12,
  dirtier: 13,
};
export const ZEROS: readonly number[] = Object.values(COLUMN).map(() => 0);
export const AWAY: Standing = { paused: null, isConnected: false, coolingUntilAt: null, coolingReason: null };
export const UNSEEN: Standing = { ...AWAY, isUnseen: true };

export function readMinute(log: MinuteFacts, span: Span): IdleMinute {
  const row = log.counts.get(Math.floor(span.fromAt / 60_000)) ?? ZEROS;
  const why: Partial<Record<PassedOver, number>> = {};
  for (const reason of PASSED_OVER) {
    const count = row[COLUMN[reason]] ?? 0;
    if (count > 0) why[reason] = count;
  }
  const offered = offeredAt(log.offered, span.toAt);
  const none = { paused: null, coolingUntilAt: null, coolingReason: null };
  const plain = { at: span.fromAt, ...none, jobs: row[COLUMN.jobs] ?? 0, why, offered };
  const worked =
    log.running.some((fromAt) => fromAt < span.toAt) ||
    log.spans.some((job) => job.fromAt < span.toAt && job.toAt >= span.fromAt);
  if (worked) return { ...plain, kind: 'job' };
  const { standing, kind } = findLongest(log.changes, span);
  if (kind === 'paused') return { ...plain, kind, paused: standing.paused };
  if (kind === 'cooling')
    return { ...plain, kind, coolingUntilAt: standing.coolingUntilAt, coolingReason: standing.coolingReason };
  if (kind === 'offline' || kind === 'unseen') return { ...plain, kind };
  return { ...plain, kind: Object.keys(why).length > 0 ? 'passed' : 'quiet' };
}

type Stood = 'offline' | 'unseen' | 'paused' | 'cooling' | 'ready';

/** What a node stood in for the longest time of a span. */
function findLongest(changes: readonly Change[], span: Span): { standing: Standing; kind: Stood } {
  let best = { standing: AWAY, kind: 'offline' as Stood, ms: -1 };
  const sums = new Map<string, number>();
  const add = (standing: Standing, kind: Stood, fromAt: number, toAt: number): void => {
    const ms = Math.min(toAt, span.toAt) - Math.max(fromAt, span.fromAt);
    if (ms <= 0) return;
    const key = `${kind} ${standing.paused ?? ''}`;
    const sum = (sums.get(key) ?? 0) + ms;
    sums.set(key, sum);
    if (sum > best.ms) best = { standing, kind, ms: sum };
  };
  add(AWAY, 'offline', -Infinity, changes[0]?.at ?? Infinity);
  changes.forEach((change, index) => {
    const toAt = changes[index + 1]?.at ?? Infinity;
    if (!change.isConnected) return add(change, change.isUnseen ? 'unseen' : 'offline', change.at, toAt);
    if (change.paused !== null) return add(change, 'paused', change.at, toAt);
    const warmAt = Math.min(toAt, Math.max(change.at, change.coolingUntilAt ?? -Infinity));
    add(change, 'cooling', change.at, warmAt);
    add(change, 'ready', warmAt, toAt);
  });
  return best;
}
