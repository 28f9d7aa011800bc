// Why a node had no job, hour by hour for a day: minutes counted by the code of their reason, so that any language can say it. Pure.
import { PASSED_OVER } from '../../schema/placement.ts';
import type { PassedOver } from '../../schema/placement.ts';
import type { IdleMinute } from './read-minute.ts';

export const HOUR_MS = 3_600_000;
/** Hours that are over and kept. */
const KEPT_HOURS = 24;

/** One hour of one node. */
export interface IdleHour {
  /** Its first ms. */
  readonly at: number;
  /** Jobs that began in it. */
  readonly jobs: number;
  /** Calls of it that could have come here and did not. */
  readonly missed: number;
  /** Minutes by what `nameReason` says of them. */
  readonly minutes: Readonly<Record<string, number>>;
}

/** Hours that follow one another and say the same: number of the first hour, how many, jobs, missed, then pairs of reason and minutes. */
export type PackedHours = readonly [number, number, number, number, ...(string | number)[]];

type ReadMinutes = (fromAt: number, toAt: number) => readonly IdleMinute[];

/** The word for a minute: its kind, with the pause or the most frequent reason for passing it over; `job`, `offline`, `unseen`, `paused:battery`, `cooling`, `passed:farther`, `quiet:own-only`. */
export function nameReason(minute: IdleMinute): string {
  if (minute.kind === 'paused') return `paused:${minute.paused ?? 'owner'}`;
  if (minute.kind === 'quiet') return { listed: 'quiet', own: 'quiet:own-only', none: 'quiet:no-model' }[whose(minute)];
  return minute.kind === 'passed' ? `passed:${sortWhy([minute])[0]?.why ?? 'farther'}` : minute.kind;
}

/** Who could have called what it offered: everyone, its owner alone, or nobody. Where nobody wrote that down it counts as for everyone. */
export function whose({ offered }: IdleMinute): 'listed' | 'own' | 'none' {
  if (!offered || offered.listedCount > 0) return 'listed';
  return offered.ownCount > 0 ? 'own' : 'none';
}

/** Reasons with their sums, the most frequent first. */
export function sortWhy(minutes: readonly IdleMinute[]): { why: PassedOver; count: number }[] {
  return PASSED_OVER.map((why) => ({ why, count: minutes.reduce((sum, minute) => sum + (minute.why[why] ?? 0), 0) }))
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => b.count - a.count);
}

function sumHour(at: number, list: readonly IdleMinute[]): IdleHour {
  const minutes: Record<string, number> = {};
  for (const minute of list) {
    const name = nameReason(minute);
    minutes[name] = (minutes[name] ?? 0) + 1;
  }
  const missed = sortWhy(list).reduce((sum, { count }) => sum + count, 0);
  return { at, jobs: list.reduce((sum, minute) => sum + minute.jobs, 0), missed, minutes };
}

/** The hours of the last day that are over by `now`: those that were summed up already, and since then. `firstAt`: since when anything is known. */
export function foldHours(
  hours: readonly IdleHour[],
  { firstAt, now }: { readonly firstAt: number | null; readonly now: number },
  read: ReadMinutes,
): readonly IdleHour[] {
  const end = Math.floor(now / HOUR_MS) * HOUR_MS;
  const last = hours.at(-1);
  const from = last ? last.at + HOUR_MS : firstAt === null ? end : Math.floor(firstAt / HOUR_MS) * HOUR_MS;
  if (from >= end) return hours;
  const oldest = end - KEPT_HOURS * HOUR_MS;
  const folded = hours.filter((hour) => hour.at >= oldest);
  for (let at = Math.max(from, oldest); at < end; at += HOUR_MS) folded.push(sumHour(at, read(at, at + HOUR_MS)));
  return folded;
}

/** What is known of the last 24 hours, with what there is of the one that runs. */
export function joinHours(hours: readonly IdleHour[], now: number, read: ReadMinutes): readonly IdleHour[] {
  const at = Math.floor(now / HOUR_MS) * HOUR_MS;
  const past = hours.filter((hour) => hour.at < at && hour.at > at - KEPT_HOURS * HOUR_MS);
  return [...past, sumHour(at, read(at, now))];
}

export function packHours(hours: readonly IdleHour[]): PackedHours[] {
  const packed: { at: number; count: number; rest: readonly [number, number, ...(string | number)[]] }[] = [];
  for (const { at, jobs, missed, minutes } of hours) {
    const rest = [jobs, missed, ...Object.entries(minutes).flat()] as const;
    const before = packed.at(-1);
    const isNext = before && before.at + before.count * HOUR_MS === at;
    if (isNext && before.rest.join(' ') === rest.join(' ')) before.count++;
    else packed.push({ at, count: 1, rest });
  }
  return packed.map(({ at, count, rest }) => [at / HOUR_MS, count, ...rest]);
}

export function unpackHours(packed: readonly PackedHours[]): IdleHour[] {
  return packed.flatMap(([hour, count, jobs, missed, ...pairs]) => {
    const minutes: Record<string, number> = {};
    for (let i = 0; i + 1 < pairs.length; i += 2) minutes[String(pairs[i])] = Number(pairs[i + 1]);
    return Array.from({ length: count }, (_, i) => ({ at: (hour + i) * HOUR_MS, jobs, missed, minutes }));
  });
}
