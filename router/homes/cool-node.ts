// How long a home that failed is left alone: five seconds, twice as long each time it fails again, until a job ends well there. Pure.
import type { FailRecord } from '../../schema/records.ts';

/** How a home failed a part. */
export type Breakage =
  | 'no-head'
  | 'unusable'
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

/** What each failure is called where an owner reads it. */
export const BREAKAGE_TEXT: Readonly<Record<Breakage, string>> = {
  'no-head': 'it did not answer when a job was given to it',
  unusable: 'the router could not use what it says of itself; update the agent, or share fewer models',
  lost: 'its connection broke off in the middle of a job',
  fault: 'its model server failed on different prompts of different callers',
  unreachable: 'its model server was away',
  'first-token-timeout': 'the first word of an answer did not come in time',
  'token-timeout': 'it fell silent in the middle of an answer',
  protocol: 'it sent what is not an answer',
};

/** The pause after a failure at `now`, `firstPauseMs` for the first one; jobs that began before a pause and fail during it are the same failure. */
export function coolNode(
  last: Cooling | null,
  failure: { readonly reason: Breakage; readonly now: number; readonly firstPauseMs: number },
): Cooling {
  const { reason, now, firstPauseMs } = failure;
  if (last && now < last.untilAt) return last;
  const pauseMs = last ? Math.min(LONGEST_PAUSES * firstPauseMs, 2 * last.pauseMs) : firstPauseMs;
  return { reason, untilAt: now + pauseMs, pauseMs };
}
