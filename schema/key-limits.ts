// What a key may spend and how often it may call: as the operator writes it, as lists show it, and as the account's object decides by it.
import * as z from 'zod';

/** Units; null for no limit. All of one key. */
export interface KeyLimits {
  /** Spent in a UTC day, in a UTC month, and ever. */
  readonly day: number | null;
  readonly month: number | null;
  readonly total: number | null;
  /** The most that one job may cost. */
  readonly job: number | null;
  /** In any minute. */
  readonly requests: number | null;
  readonly tokens: number | null;
  /** Jobs at once. */
  readonly concurrent: number | null;
}

/** Far above what an account may own, and a whole number still in every sum. */
const MAX_UNITS = 4_000_000_000_000_000;
const MAX_A_MINUTE = 1_000_000_000;
const MAX_AT_ONCE = 100_000;

const units = z.int().min(0).max(MAX_UNITS).nullish();
const spendSchema = z.strictObject({ day_micro: units, month_micro: units, total_micro: units });

/** A key's limits in the words of the API; what is left out or null is no limit. */
export const keyLimitsSchema = z
  .strictObject({
    spend: spendSchema.nullish(),
    requests_per_minute: z.int().min(1).max(MAX_A_MINUTE).nullish(),
    tokens_per_minute: z.int().min(1).max(MAX_A_MINUTE).nullish(),
    concurrent: z.int().min(1).max(MAX_AT_ONCE).nullish(),
    max_job_micro: units,
  })
  .transform(({ spend, ...said }): KeyLimits => ({
    day: spend?.day_micro ?? null,
    month: spend?.month_micro ?? null,
    total: spend?.total_micro ?? null,
    job: said.max_job_micro ?? null,
    requests: said.requests_per_minute ?? null,
    tokens: said.tokens_per_minute ?? null,
    concurrent: said.concurrent ?? null,
  }));

/** The same in the words of the API; null for a key without limits. */
export function tellKeyLimits(limits: KeyLimits | null): object | null {
  return (
    limits && {
      spend: { day_micro: limits.day, month_micro: limits.month, total_micro: limits.total },
      requests_per_minute: limits.requests,
      tokens_per_minute: limits.tokens,
      concurrent: limits.concurrent,
      max_job_micro: limits.job,
    }
  );
}

/** Null for limits that limit nothing. */
export function keepLimits(limits: KeyLimits | null): KeyLimits | null {
  return limits && Object.values(limits).some((limit) => limit !== null) ? limits : null;
}
