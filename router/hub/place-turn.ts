// Where a new ask stands among those that wait: accounts take turns, and within one who came first goes first. Pure.

/** One that waits; lower turns come first. */
export interface Turn {
  readonly accountId: string;
  readonly turn: number;
  /** A guest's: behind all that are none. */
  readonly isGuest?: boolean;
}

/**
 * The new ask's turn, and its place in the line. `served`: the turn that was served last. Each account has at most one ask in a turn, so a crowd of
 * one account holds nobody else up; and since whoever comes later gets a later turn than the one that is served, nobody waits for ever, but for
 * guests where those who pay fill every slot. An answer that has begun elsewhere and goes on here is in the turn that was served already: its
 * caller has waited, and reads. A job goes on at most twice.
 */
export function placeTurn(
  line: readonly Turn[],
  {
    accountId,
    isBegun,
    isGuest = false,
  }: { readonly accountId: string; readonly isBegun: boolean; readonly isGuest?: boolean },
  served: number,
): { turn: number; at: number } {
  const last = line.reduce((most, one) => (one.accountId === accountId ? Math.max(most, one.turn) : most), served);
  const turn = isBegun ? served : last + 1;
  const isBehind = isGuest && !isBegun;
  const at = line.findIndex((one) => {
    const other = one.isGuest === true;
    return other === isBehind ? one.turn > turn : other;
  });
  return { turn, at: at < 0 ? line.length : at };
}
