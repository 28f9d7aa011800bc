// Whether an account's object and the book in D1 tell the same story. Pure.

/** What an account's object says the book must show, and how many of its entries are still on their way. */
export interface ObjectSide {
  readonly booked: number;
  readonly waiting: number;
  /** Of these, entries that the fees could not pay yet. */
  readonly unpayable: number;
}

export interface Comparison {
  readonly account: string;
  /** Units. */
  readonly object: number;
  readonly book: number;
  readonly waiting: number;
  readonly unpayable: number;
  /** `moving` when entries were acknowledged while the two were read: ask again. */
  readonly verdict: 'equal' | 'moving' | 'different';
}

/** The object is read before and after the book, because its entries may arrive in between. */
export function compareBooks(read: {
  readonly account: string;
  readonly before: ObjectSide;
  readonly book: number;
  readonly after: ObjectSide;
}): Comparison {
  const { account, before, book, after } = read;
  const isEqual = book === before.booked || book === after.booked;
  const isMoving = before.booked !== after.booked || before.waiting > 0;
  const verdict = isEqual ? 'equal' : isMoving ? 'moving' : 'different';
  return { account, object: after.booked, book, waiting: after.waiting, unpayable: after.unpayable, verdict };
}
