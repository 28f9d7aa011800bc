// What a wait in line leaves of an ask, and what its caller reads of it. Pure.
import { addWait } from '../../schema/home-reasons.ts';
import type { JobOffer } from '../../schema/offer.ts';
import type { Decision } from '../../schema/placement.ts';

/** The ask once it has waited: what that took is gone of its caller's limits for the first token. */
export function lessWait(offer: JobOffer, waitedMs: number): JobOffer {
  const { maxFirstTokenMs, mostFirstTokenMs } = offer;
  return {
    ...offer,
    maxFirstTokenMs: Math.max(0, maxFirstTokenMs - waitedMs),
    mostFirstTokenMs: Math.max(0, mostFirstTokenMs - waitedMs),
  };
}

/** What a caller reads of a home that was waited for. */
export function tellWait(decision: Decision, waitedMs: number): Decision {
  return { ...decision, reason: addWait(decision.reason, waitedMs), queuedMs: waitedMs };
}
