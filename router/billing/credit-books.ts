// The books that an account's credit stands in: one a kind, so that the book tells granted, bought and earned credit apart. Pure.
import type { CreditKind, CreditSums } from '../../schema/credit.ts';

/** In the order in which they are spent where nothing expires: bought credit lasts longest. */
export const CREDIT_KINDS = ['granted', 'earned', 'bought'] as const satisfies readonly CreditKind[];

export const NO_CREDIT: CreditSums = { granted: 0, earned: 0, bought: 0 };

/** A charge that was paid before there were kinds. */
export function allGranted(units: number): CreditSums {
  return { ...NO_CREDIT, granted: units };
}

/** What moves on between two objects: the one has given it away, the other has it not yet. */
export const TRANSIT = 'transit';

/** The book of one kind of an account's credit: that of granted credit has the account's own name. */
export function bookOf(accountId: string, kind: CreditKind): string {
  return kind === 'granted' ? accountId : `${accountId}:${kind}`;
}

/** Units that go out of an account's books by kind (into them where negative). */
export function drawFrom(accountId: string, sums: CreditSums): { readonly book: string; readonly amount: number }[] {
  return CREDIT_KINDS.map((kind) => ({ book: bookOf(accountId, kind), amount: 0 - sums[kind] }));
}

export function sumCredit(sums: CreditSums): number {
  return sums.granted + sums.earned + sums.bought;
}
