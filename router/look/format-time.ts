// Times as people read them: in UTC, as every page says, and spans in the largest units that matter. Pure.
import type { Locale } from './words.ts';

/** `29 Nov 2026, 06:12`; ms since epoch. */
export function formatTime(at: number, locale: Locale): string {
  return new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: 'UTC',
  }).format(at);
}

/** `29 Nov 2026`. */
export function formatDay(at: number, locale: Locale): string {
  return new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, { dateStyle: 'medium', timeZone: 'UTC' }).format(
    at,
  );
}

/** For `<time datetime>`. */
export function formatIso(at: number): string {
  return new Date(at).toISOString();
}

const STEPS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** `3 hours ago`, `in 5 minutes`. */
export function formatAgo(at: number, now: number, locale: Locale): string {
  const by = at - now;
  const [unit, size] = STEPS.find(([, ms]) => Math.abs(by) >= ms) ?? ['second', 1000];
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(Math.round(by / size), unit);
}

/** `290 ms`, `4.2 s`, `12 min`. */
export function formatSpan(ms: number, locale: Locale): string {
  const write = (value: number, unit: string, digits: number): string =>
    new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits }).format(
      value,
    );
  if (ms < 1000) return write(ms, 'millisecond', 0);
  if (ms < 120_000) return write(ms / 1000, 'second', 1);
  return ms < 7_200_000 ? write(ms / 60_000, 'minute', 0) : write(ms / 3_600_000, 'hour', 1);
}
