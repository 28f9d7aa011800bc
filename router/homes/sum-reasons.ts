// What a day's hours come to by their reasons. Pure.
import type { IdleHour } from './idle-day.ts';

/** The most minutes first. */
export function sumReasons(hours: readonly IdleHour[]): { readonly code: string; readonly minutes: number }[] {
  const sums = new Map<string, number>();
  for (const hour of hours)
    for (const [code, minutes] of Object.entries(hour.minutes)) sums.set(code, (sums.get(code) ?? 0) + minutes);
  return [...sums].map(([code, minutes]) => ({ code, minutes })).toSorted((a, b) => b.minutes - a.minutes);
}

/** What kept a home from work the longest; null where nothing is known of any minute without work. */
export function mainHindrance(hours: readonly IdleHour[]): string | null {
  return sumReasons(hours).find(({ code }) => code !== 'job' && code !== 'unseen')?.code ?? null;
}

/** Of an hour without a minute null. */
export function mainReason(hour: IdleHour): string | null {
  return sumReasons([hour])[0]?.code ?? null;
}
