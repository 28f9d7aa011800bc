// What a churn run came to, from its calls and the books: the figures that are printed. Pure.
import { quantile } from '../../schema/quantile.ts';
import type { BooksNow } from './churn-router.ts';
import type { Called } from './churn-call.ts';

/** A call with what it should have come to. */
export interface Judged {
  readonly called: Called;
  /** The undisturbed answer. */
  readonly text: string;
  readonly outputTokens: number;
  readonly charge: number;
}

export interface ChurnReport {
  readonly streams: number;
  /** Ended as an answer ends, or with an error told in its place. */
  readonly properEnd: number;
  readonly completed: number;
  /** Homes lost, and hubs that lost their memory and their sockets. */
  readonly losses: number;
  readonly hubResets: number;
  /** Answers that another home went on with. */
  readonly resumed: number;
  /** Answers that another home began, since the first was lost before a word of it. */
  readonly replaced: number;
  /** Texts that differ from the undisturbed ones by a byte or more; a broken one must be a beginning. */
  readonly exactMismatches: number;
  /** Whole answers that cost more than the undisturbed one, or count other tokens. */
  readonly overcharged: number;
  /** Whole answers that cost less: a hub that lost its memory settles nothing of what it had relayed. */
  readonly undercharged: number;
  /** Callers told to come again, who did. */
  readonly refusals: number;
  /** Whole answers that were booked above what their last words said, and within the undisturbed charge: a hub was reset between the two. */
  readonly toldTooLow: number;
  /**
   * Units by which the books are wrong: booked less than was told, or more than the undisturbed answer, or anything for an answer that
   * was not given; D1 and the account's object apart; credit still held. A fault that the ledger's check finds counts one.
   */
  readonly ledgerDelta: number;
  /** By how much a hand-over lengthened the longest pause of a stream, beyond its usual one. */
  readonly resumeAddedMs: { readonly p50: number | null; readonly p95: number | null };
  /** Why answers were not completed, and how often. */
  readonly faults: Readonly<Record<string, number>>;
}

/** `losses` and `hubResets` as they were done. */
export function sumUpChurn(
  judged: readonly Judged[],
  books: BooksNow,
  done: { readonly losses: number; readonly hubResets: number },
): ChurnReport {
  const calls = judged.map(({ called }) => called);
  const completed = judged.filter(({ called }) => called.isDone && called.error === null);
  const resumed = completed.filter(({ called }) => called.facts?.resumed);
  const addedMs = resumed.flatMap(({ called }) => measureAdded(called.gapsMs));
  return {
    streams: calls.length,
    properEnd: calls.filter((called) => called.isDone !== (called.error !== null) && called.status !== 0).length,
    completed: completed.length,
    ...done,
    resumed: resumed.length,
    replaced: completed.filter(({ called }) => !called.facts?.resumed && (called.facts?.attempts ?? 1) > 1).length,
    exactMismatches: judged.filter((one) => !isExact(one)).length,
    overcharged: completed.filter((one) => compareCharge(one) > 0).length,
    undercharged: completed.filter((one) => compareCharge(one) < 0).length,
    refusals: calls.reduce((sum, { refusals }) => sum + refusals, 0),
    toldTooLow: completed.filter((one) => bookedOf(one, books) > toldOf(one) && bookedOf(one, books) <= one.charge)
      .length,
    ledgerDelta: judged.reduce((sum, one) => sum + findDelta(one, books), findFaults(books)),
    resumeAddedMs: { p50: pick(addedMs, 0.5), p95: pick(addedMs, 0.95) },
    faults: countFaults(calls),
  };
}

function isExact({ called, text }: Judged): boolean {
  return called.isDone ? called.text === text : text.startsWith(called.text);
}

/** Above 0: too much was charged or counted; below: too little. */
function compareCharge({ called, outputTokens, charge }: Judged): number {
  if (called.usage?.completion_tokens !== outputTokens) return 1;
  return (called.facts?.charge_micro ?? Infinity) - charge;
}

function toldOf({ called }: Judged): number {
  return called.isDone ? (called.facts?.charge_micro ?? 0) : 0;
}

function bookedOf({ called }: Judged, books: BooksNow): number {
  return books.byJob.get(called.job ?? '') ?? 0;
}

function findDelta(one: Judged, books: BooksNow): number {
  const booked = bookedOf(one, books);
  const most = one.called.isDone ? one.charge : 0;
  return Math.max(0, toldOf(one) - booked) + Math.max(0, booked - most);
}

function findFaults({ isSound, paid, charged, held }: BooksNow): number {
  return Math.abs(paid - charged) + held + (isSound ? 0 : 1);
}

function measureAdded(gapsMs: readonly number[]): number[] {
  return gapsMs.length === 0 ? [] : [Math.round(quantile(gapsMs, 1) - quantile(gapsMs, 0.5))];
}

function pick(values: readonly number[], share: number): number | null {
  return values.length === 0 ? null : Math.round(quantile(values, share));
}

function countFaults(calls: readonly Called[]): Record<string, number> {
  const faults: Record<string, number> = {};
  for (const { error, isDone } of calls) {
    const fault = error ?? (isDone ? null : 'ended without a word');
    if (fault !== null) faults[fault] = (faults[fault] ?? 0) + 1;
  }
  return faults;
}
