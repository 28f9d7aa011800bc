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
}

/** What is told of all that a node earned. */
export function sumEarnings({ total, spent, withheld, leafEarned, leafWithheld, keptTotal }: EarnedFacts): EarningSums {
  const settled = Math.min(total, leafEarned ?? 0);
  const disputed = Math.max(0, Math.min(total, keptTotal ?? 0) - settled);
  const credited = Math.min(total, spent);
  const held = Math.min(settled, Math.max(withheld, leafWithheld));
  const payable = Math.max(0, settled - held - credited);
  const heldBack = Math.min(total - credited - payable, held + disputed);
  return { claimed: 0, credited, payable, heldBack, pending: total - credited - payable - heldBack };
}
