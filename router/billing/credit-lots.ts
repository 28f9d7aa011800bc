// An account's credit, lot by lot: what was given with the same kind, end, sponsor and purpose is one lot, however often it was given. Pure.
import type { CreditKind, CreditSums } from '../../schema/credit.ts';
import { CREDIT_KINDS, NO_CREDIT } from './credit-books.ts';

/** Credit that is alike. It stands in the state text of its account, so what is not said takes no room. */
export interface Lot {
  readonly kind: CreditKind;
  /** Units. */
  readonly left: number;
  /** When it ends, ms since epoch; left out for never. */
  readonly expiresAt?: number;
  /** The account that gave it, and from which kind of its own credit: there it goes back to when it ends. */
  readonly sponsor?: string;
  readonly sponsorKind?: CreditKind;
  readonly purpose?: string;
}

/** Lots of one account at most: its state is written with every batch. */
export const MAX_LOTS = 32;

/** An account's credit before there were kinds was all granted. */
export function openLots(balance: number): readonly Lot[] {
  return balance > 0 ? [{ kind: 'granted', left: balance }] : [];
}

/**
 * With so much more. Where there are too many lots one that ends, or is a sponsor's, joins the one of the same kind, sponsor and purpose that ends next after it, or last before it:
 * the later of both ends counts then. Null where there is none such either.
 */
export function addLot(lots: readonly Lot[], added: Lot): readonly Lot[] | null {
  const isAlike = (lot: Lot): boolean =>
    lot.kind === added.kind &&
    lot.sponsor === added.sponsor &&
    lot.sponsorKind === added.sponsorKind &&
    lot.purpose === added.purpose;
  const same = lots.find((lot) => isAlike(lot) && lot.expiresAt === added.expiresAt);
  if (same) return lots.map((lot) => (lot === same ? { ...lot, left: lot.left + added.left } : lot));
  if (lots.length < MAX_LOTS || isGivable(added)) return [...lots, added].toSorted(comesFirst);
  const alike = lots.filter((lot) => isAlike(lot) && lot.expiresAt !== undefined);
  const joined = alike.find((lot) => endOf(lot) > endOf(added)) ?? alike.at(-1);
  if (!joined || added.expiresAt === undefined) return null;
  const expiresAt = Math.max(endOf(joined), added.expiresAt);
  const merged = { ...joined, left: joined.left + added.left, expiresAt };
  return [...lots.filter((lot) => lot !== joined), merged].toSorted(comesFirst);
}

/**
 * Takes units out in the stated order: what ends first goes first, then granted, earned and bought credit. `since`: when the job was held that they
 * are for, ms since epoch: what had ended by then is not for it, unless nothing else is left. Never more than there is.
 */
export function drawLots(
  lots: readonly Lot[],
  amount: number,
  since: number,
): { readonly lots: readonly Lot[]; readonly drawn: CreditSums; readonly taken: readonly Lot[] } {
  const order = [...lots.filter((lot) => endOf(lot) > since), ...lots.filter((lot) => endOf(lot) <= since)];
  return takeInOrder(lots, order, amount);
}

/** Takes units of one kind, those that end last first: it was this credit that was paid for, and is not any more. */
export function takeKind(lots: readonly Lot[], amount: number, kind: CreditKind): ReturnType<typeof drawLots> {
  return takeInOrder(lots, lots.filter((lot) => lot.kind === kind).toReversed(), amount);
}

/** Takes what may be given on: credit that does not end and that nobody gave as a sponsor. */
export function takeGivable(lots: readonly Lot[], amount: number): ReturnType<typeof drawLots> {
  return takeInOrder(lots, lots.filter(isGivable), amount);
}

function isGivable(lot: Lot): boolean {
  return lot.expiresAt === undefined && lot.sponsor === undefined;
}

function takeInOrder(lots: readonly Lot[], order: readonly Lot[], amount: number): ReturnType<typeof drawLots> {
  const taken = new Map<Lot, number>();
  const drawn = { ...NO_CREDIT };
  let missing = amount;
  for (const lot of order) {
    const part = Math.min(lot.left, missing);
    if (part <= 0) continue;
    taken.set(lot, part);
    drawn[lot.kind] += part;
    missing -= part;
  }
  return { lots: without(lots, taken), drawn, taken: [...taken].map(([lot, left]) => ({ ...lot, left })) };
}

/**
 * Ends the lots whose time is over, but for what running jobs hold that were held before: those may still spend it. `heldBefore`: units that jobs hold
 * since before a time.
 */
export function expireLots(
  lots: readonly Lot[],
  now: number,
  heldBefore: (at: number) => number,
): { readonly lots: readonly Lot[]; readonly expired: readonly Lot[] } {
  const expired = new Map<Lot, number>();
  let kept = 0;
  for (const lot of lots) {
    if (endOf(lot) > now) continue;
    const keeps = Math.min(lot.left, Math.max(0, heldBefore(endOf(lot)) - kept));
    kept += keeps;
    if (keeps < lot.left) expired.set(lot, lot.left - keeps);
  }
  if (expired.size === 0) return { lots, expired: [] };
  return { lots: without(lots, expired), expired: [...expired].map(([lot, left]) => ({ ...lot, left })) };
}

export function sumLots(lots: readonly Lot[]): CreditSums {
  const sums = { ...NO_CREDIT };
  for (const { kind, left } of lots) sums[kind] += left;
  return sums;
}

/** When a lot ends, ms since epoch; infinity for never. */
export function endOf({ expiresAt = Number.POSITIVE_INFINITY }: Lot): number {
  return expiresAt;
}

function without(lots: readonly Lot[], taken: ReadonlyMap<Lot, number>): readonly Lot[] {
  return lots.flatMap((lot) => {
    const left = lot.left - (taken.get(lot) ?? 0);
    return left > 0 ? [taken.has(lot) ? { ...lot, left } : lot] : [];
  });
}

/** The order in which they are spent. */
function comesFirst(one: Lot, other: Lot): number {
  const [end, otherEnd] = [endOf(one), endOf(other)];
  if (end !== otherEnd) return end < otherEnd ? -1 : 1;
  return CREDIT_KINDS.indexOf(one.kind) - CREDIT_KINDS.indexOf(other.kind);
}
