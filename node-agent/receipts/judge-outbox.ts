// Whether so much work waits for the router's acceptance that a home takes no more. Pure.

/** What waits for an answer. */
export interface OutboxFacts {
  readonly receipts: number;
  /** What all of it claims, units; and what of it was offered so long ago that an answer should be there. */
  readonly units: bigint;
  readonly agedUnits: bigint;
}

export interface OutboxLimits {
  /** Bounds memory, whatever they are worth. */
  readonly receipts: number;
  readonly units: bigint;
  readonly agedUnits: bigint;
}

/** From when an answer is late, ms: the router answers within seconds, but for parts of jobs that still go on elsewhere. */
export const AGED_MS = 600_000;
/** A credit is a million units: 10 of them, or one that is late. */
export const OUTBOX_LIMITS: OutboxLimits = { receipts: 10_000, units: 10_000_000n, agedUnits: 1_000_000n };

/** A full outbox stays full until it is half empty, so that a home does not come and go with each answer. */
export function isOutboxFull(facts: OutboxFacts, limits: OutboxLimits, wasFull: boolean): boolean {
  const times = wasFull ? 2 : 1;
  const isOver = (units: bigint, limit: bigint): boolean => units * BigInt(times) > limit;
  return (
    facts.receipts * times > limits.receipts ||
    isOver(facts.units, limits.units) ||
    isOver(facts.agedUnits, limits.agedUnits)
  );
}
