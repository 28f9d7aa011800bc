// What the parts of one job come to for its caller, in whatever order their settlements arrive. Pure.
import type { Fate, PartBill, SettlementJson } from '../../schema/settlement.ts';
import { countAsked } from './decide-charge.ts';
import { priceAnswer } from './price-answer.ts';

/** One job of several parts as its caller's account keeps it until an hour after its hold has lapsed. */
export interface JobTally {
  /** When the job's hold lapses, ms since epoch: without an end until then nothing is charged. */
  readonly expiresAt: number;
  /** Parts whose settlements have come, in any order. */
  readonly parts: readonly PartBill[];
  /** Parts among them that wait for the job's fate. */
  readonly waiting: number;
  /** What was charged and how many parts were booked before anyone knew that the job had several. */
  readonly before: { readonly charge: number; readonly parts: number };
  /** Units charged so far, `before` included. */
  readonly booked: number;
  /** True once the job is in the account's totals. */
  readonly isCounted: boolean;
  /** The edge's word that no further part ends the job. */
  readonly release: { readonly fate: Fate; readonly interrupted: number } | null;
}

/** A job without parts. */
export function openTally(expiresAt: number, before: JobTally['before']): JobTally {
  const isCounted = before.parts > 0;
  return { expiresAt, parts: [], waiting: 0, before, booked: before.charge, isCounted, release: null };
}

/** A settlement as a line of its job's bill. What its hub charges nothing for counts nothing. */
export function billPart(settlement: SettlementJson): PartBill {
  const { part, isFinal, outcome, ticket, charge } = settlement;
  const isCharged = charge > 0;
  const byNetwork = outcome === 'failed-by-network' || outcome === 'interrupted-by-network';
  return {
    part,
    isFinal,
    isLost: byNetwork && settlement.ttftMs === null,
    fate: outcome === 'complete' || outcome === 'cancelled' || outcome === 'cut-off' ? 'charged' : 'free',
    priceIn: Number(ticket.priceIn),
    priceOut: Number(ticket.priceOut),
    promptTokens: isCharged && ticket.chargePrompt ? countAsked(settlement) : 0,
    outputTokens: isCharged ? settlement.outputTokens : 0,
    interrupted: settlement.interrupted ?? 0,
    resumedTokens: settlement.resumedTokens ?? null,
  };
}

/**
 * How the job ended; null while nobody knows. The part with the highest number ends it if it is a final one: a lower one that
 * takes itself for final was left by its edge. The edge's word ends it where no part does, and so does the hold's expiry, free.
 */
export function decideFate(tally: JobTally, now: number): Fate | null {
  const end = findEnd(tally);
  if (tally.release?.fate === 'free') return 'free';
  if (end) return end.fate;
  if (tally.release) return tally.release.fate;
  return now >= tally.expiresAt ? 'free' : null;
}

/** True where the answer that the job ended with went on from what earlier parts sent; else nobody was given that. */
export function isCarried(tally: JobTally): boolean {
  return countInterrupted(tally, findEnd(tally)) > 0;
}

/** True when no further part can be charged: what is left of the hold can go back. */
export function isTallied(tally: JobTally, now: number): boolean {
  const fate = decideFate(tally, now);
  if (fate !== 'charged') return fate === 'free';
  const end = findEnd(tally);
  const arrived = tally.before.parts + tally.parts.filter((part) => !part.isLost).length - (end ? 1 : 0);
  return arrived >= countInterrupted(tally, end);
}

/**
 * Units that the job comes to by what has arrived. Parts that broke off count nothing where the answer went on from none: then nobody was
 * given what they sent. Never falls when a part is added to a job that has ended.
 */
export function computeDue(tally: JobTally, now: number): number {
  if (decideFate(tally, now) !== 'charged') return 0;
  const end = findEnd(tally);
  const isContinued = countInterrupted(tally, end) > 0;
  const earlier = isContinued ? tally.parts.filter((part) => part !== end) : [];
  return (isContinued ? tally.before.charge : 0) + priceAnswer(earlier, end);
}

/** What each of the waiting parts is charged now, in units: together what is due and not yet booked, each at most what its hub decided. */
export function shareDue(
  waiting: readonly { readonly part: number; readonly charge: number }[],
  dueNow: number,
): Map<number, number> {
  let rest = Math.max(0, dueNow);
  const shares = new Map<number, number>();
  for (const { part, charge } of waiting.toSorted((a, b) => a.part - b.part)) {
    const share = Math.min(charge, rest);
    rest -= share;
    shares.set(part, share);
  }
  return shares;
}

function findEnd(tally: JobTally): PartBill | null {
  let last: PartBill | null = null;
  for (const part of tally.parts) if (!part.isLost && (!last || part.part > last.part)) last = part;
  return last?.isFinal ? last : null;
}

function countInterrupted(tally: JobTally, end: PartBill | null): number {
  return end ? end.interrupted : (tally.release?.interrupted ?? 0);
}

/** The shares of a job whose price was agreed beforehand: all of it once anything is charged, and nothing where nothing is. `price`: units. */
export function raiseShares(
  booking: { readonly settlements: readonly SettlementJson[]; readonly shares: ReadonlyMap<number, number> },
  price: number,
): ReadonlyMap<number, number> {
  const { settlements, shares } = booking;
  const sum = [...shares.values()].reduce((all, share) => all + share, 0);
  const last = settlements.findLast(({ part }) => (shares.get(part) ?? 0) > 0);
  if (!last || sum >= price) return shares;
  return new Map(shares).set(last.part, (shares.get(last.part) ?? 0) + price - sum);
}
