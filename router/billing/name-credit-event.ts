// What an event of an account's credit is called, by its id and the books that it moved. Pure.

export type CreditEventType =
  'grant' | 'bought' | 'chain' | 'gift_in' | 'gift_out' | 'gift_back' | 'earned' | 'expired' | 'correction' | 'moved';

/** Beginnings of ids, as those who make them have them: account-credit.ts, node-spending.ts. */
const BY_ID: readonly (readonly [string, CreditEventType])[] = [
  ['take:give:', 'gift_in'],
  ['take:expire:', 'gift_back'],
  ['take:spend:', 'earned'],
  ['give:', 'gift_out'],
  ['expire:', 'expired'],
];

export function nameCreditEvent(event: {
  readonly id: string;
  readonly kind: string;
  readonly books: readonly string[];
}): CreditEventType {
  const { id, kind, books } = event;
  if (kind === 'correction') return 'correction';
  if (kind === 'grant') {
    if (books.includes('chain')) return 'chain';
    return books.includes('stripe') || books.includes('x402') ? 'bought' : 'grant';
  }
  return BY_ID.find(([begin]) => id.startsWith(begin))?.[1] ?? 'moved';
}
