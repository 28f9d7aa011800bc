// Which share counts from which epoch on, by what was read of the rules on the chain so far. Pure.
import type { FeeChange } from '../../schema/fee-schedule.ts';

/** Parts of 10,000. */
export interface RuleChange extends FeeChange {
  /** Of the fees posted on a newcomer's jobs. */
  readonly bonusBps: number;
}

/** As chain/rules-chain.ts reads them. */
interface ReadRules {
  readonly values: Omit<RuleChange, 'fromEpoch'>;
  readonly next: RuleChange | null;
}

/** In the order of their epochs. */
export type RuleSchedule = readonly RuleChange[];

/** The share of an epoch, of 10,000; none before anything is known. */
export function bonusAt(schedule: RuleSchedule, epoch: number): number {
  return schedule.findLast(({ fromEpoch }) => fromEpoch <= epoch)?.bonusBps ?? 0;
}

/**
 * The schedule with what the chain says in epoch `now`. What is past stays as it was charged; what is still to come is what the chain says last, since the
 * vote may replace it. A change that counts already stands where the vote has put it, and one whose epoch nobody here has seen, from now on.
 */
export function planRules(known: RuleSchedule, { values, next }: ReadRules, now: number): RuleSchedule {
  const isComing = next !== null && next.fromEpoch > now;
  const past = known.filter(({ fromEpoch }) => fromEpoch <= now);
  const counts = next === null || isComing ? { ...values, fromEpoch: now } : next;
  const last = past.at(-1);
  const isNews = !last || last.feeBps !== counts.feeBps || last.bonusBps !== counts.bonusBps;
  const first = past.length === 0 && (next === null || isComing) ? { ...counts, fromEpoch: 0 } : counts;
  const kept = isNews ? [...past.filter(({ fromEpoch }) => fromEpoch < first.fromEpoch), first] : past;
  return isComing ? [...kept, next] : kept;
}
