// How long to wait before dialling again. Pure: the random number comes in.

interface BackoffRule {
  /** The widest first wait. */
  readonly startMs: number;
  readonly capMs: number;
  /** The least wait, whatever the dice say. */
  readonly floorMs: number;
}

/** For a router that is away or restarting: a fleet must not come back in step. */
export const RECONNECT: BackoffRule = { startMs: 250, capMs: 30_000, floorMs: 0 };
/** For an answer that only the owner can change: not enrolled, revoked. */
export const UNWANTED: BackoffRule = { startMs: 60_000, capMs: 300_000, floorMs: 15_000 };

/**
 * Full jitter: anywhere between the floor and the doubled width, in ms. `attempt` counts failures from 0; `random` is in [0, 1).
 * Source: the "full jitter" rule of Amazon's builders' library on timeouts and backoff.
 */
export function computeBackoff(rule: BackoffRule, attempt: number, random: number): number {
  const widthMs = Math.min(rule.capMs, rule.startMs * 2 ** Math.min(attempt, 30));
  return Math.max(rule.floorMs, Math.floor(random * widthMs));
}
