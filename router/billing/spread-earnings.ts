// What became of earnings, the oldest first: what was claimed and turned into credit came from the first that were earned, then comes what may be turned or
// claimed now, then what is held back, and last what no published epoch has yet. Pure.

/** Of one node, units since its first job; together they are all that it earned. */
export interface EarningSums {
  readonly claimed: number;
  readonly credited: number;
  readonly payable: number;
  readonly heldBack: number;
  readonly pending: number;
}

/** The order in which earnings are used up. */
const ORDER = ['claimed', 'credited', 'payable', 'heldBack', 'pending'] as const;

/** What became of `amount` units that were earned after `before` others; what goes beyond all is pending. */
export function spreadEarning(sums: EarningSums, before: number, amount: number): EarningSums {
  const spread = { claimed: 0, credited: 0, payable: 0, heldBack: 0, pending: 0 };
  let from = 0;
  for (const name of ORDER) {
    const to = name === 'pending' ? Number.POSITIVE_INFINITY : from + sums[name];
    spread[name] = Math.max(0, Math.min(before + amount, to) - Math.max(before, from));
    from = to;
  }
  return spread;
}

/** What is known of a node's earnings: its account's totals, and its leaf in the last published epoch. Units. */
export interface EarnedFacts {
  readonly total: number;
  readonly spent: number;
  readonly withheld: number;
  /** Null where it has none. */
  readonly leafEarned: number | null;
  /** What its leaf holds back. */
  readonly leafWithheld: number;
  /** Of a node whose account and book did not agree: what its account had then. */
  readonly keptTotal: number | null;
  /** Where the network pays on a chain; null where it does not. */
  readonly chain: ChainSide | null;
}

/** What is known of a node's leaf beside a chain, and what was claimed by leaves so far. Units. */
export interface ChainSide {
  /** Zero where it has no leaf. `leafSpent`: what was earned since and turned into credit is not in it. */
  readonly leafSpent: number;
  readonly leafBonus: number;
  readonly claimed: number;
}

/** What is told of all that a node earned by its jobs. What was earned comes before a bonus where something is claimed. */
export function sumEarnings(facts: EarnedFacts): EarningSums {
  const { total, spent, withheld, leafEarned, leafWithheld, keptTotal, chain } = facts;
  const settled = Math.min(total, leafEarned ?? 0);
  const disputed = Math.max(0, Math.min(total, keptTotal ?? 0) - settled);
  const credited = Math.min(total, spent);
  const held = Math.min(settled, Math.max(withheld, leafWithheld));
  const due = Math.min(total - credited, Math.max(0, settled - held - (chain ? chain.leafSpent : credited)));
  const claimed = chain ? Math.min(chain.claimed, Math.max(due, Math.min(settled, total - credited))) : 0;
  const payable = Math.max(0, due - claimed);
  const heldBack = Math.min(total - credited - claimed - payable, held + disputed);
  return { claimed, credited, payable, heldBack, pending: total - credited - claimed - payable - heldBack };
}

/** What of a bonus was not claimed yet. */
export function leftOfBonus({ claimed }: Pick<EarningSums, 'claimed'>, chain: ChainSide | null): number {
  return chain ? Math.max(0, chain.leafBonus - Math.max(0, chain.claimed - claimed)) : 0;
}
