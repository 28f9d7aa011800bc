// Whom to ask next for one job's home, and whether to insist, from what is ranked and what was quoted. Pure; edges and the simulator follow it.
import type { RankedHub } from './rank-hubs.ts';

/** At most this many hubs are asked for one part; the last one has to grant its best home even if that home breaks the promise. */
export const MAX_ASKS = 5;
/** A near hub that quotes less than this is pressed before anybody far away is looked for, ms. */
const FAR_WORTH_MS = 1500;

/** The score of a busy hub's best free home, as the hub quoted it; the round trip between edge and hub is included. */
export interface Quote {
  readonly hub: string;
  readonly scoreMs: number;
  readonly edgeRttMs: number;
}

export interface AskPlan {
  readonly hub: string;
  readonly preferNodeId: string | null;
  readonly edgeRttMs: number;
  /** The hub has to grant its best free home. */
  readonly isForced: boolean;
}

export interface AskRules {
  /** Asks made before. */
  readonly asks: number;
  readonly hasFallbacks: boolean;
  /** The caller named homes in order: they come before any quote of strangers. */
  readonly isOrdered?: boolean;
}

/**
 * The next ask. A hub that was not asked yet is asked as long as it should beat the lowest quote by more than the extra round trip costs.
 * Otherwise, or at the last ask, the hub that quoted least is pressed: it has to grant its best home. While any quote is known, a hub that gave
 * none is never pressed, since its free slots may all be slow ones and it would grant one of those. Null when nobody is left.
 */
export function planAsk(
  best: RankedHub | null,
  quotes: readonly Quote[],
  { asks, hasFallbacks, isOrdered = false }: AskRules,
): AskPlan | null {
  const lowest = quotes.reduce<Quote | null>(
    (least, one) => (least && least.scoreMs <= one.scoreMs ? least : one),
    null,
  );
  const isLast = asks + 1 >= MAX_ASKS || !hasFallbacks;
  // If the next hub is busy too, its round trip was lost and the quote is pressed later by as much.
  const isWorthIt = best !== null && (isOrdered || !lowest || best.scoreMs + best.edgeRttMs < lowest.scoreMs);
  if (lowest && (isLast || !isWorthIt))
    return { hub: lowest.hub, preferNodeId: null, edgeRttMs: lowest.edgeRttMs, isForced: true };
  if (!best) return null;
  const { hub, preferNodeId, edgeRttMs } = best;
  return { hub, preferNodeId, edgeRttMs, isForced: isLast };
}

/** True where no near hub is left to ask and none of the quotes is good enough to be pressed before farther ones are looked at. */
export function isFarWorth(quotes: readonly Quote[]): boolean {
  return quotes.every(({ scoreMs }) => scoreMs > FAR_WORTH_MS);
}
