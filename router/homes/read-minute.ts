// What one minute of a node was, out of its log: work first, else what it stood in for the longest time. Pure.
import { PASSED_OVER } from '../../schema/placement.ts';
import type { PassedOver } from '../../schema/placement.ts';
import type { Change, IdleMinute, NodeLog, Span, Standing } from './idle-log.ts';
import { offeredAt } from './offered-models.ts';

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

export function readMinute(log: NodeLog, span: Span): IdleMinute {
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
  if (kind === 'offline') return { ...plain, kind };
  return { ...plain, kind: Object.keys(why).length > 0 ? 'passed' : 'quiet' };
}

type Stood = 'offline' | 'paused' | 'cooling' | 'ready';

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
    if (!change.isConnected) return add(change, 'offline', change.at, toAt);
    if (change.paused !== null) return add(change, 'paused', change.at, toAt);
    const warmAt = Math.min(toAt, Math.max(change.at, change.coolingUntilAt ?? -Infinity));
    add(change, 'cooling', change.at, warmAt);
    add(change, 'ready', warmAt, toAt);
  });
  return best;
}
