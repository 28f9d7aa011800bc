// A length of time as people write it: 90s, 30m, 2h, 1d. Pure.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** A timer holds 24 days at most, and a pause this long is a stop. */
const MAX_MS = 14 * 86_400_000;

/** Milliseconds. The error names the forms that are taken. */
export function parseDuration(text: string): Result<number, string> {
  const [, count, unit = ''] = /^(\d{1,6}(?:\.\d{1,3})?)([smhd])$/.exec(text.trim().toLowerCase()) ?? [];
  const ms = Math.round(Number(count) * (UNITS[unit] ?? Number.NaN));
  if (Number.isNaN(ms) || ms < 1) return err(`'${text}' is no length of time. Write 90s, 30m, 2h or 1d.`);
  return ms > MAX_MS ? err(`'${text}' is longer than 14 days. Stop the agent instead.`) : ok(ms);
}
