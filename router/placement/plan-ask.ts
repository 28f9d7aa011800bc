// Whom to ask next for one job's home, and whether to insist, from what is ranked and what was quoted. Pure; edges and the simulator follow it.
import type { RankedHub } from './rank-hubs.ts';

/** Hubs asked for one part at most; the last is asked for its best home, kept promise or not. */
export const MAX_ASKS = 5;
/** A near hub that quotes less than this is pressed before anybody far away is looked for, ms. */
const FAR_WORTH_MS = 1500;

/** What a busy hub said that its best free home would come to, edge to hub and back included. */
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
 * The next ask: the best of those not asked yet while it should be worth another round trip beside the lowest quote, else that quote, pressed.
 * Nobody is pressed blindly where a quote is known: a hub whose free slots are all slow ones would grant one. Null when nobody is left.
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
  // An ask that comes back busy costs its way there and back before the quote is pressed after all.
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
