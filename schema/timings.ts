// How long edge, hub and area wait for one another and for homes. A local network may wait otherwise, so that a test of a deadline need not
// sit it out; everywhere else these values hold. Pure.
import * as z from 'zod';

/** How long a home that lives is waited for, for its first token and for each next: of models that say nothing else, ms; of any caller at most, s. */
export const DEFAULT_FIRST_TOKEN_MS = 120_000;
export const MAX_FIRST_TOKEN_S = 600;

/** A first token is waited for this many times as long as it was expected to take, where that is more than what is waited for anyway. */
const PATIENCE = 3;

/** How long a first token is waited for that was expected after `expectedMs`: `leastMs` in any case, and never longer than `mostMs`. */
export function stretchPatience(
  leastMs: number,
  { expectedMs, mostMs }: { expectedMs: number; mostMs: number },
): number {
  return Math.max(leastMs, Math.min(mostMs, PATIENCE * expectedMs));
}

/** All in ms. */
export interface Timings {
  /** How long the body of a call may take from its first byte to its last: a megabyte in a minute is 140 kbit/s. */
  readonly bodyMs: number;
  /** How long a home has to answer `head`. */
  readonly headMs: number;
  /** First token at the latest, unless the hub expects it to take longer; for homes that never say `alive` in the part. */
  readonly firstTokenMs: number;
  /** Silence between tokens after which such a home is taken for lost. */
  readonly tokenMs: number;
  /** A home that has said `alive` in the part, and then nothing at all for so long, is lost. */
  readonly aliveMs: number;
  /** How long a cancelled home has to send its receipt before the part is settled without it. */
  readonly endMs: number;
  /** How long a part that has ended waits for its home's receipt before it is delivered without. */
  readonly receiptWaitMs: number;
  /** A hub delivers what has ended this often while it is busy; what ends after a pause it delivers at once. */
  readonly deliverEveryMs: number;
  /** The hub's own watchdogs come first; after this much more the edge gives up a hub that has stopped itself. */
  readonly hubGraceMs: number;
  /** A call that finds every home full waits so long for its turn, unless its caller states another latency. */
  readonly turnWaitMs: number;
  /** Where nobody can go on with an answer at once, somebody is waited for this long. */
  readonly resumeWaitMs: number;
  /** The same where nobody may but a home whose line broke: an agent that lives dials again within 250 ms. */
  readonly returnWaitMs: number;
  /** Homes have this long to come back with receipts of parts that died with the hub's memory; a later one is still paid. */
  readonly orphanWaitMs: number;
  /** A receipt that is offered at another hub than its ticket's waits so long, from when it was sealed, until it is given up that nothing tells of its part. */
  readonly traceWaitMs: number;
  /** A hub tries again after this long what an account or the presence table did not take. */
  readonly retryMs: number;
  /** Hubs of an area are planned anew at most this often. */
  readonly planEveryMs: number;
  /** Homes that dropped off for less than this still count where they sat: a deployment lets all of them redial. */
  readonly lingerMs: number;
  /** Who has a job's part, or looks for a home for it, tells the caller's account so often that it lives. */
  readonly holdRenewMs: number;
  /** Credit held for a job that nobody tells of goes back after this long: more than two tellings may be lost. */
  readonly holdLeaseMs: number;
  /** Where the account's object slept meanwhile, or the router was down, it waits so much longer for what is on its way. */
  readonly holdGraceMs: number;
  /** A call whose Idempotency-Key stands for one that runs waits so long for its end, before it is told to ask again. */
  readonly repeatWaitMs: number;
  /** What an account has booked waits so long for what comes after it: the book gets both at once. */
  readonly bookMs: number;
  /** A payment that was sent to be settled, and of which nothing was heard, is looked after again after so long. */
  readonly settleRetryMs: number;
  /** The minute of what a key may begin within a minute. */
  readonly rateWindowMs: number;
  /** An alert that nobody took is sent again after this long at first, and then ever less often. */
  readonly alertRetryMs: number;
  /** What a home tells of its slots counts in the plan of its area once it has told it for so long. */
  readonly slotsHeldMs: number;
  /** A home that failed is left alone for this long at first, and longer each time it fails again. */
  readonly coolingMs: number;
  /** A home that sent more than it may is kept out for this long at first, and longer each time it does so again. */
  readonly shutOutMs: number;
  /** A page is shown without a part of it that takes longer. */
  readonly pagePartMs: number;
}

export const TIMINGS: Timings = {
  bodyMs: 60_000,
  headMs: 1000,
  firstTokenMs: 10_000,
  tokenMs: 20_000,
  aliveMs: 4000,
  endMs: 2000,
  receiptWaitMs: 2000,
  deliverEveryMs: 400,
  hubGraceMs: 5000,
  turnWaitMs: 30_000,
  resumeWaitMs: 5000,
  returnWaitMs: 900,
  orphanWaitMs: 10_000,
  traceWaitMs: 400_000,
  retryMs: 5000,
  planEveryMs: 10_000,
  lingerMs: 600_000,
  holdRenewMs: 30_000,
  holdLeaseMs: 75_000,
  holdGraceMs: 15_000,
  repeatWaitMs: 10_000,
  bookMs: 5000,
  settleRetryMs: 15_000,
  rateWindowMs: 60_000,
  alertRetryMs: 5000,
  slotsHeldMs: 300_000,
  coolingMs: 5000,
  shutOutMs: 30_000,
  pagePartMs: 4000,
};

const ms = z.int().min(1);
const changesSchema = z.partialRecord(z.enum(Object.keys(TIMINGS) as (keyof Timings)[]), ms);

/** The standard timings with the changes that a JSON object names. Throws on a name or value that is none, since only a developer writes it. */
export function changeTimings(json: string): Timings {
  return { ...TIMINGS, ...changesSchema.parse(JSON.parse(json)) } as Timings;
}
