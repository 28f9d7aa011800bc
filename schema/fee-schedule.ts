// What the network takes of a charge, epoch by epoch: the rules on the chain say from which epoch on another share counts, and the epoch that a part's
// ticket was signed in decides for it, whenever it is settled. Pure.
import * as z from 'zod';
import { FEE_BASIS_POINTS } from './prices.ts';

/** As `Rules` has it: no vote makes the fee more. */
export const MOST_FEE_BPS = 2000;

const share = (most: number): z.ZodNumber => z.number().int().min(0).max(most);

/** One share, and the first epoch that it counts in. */
export const feeChangeSchema = z.strictObject({
  fromEpoch: z.number().int().min(0),
  /** Of what callers pay, of 10,000. */
  feeBps: share(MOST_FEE_BPS),
});
export type FeeChange = z.output<typeof feeChangeSchema>;

/** In the order of their epochs. Before the first the usual share counts. */
export type FeeSchedule = readonly FeeChange[];

/** The share of an epoch, of 10,000. */
export function feeAt(schedule: FeeSchedule, epoch: number): number {
  return schedule.findLast(({ fromEpoch }) => fromEpoch <= epoch)?.feeBps ?? FEE_BASIS_POINTS;
}

/** What of a schedule can still bear on tickets that are signed from an epoch on: the change that counts in it, and those to come. */
export function feesFrom(schedule: FeeSchedule, epoch: number): FeeSchedule {
  const current = schedule.findLastIndex(({ fromEpoch }) => fromEpoch <= epoch);
  return schedule.slice(Math.max(0, current));
}
