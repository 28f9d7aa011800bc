// What one key has spent, ever, in its last day and in the month of that day. Pure.
import { dayOf, monthOf } from './compute-periods.ts';

/** Units in all; the last day on which something was charged, in days since 1970; what was charged on it, and in its month. */
export type KeySpending = readonly [total: number, day: number, ofDay: number, ofMonth: number];

/** Units spent by now. */
export interface Spent {
  readonly day: number;
  readonly month: number;
  readonly total: number;
}

/** The spending after a charge at `now`. A clock that steps back adds to the last day that was begun. */
export function addSpending(before: KeySpending | undefined, charge: number, now: number): KeySpending {
  const today = dayOf(now);
  if (!before) return [charge, today, charge, charge];
  const [total, day, ofDay, ofMonth] = before;
  if (today <= day) return [total + charge, day, ofDay + charge, ofMonth + charge];
  return [total + charge, today, charge, monthOf(today) === monthOf(day) ? ofMonth + charge : charge];
}

/** What counts at `now`: of a day or a month that is over nothing does. */
export function readSpending(spending: KeySpending | undefined, now: number): Spent {
  if (!spending) return { day: 0, month: 0, total: 0 };
  const [total, day, ofDay, ofMonth] = spending;
  const today = dayOf(now);
  if (today <= day) return { day: ofDay, month: ofMonth, total };
  return { day: 0, month: monthOf(today) === monthOf(day) ? ofMonth : 0, total };
}
