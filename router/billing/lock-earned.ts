// What of a home's earnings is claimed on the chain and nowhere else: what stood in the last frozen epoch. An order may use what was earned since, so that
// no unit is both claimed and turned into credit. Pure; all amounts are units.

/** A home as an epoch was frozen: what its leaf says. */
export interface FrozenEarnings {
  readonly total: number;
  readonly spent: number;
  readonly withheld: number;
}

/** What an epoch leaves to be claimed of the home's own earnings; 0 where none was frozen. */
export function lockEarned(frozen: FrozenEarnings | null): number {
  return frozen ? Math.max(0, frozen.total - frozen.spent - frozen.withheld) : 0;
}

/** A home as an epoch is being frozen. */
export interface Freezing {
  /** All that was accepted until the epoch's end, and until now. */
  readonly total: number;
  readonly accepted: number;
  readonly spent: number;
  /** The epoch that was frozen before; null for none. */
  readonly before: FrozenEarnings | null;
}

/**
 * What a leaf says was spent: never so much that less could be claimed than by the leaf before it, which may have been claimed already. Orders of the
 * time between an epoch's end and its closing use what was earned since that end, and are told with the next. Of what was spent while there was no chain
 * everything is told.
 */
export function tellSpent({ total, accepted, spent, before }: Freezing): number {
  const most = Math.min(total, spent);
  if (!before) return most;
  const earnedSince = Math.max(0, total - before.total);
  const ahead = Math.max(0, accepted - total);
  return Math.max(Math.min(most, before.spent + earnedSince), Math.min(most, spent - ahead));
}
