// When a hub's free capacity is worth writing to the presence table. Pure; hubs and the simulated ones follow it.

/** Free capacity is written at most this often, and where it crossed zero only once it has stood there for `crossingMs`. */
export const FREE_PACE = { leastMs: 10_000, crossingMs: 5_000 };

/**
 * Due when free slots became zero while the written count was not (or the other way round), or changed by more than half. `crossedAt` is since when
 * they have been on the other side of zero (ms since epoch, null where they are not): hand it in again the next time.
 */
export function judgeFreeWrite(
  last: { readonly free: number; readonly at: number; readonly crossedAt: number | null },
  { free, now }: { readonly free: number; readonly now: number },
  pace: { readonly leastMs: number; readonly crossingMs: number } = FREE_PACE,
): { readonly isDue: boolean; readonly crossedAt: number | null } {
  const hasCrossed = (free === 0) !== (last.free === 0);
  const crossedAt = hasCrossed ? (last.crossedAt ?? now) : null;
  const isWorth =
    crossedAt === null ? Math.abs(free - last.free) * 2 > Math.max(last.free, 1) : now - crossedAt >= pace.crossingMs;
  return { isDue: isWorth && now - last.at >= pace.leastMs, crossedAt };
}
