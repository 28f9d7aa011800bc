// When who waits at full homes should get a slot, from how long jobs there took lately. Pure.
import { quantile } from '../../schema/quantile.ts';

/** A job that runs longer than others did is expected to go on for this share of their time. */
const OVERDUE_SHARE = 0.25;

/** A full home as its hub has seen it. */
export interface FullHome {
  /** How long its last jobs held a slot, ms. */
  readonly heldMs: readonly number[];
  /** How long those that run have held theirs. */
  readonly runningMs: readonly number[];
}

/**
 * Expected ms until one gets a slot at one of these homes before whom `ahead` others wait. `share`: which of the times seen lately is reckoned
 * with, from 0 (the shortest) to 1. Null where nothing is known: no job has ended there yet.
 */
export function expectTurnMs(homes: readonly FullHome[], ahead: number, share: number): number | null {
  const slots: { freeAtMs: number; heldMs: number }[] = [];
  for (const { heldMs, runningMs } of homes) {
    if (heldMs.length === 0) return null;
    const held = quantile(heldMs, share);
    for (const ms of runningMs) slots.push({ freeAtMs: ms < held ? held - ms : OVERDUE_SHARE * held, heldMs: held });
  }
  const [first] = slots;
  if (!first) return null;
  let next = first;
  for (let i = 0; i <= ahead; i++) {
    next = slots.reduce((a, b) => (b.freeAtMs < a.freeAtMs ? b : a));
    if (i < ahead) next.freeAtMs += next.heldMs;
  }
  return next.freeAtMs;
}
