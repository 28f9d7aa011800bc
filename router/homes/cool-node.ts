// How long a home that failed is left alone: five seconds, twice as long each time it fails again, until a job ends well there. Pure.
import { COOLING_WORDS } from '../../schema/cooling-words.ts';
import type { FailRecord } from '../../schema/records.ts';

/** How a home gave back most of the jobs that it was given. */
export type GivenBack = 'refused' | 'preempted' | 'slow' | 'broken';

/** How a home failed a part. */
export type Breakage =
  | 'no-head'
  | 'unusable'
  | GivenBack
  | Extract<
      FailRecord['code'],
      'lost' | 'fault' | 'unreachable' | 'first-token-timeout' | 'token-timeout' | 'protocol'
    >;

/** Why a home gets no jobs, until when, and how long this pause is. Kept until a success, so that its owner can read it. */
export interface Cooling {
  readonly reason: Breakage;
  readonly untilAt: number;
  readonly pauseMs: number;
}

/** The longest pause, in first ones: five minutes. */
const LONGEST_PAUSES = 60;
/** What is said of many jobs, and not of one, is a longer pause from the beginning: half a minute. */
const GIVEN_BACK_PAUSES = 6;
const GIVEN_BACK: readonly Breakage[] = ['refused', 'preempted', 'slow', 'broken'] satisfies readonly GivenBack[];

/** What each failure is called where an owner reads it. */
export const BREAKAGE_TEXT: Readonly<Record<Breakage, string>> = COOLING_WORDS;

/** The pause after a failure at `now`, `firstPauseMs` for the first one; jobs that began before a pause and fail during it are the same failure. */
export function coolNode(
  last: Cooling | null,
  failure: { readonly reason: Breakage; readonly now: number; readonly firstPauseMs: number },
): Cooling {
  const { reason, now, firstPauseMs } = failure;
  if (last && now < last.untilAt) return last;
  const leastMs = GIVEN_BACK.includes(reason) ? GIVEN_BACK_PAUSES * firstPauseMs : firstPauseMs;
  const pauseMs = last ? Math.max(leastMs, Math.min(LONGEST_PAUSES * firstPauseMs, 2 * last.pauseMs)) : leastMs;
  return { reason, untilAt: now + pauseMs, pauseMs };
}
