// What a newcomer's home is paid beyond what it earns: out of the fees that bought credit really paid on its own jobs, and never more than these, so that
// nobody gains by asking himself. Pure.
import type { SettlementJson } from '../../schema/settlement.ts';
import { splitCharge } from '../../schema/prices.ts';

/** Units of bonus that one home is paid at most, ever: what ten credits' worth of work at a tenth come to. */
export const MOST_BONUS = 1_000_000;

/** The name beside its home's under which the book counts the fees that bought credit paid on its jobs. */
export function toBoughtName(nodeId: string): string {
  return `${nodeId}:bought`;
}

/** Units of fees that bought credit paid for a part as it is booked: never more than the fees have of it. */
export function countBoughtFee({
  charge,
  earn,
  paidFrom,
  feeBps,
}: Pick<SettlementJson, 'charge' | 'earn' | 'paidFrom' | 'feeBps'>): number {
  return Math.max(0, Math.min(charge - earn, splitCharge(paidFrom?.bought ?? 0, feeBps).fee));
}

/** Of one home, units. */
export interface BonusFacts {
  /** Fees that bought credit paid on its jobs, ever. */
  readonly boughtFees: number;
  /** Of all fees that its jobs brought in, what has not been paid out again, be it as a bonus. */
  readonly left: number;
  /** What it has been paid as a bonus so far. */
  readonly paid: number;
}

/** Units that are due to it now. `bonusBps`: the share that the vote has set, of 10,000. */
export function planBonus({ boughtFees, left, paid }: BonusFacts, bonusBps: number): number {
  const most = Math.min(MOST_BONUS, Math.floor((boughtFees * bonusBps) / 10_000));
  return Math.max(0, Math.min(most - paid, left));
}
