// The days and months in which a key's spending is counted: UTC's, by the calendar. Pure.

const DAY_MS = 86_400_000;

/** Days since 1970. */
export function dayOf(at: number): number {
  return Math.floor(at / DAY_MS);
}

/** Months since 1970 of a day. */
export function monthOf(day: number): number {
  const date = new Date(day * DAY_MS);
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
}

/** When the day after `at` begins, ms since epoch. */
export function dayResetAt(at: number): number {
  return (dayOf(at) + 1) * DAY_MS;
}

/** When the month after `at` begins, ms since epoch. */
export function monthResetAt(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}
