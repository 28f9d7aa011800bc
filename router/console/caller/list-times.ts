// Hours, days and months of a span, each with its place in a chart, and how each is written: in UTC. Pure.
import { monthOf } from '../../billing/compute-periods.ts';
import type { Locale } from '../../look/words.ts';

/** What each counts from 1970 on. */
export type UsageTime = 'hour' | 'day' | 'month';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const LAST_HOUR = 23;

/** Also those without a job: a chart's bars stand at their times. */
export function listTimes(
  time: UsageTime,
  { fromDay, toDay }: { readonly fromDay: number; readonly toDay: number },
): readonly number[] {
  const [first, last] = {
    hour: [fromDay * 24, toDay * 24 + LAST_HOUR] as const,
    day: [fromDay, toDay] as const,
    month: [monthOf(fromDay), monthOf(toDay)] as const,
  }[time];
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

/** `isShort`: under a chart, where the year is plain. */
export function formatUsageTime(time: UsageTime, at: number, locale: Locale, isShort: boolean): string {
  const ms = { hour: at * HOUR_MS, day: at * DAY_MS, month: Date.UTC(1970, at, 1) }[time];
  const day = { day: 'numeric', month: 'short', ...(!isShort && { year: 'numeric' }) } as const;
  const options = {
    hour: isShort ? ({ hour: '2-digit', minute: '2-digit' } as const) : { ...day, hour: '2-digit', minute: '2-digit' },
    day,
    month: { month: 'short', year: 'numeric' },
  }[time] as Intl.DateTimeFormatOptions;
  const tag = locale === 'en' ? 'en-GB' : locale;
  return new Intl.DateTimeFormat(tag, { ...options, hourCycle: 'h23', timeZone: 'UTC' }).format(ms);
}
