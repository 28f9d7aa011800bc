// Which of recent parts went wrong and which were slow, for somebody who looks for what to mend. Pure.
import { quantile } from '../../schema/quantile.ts';
import type { ReadFact } from './pack-facts.ts';

/** What nobody did wrong. */
const FINE: ReadonlySet<string> = new Set(['complete', 'cancelled']);
/** Of a model with fewer first tokens than this nobody knows what is slow. */
const LEAST_KNOWN = 20;
/** Slow by itself, and never slow, ms, whatever the model's usual is. */
const SLOW_MS = 10_000;
const QUICK_MS = 1000;

export interface OddPart extends ReadFact {
  readonly account: string;
}

export interface OddParts {
  /** Parts that were looked at. */
  readonly looked: number;
  /** Where there were more in the time that was asked for, when the oldest of those that were looked at ended, ms since epoch; else null. */
  readonly cutAt: number | null;
  readonly failed: readonly OddPart[];
  readonly failedCount: number;
  /** Whose first token came later than those of 95 in 100 of its model, or than ten seconds; none that took less than one. */
  readonly slow: readonly OddPart[];
  readonly slowCount: number;
}

/** `parts`: the newest first. */
export function pickOdd(parts: readonly OddPart[], limit: number): Omit<OddParts, 'cutAt'> {
  const failed = parts.filter(({ outcome }) => !FINE.has(outcome));
  const bounds = boundsOf(parts);
  const slow = parts.filter(
    ({ ttftMs, model, outcome }) => ttftMs !== null && FINE.has(outcome) && ttftMs > (bounds.get(model) ?? SLOW_MS),
  );
  return {
    looked: parts.length,
    failed: failed.slice(0, limit),
    failedCount: failed.length,
    slow: slow.slice(0, limit),
    slowCount: slow.length,
  };
}

function boundsOf(parts: readonly OddPart[]): Map<string, number> {
  const bounds = new Map<string, number>();
  for (const [model, ofModel] of Map.groupBy(parts, (part) => part.model)) {
    const times = ofModel.flatMap(({ ttftMs }) => (ttftMs === null ? [] : [ttftMs]));
    bounds.set(
      model,
      times.length < LEAST_KNOWN ? SLOW_MS : Math.min(SLOW_MS, Math.max(QUICK_MS, quantile(times, 0.95))),
    );
  }
  return bounds;
}
