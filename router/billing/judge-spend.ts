// Whether a key may hold so much for one more job, and what its spend limits leave. Pure.
import type { KeyLimits } from '../../schema/key-limits.ts';
import { dayResetAt, monthResetAt } from './compute-periods.ts';
import type { Spent } from './sum-spending.ts';

/** The spend limits, the one that lasts longest first: where several are reached it is the one to be told. */
export const SPEND_LIMITS = ['total', 'month', 'day'] as const;
export type SpendLimit = (typeof SPEND_LIMITS)[number];

/** A limit that is reached, or the cap on one job's price. Units. */
export interface SpendRefusal {
  readonly of: SpendLimit | 'job';
  readonly limit: number;
  /** What it leaves for one more job now. */
  readonly left: number;
  /** What the job may cost. */
  readonly amount: number;
  /** Held for the key's jobs that run: what they do not use comes back. */
  readonly held: number;
  /** When the limit begins anew, ms since epoch; null for one that never does. */
  readonly resetAt: number | null;
  /** The same from now, ms. */
  readonly retryMs: number | null;
}

export interface SpendFacts {
  readonly spent: Spent;
  /** Units set aside for other jobs of the key. */
  readonly held: number;
}

/** When a limit begins anew, ms since epoch; null for one that never does. */
export function resetOf(of: SpendLimit, now: number): number | null {
  if (of === 'total') return null;
  return of === 'day' ? dayResetAt(now) : monthResetAt(now);
}

/** The limit that a job of so many units would break; null where it breaks none. A job that costs nothing breaks none, whatever was spent. `most`: the dearest of several
 * jobs that cost `amount` together. */
export function judgeSpend(
  limits: KeyLimits,
  { spent, held }: SpendFacts,
  { amount, most = amount, now }: { readonly amount: number; readonly most?: number; readonly now: number },
): SpendRefusal | null {
  if (amount === 0) return null;
  if (limits.job !== null && most > limits.job)
    return { of: 'job', limit: limits.job, left: limits.job, amount: most, held, resetAt: null, retryMs: null };
  for (const name of SPEND_LIMITS) {
    const limit = limits[name];
    if (limit === null || spent[name] + held + amount <= limit) continue;
    const resetAt = resetOf(name, now);
    const left = Math.max(0, limit - spent[name] - held);
    return { of: name, limit, left, amount, held, resetAt, retryMs: resetAt === null ? null : resetAt - now };
  }
  return null;
}

/** Units that the spend limits leave beside what is held, 0 or more; null where there is none. */
export function leftToSpend(limits: KeyLimits | null, { spent, held }: SpendFacts): number | null {
  if (!limits) return null;
  const left = SPEND_LIMITS.flatMap((of) => (limits[of] === null ? [] : [limits[of] - spent[of] - held]));
  return left.length === 0 ? null : Math.max(0, Math.min(...left));
}
