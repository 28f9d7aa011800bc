// Which parts are decided as soon as their hub settles them, and what the others earn once it is known what their caller paid. Pure.
import { splitCharge } from '../../schema/prices.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import { allGranted } from './credit-books.ts';

/** How a part of a job was booked: by what its caller's account made of it. */
export interface BookedPart {
  readonly part: number;
  /** The account whose home it was. */
  readonly ownerAccountId: string;
  readonly outcome: string;
  /** Units that the caller paid for it. */
  readonly charge: number;
  /** What of it was paid from which credit, and how its caller and its home belong together: absent where they do not. */
  readonly paidFrom?: SettlementJson['paidFrom'];
  readonly related?: SettlementJson['related'];
  /** What the network takes of it, of 10,000; absent where that is the usual. */
  readonly feeBps?: SettlementJson['feeBps'];
  /** False where its hub's memory was lost with it, or nothing had come. */
  readonly hasToken: boolean;
}

/** What the book says of a job, and of the fees that a home's work has brought in, at one moment. */
export interface Fate {
  /** The part that is asked about; null while its caller's account has not decided it. */
  readonly part: BookedPart | null;
  readonly earlier: readonly BookedPart[];
  /** Units that this home's work brought in as fees and unpaid earnings, ever; never falls. */
  readonly brought: number;
}

/** What there is to pay from, units. */
export interface Purse {
  /** As the book has it. */
  readonly brought: number;
  /** What the home was paid out of that, or will be: all that its own object has decided. */
  readonly drawn: number;
  /** Shares of charges that other parts of the home may still claim. */
  readonly reserved: number;
}

/** How long earlier parts of a job are waited for that its last one tells of, ms. */
const EARLIER_WAIT_MS = 10 * 60_000;

/** Beside those parts that their edge has left. */
const BROKE_OFF = /^(interrupted|failed)-/;
const DELIVERED: ReadonlySet<string> = new Set(['complete', 'cancelled', 'cut-off']);
const FAILED: ReadonlySet<string> = new Set(['failed-before-token', 'failed-by-node', 'refused']);

/**
 * True where the hub's own decision stands whatever comes: the one part of a job, for which its caller pays at least what its home earns; or
 * one that earns nothing. Of any other the caller's account decides when the job has ended; so it does where caller and home belong together, since
 * only it knows from which credit the charge is paid.
 */
export function isCertain(settlement: SettlementJson): boolean {
  const { outcome, isFinal, interrupted = 0, ticket, charge, earn, related, feeBps } = settlement;
  if (FAILED.has(outcome)) return true;
  const isFree = Number(ticket.priceIn) === 0 && Number(ticket.priceOut) === 0;
  const isWhole = isFinal && interrupted === 0 && ticket.chargePrompt && DELIVERED.has(outcome);
  if (related && !isFree) return false;
  return isWhole && (isFree || earn <= splitCharge(charge, feeBps).earn);
}

/** True when the job's fate is known as far as it bears on this part. */
export function isDecided(settlement: SettlementJson, fate: Fate, now: number): boolean {
  if (!fate.part) return false;
  const missing = (settlement.interrupted ?? 0) - fate.earlier.length;
  return missing <= 0 || now >= settlement.endedAt + EARLIER_WAIT_MS;
}

/**
 * Units that a part earns of the `worth` of its counts: its share of what its caller paid for it, and beyond that at most what its home's
 * own work has brought in. A part without output, one that its home broke off, and one that its owner's homes handed on to each other
 * by their own doing get their share only. Where caller and home belong together it is the share of what bought credit paid, and never more: of
 * granted and earned credit nothing comes out again.
 */
export function decideEarn(
  part: { readonly worth: number; readonly outputTokens: number; readonly ownerAccountId: string },
  fate: { readonly part: BookedPart; readonly earlier: readonly BookedPart[] },
  purse: Purse,
): number {
  const share = shareOf(fate.part);
  const isByOwner = fate.earlier.some(
    (one) => one.hasToken && BROKE_OFF.test(one.outcome) && one.ownerAccountId === part.ownerAccountId,
  );
  const mayDraw = !fate.part.related && part.outputTokens > 0 && !fate.part.outcome.endsWith('-by-node') && !isByOwner;
  const left = mayDraw ? purse.brought - purse.drawn - purse.reserved : 0;
  return Math.min(part.worth, Math.max(share, left));
}

type Charged = Pick<BookedPart, 'charge' | 'paidFrom' | 'related' | 'feeBps'>;

/** Units of a charge that the home of a part may claim. */
export function shareOf({ charge, paidFrom, related, feeBps }: Charged): number {
  return splitCharge(related ? (paidFrom ?? allGranted(charge)).bought : charge, feeBps).earn;
}

/** Units of a charge that may ever be paid out to its home: all of it, but where caller and home belong together the share of bought credit. */
export function payableOf(part: Charged): number {
  return part.related ? shareOf(part) : part.charge;
}
