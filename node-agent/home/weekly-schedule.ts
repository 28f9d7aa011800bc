// The owner's week in half hours of local time. Asks the system's time zone what time of day a moment is, so days of 23 and 25 hours are right.
import { LEVELS, WEEKDAYS } from './lending-rules.ts';
import type { HomeRules, Level, Weekday } from './lending-rules.ts';

type Week = HomeRules['schedule']['week'];

const HALF_HOUR_MS = 1_800_000;
const SLOTS_A_DAY = 48;
/** A week, and the hour that clocks may be put back in it. */
const LOOK_AHEAD = 7 * SLOTS_A_DAY + 4;

export interface ScheduleNow {
  readonly level: Level;
  /** When another level begins, ms since epoch; null where the week has one only. */
  readonly nextChangeAt: number | null;
  /** When the local day ends, ms since epoch. */
  readonly midnightAt: number;
}

/** What the schedule says at a moment, ms since epoch. */
export function readSchedule(week: Week, at: number): ScheduleNow {
  const level = levelAt(week, at);
  let nextChangeAt: number | null = null;
  for (let i = 0, next = endOfHalfHour(at); i < LOOK_AHEAD; i++, next += HALF_HOUR_MS)
    if (levelAt(week, next) !== level) {
      nextChangeAt = next;
      break;
    }
  return { level, nextChangeAt, midnightAt: midnightAfter(at) };
}

/** The local day of a moment, as YYYY-MM-DD: what counts of a day are kept by. */
export function localDay(at: number): string {
  const day = new Date(at);
  return `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, '0')}-${String(day.getDate()).padStart(2, '0')}`;
}

/** The next moment at which local clocks show this time of day. */
export function nextTimeOfDay(hours: number, minutes: number, at: number): number {
  const day = new Date(at);
  const today = new Date(day.getFullYear(), day.getMonth(), day.getDate(), hours, minutes).getTime();
  if (today > at) return today;
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1, hours, minutes).getTime();
}

/** Seven days of 48 levels, Sunday first: what a page shows as a grid. */
export function toGrid(week: Week): Level[][] {
  return WEEKDAYS.map((day) => Array.from({ length: SLOTS_A_DAY }, (_, slot) => levelOf(week, day, slot)));
}

/** The week of such a grid; hours that are full are not named. */
export function fromGrid(grid: readonly (readonly Level[])[]): Week {
  const week: Week = {};
  for (const [i, day] of WEEKDAYS.entries()) {
    const spans = joinSlots(grid[i] ?? []);
    if (spans.length > 0) week[day] = spans;
  }
  return week;
}

function joinSlots(levels: readonly Level[]): { from: string; to: string; level: Level }[] {
  const spans: { from: string; to: string; level: Level }[] = [];
  for (let start = 0; start < levels.length;) {
    const level = levels[start] ?? 'full';
    let end = start + 1;
    while (end < levels.length && levels[end] === level) end += 1;
    if (level !== 'full') spans.push({ from: slotTime(start), to: slotTime(end), level });
    start = end;
  }
  return spans;
}

function levelAt(week: Week, at: number): Level {
  const time = new Date(at);
  const day = WEEKDAYS[time.getDay()] ?? 'sun';
  return levelOf(week, day, time.getHours() * 2 + (time.getMinutes() >= 30 ? 1 : 0));
}

/** Of spans that overlap the one that lends least counts. */
function levelOf(week: Week, day: Weekday, slot: number): Level {
  const time = slotTime(slot);
  const here = (week[day] ?? []).filter(({ from, to }) => from <= time && time < to).map(({ level }) => level);
  return LEVELS.find((level) => here.includes(level)) ?? 'full';
}

function slotTime(slot: number): string {
  return `${String(Math.floor(slot / 2)).padStart(2, '0')}:${slot % 2 === 0 ? '00' : '30'}`;
}

function endOfHalfHour(at: number): number {
  const time = new Date(at);
  const intoMs = (time.getMinutes() % 30) * 60_000 + time.getSeconds() * 1000 + time.getMilliseconds();
  return at - intoMs + HALF_HOUR_MS;
}

function midnightAfter(at: number): number {
  const day = new Date(at);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1).getTime();
}
