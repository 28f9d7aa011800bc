// Times and lengths of time in words for the owner, by this machine's own time zone; JSON has ISO 8601 in their place. Pure.

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** `17:05`, at a time in ms since epoch. */
export function tellClock(at: number): string {
  const time = new Date(at);
  return `${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** The clock alone on the day of `now`, else with the day before it: `3 Nov 17:05`, `3 Nov 2025 17:05`. Both in ms since epoch. */
export function tellWhen(at: number, now: number): string {
  const [time, today] = [new Date(at), new Date(now)];
  if (time.toDateString() === today.toDateString()) return tellClock(at);
  const year = time.getFullYear() === today.getFullYear() ? '' : ` ${time.getFullYear()}`;
  return `${time.getDate()} ${MONTHS[time.getMonth()] ?? ''}${year} ${tellClock(at)}`;
}

/** `2026-11-28 17:05:09+09:00`: a line of the log, which says its time zone too. */
export function tellStamp(at: number): string {
  const time = new Date(at);
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const aheadMin = -time.getTimezoneOffset();
  const zone = `${aheadMin < 0 ? '-' : '+'}${two(Math.floor(Math.abs(aheadMin) / 60))}:${two(Math.abs(aheadMin) % 60)}`;
  return `${day} ${tellClock(at)}:${two(time.getSeconds())}${zone}`;
}

/** `29 s`, `3 min`, `2 h 5 min`, `3 d 4 h`. */
export function tellSpan(ms: number): string {
  const s = Math.round(ms / 1000);
  if (s < 90) return `${s} s`;
  const min = Math.round(s / 60);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 24) return min % 60 === 0 ? `${h} h` : `${h} h ${min % 60} min`;
  return h % 24 === 0 ? `${Math.floor(h / 24)} d` : `${Math.floor(h / 24)} d ${h % 24} h`;
}

/** Midnight before a time, by the local day; ms since epoch. */
export function findMidnight(now: number): number {
  const day = new Date(now);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
}

/** `1,234,567`. */
export function tellCount(count: number): string {
  return String(Math.round(count)).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

/** `1 job`, `2 jobs`, `1,200 jobs`. */
export function tellMany(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${tellCount(count)} ${what}s`;
}
