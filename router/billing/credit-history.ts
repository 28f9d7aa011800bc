// The door to where an account's credit came from, and when: its events that are no part's, by the account's own index, with what they moved in its books.
import type { CreditSums } from '../../schema/credit.ts';
import { nameCreditEvent } from './name-credit-event.ts';
import type { CreditEventType } from './name-credit-event.ts';

/** Where a page begins: behind this event. */
export interface CreditPlace {
  readonly at: number;
  readonly id: string;
}

export interface CreditEvent {
  readonly id: string;
  /** ms since epoch. */
  readonly at: number;
  readonly type: CreditEventType;
  /** Units that came, below 0 for what went, in all and by kind. */
  readonly amount: number;
  readonly kinds: CreditSums;
  readonly memo: string | null;
}

export interface CreditHistory {
  /** The newest first; a page may have fewer than `limit` and a next one. Rejects when D1 does. */
  readonly list: (
    accountId: string,
    before: CreditPlace | null,
    limit: number,
  ) => Promise<{ readonly data: CreditEvent[]; readonly next: CreditPlace | null }>;
}

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly at: number;
  readonly memo: string | null;
  /** JSON: units by book. */
  readonly moved: string;
}

export function makeCreditHistory(db: D1Database): CreditHistory {
  return {
    list: async (accountId, before, limit) => {
      const { results } = await db
        .prepare(before ? OLDER : NEWEST)
        .bind(accountId, limit + 1, ...(before ? [before.at, before.id] : []))
        .all<Row>();
      const shown = results.slice(0, limit);
      const last = shown.at(-1);
      const data = shown.flatMap((row) => toEvent(accountId, row));
      return { data, next: results.length > limit && last ? { at: last.at, id: last.id } : null };
    },
  };
}

/** None for what moved no credit: what homes earned stands in other books until it is turned into some. */
function toEvent(accountId: string, { id, kind, at, memo, moved }: Row): CreditEvent[] {
  const books = JSON.parse(moved) as Readonly<Record<string, number>>;
  const kinds = {
    granted: books[accountId] ?? 0,
    earned: books[`${accountId}:earned`] ?? 0,
    bought: books[`${accountId}:bought`] ?? 0,
  };
  if (Object.values(kinds).every((amount) => amount === 0)) return [];
  const amount = kinds.granted + kinds.earned + kinds.bought;
  return [{ id, at, type: nameCreditEvent({ id, kind, books: Object.keys(books) }), amount, kinds, memo }];
}

const page = (where: string): string => `SELECT e.id, e.kind, e.at, e.memo,
      (SELECT json_group_object(p.book, p.amount) FROM postings AS p WHERE p.event_id = e.id) AS moved
    FROM events AS e WHERE e.account_id = ?1 AND e.job_id IS NULL ${where} ORDER BY e.at DESC, e.id DESC LIMIT ?2`;
const NEWEST = page('');
const OLDER = page('AND (e.at, e.id) < (?3, ?4)');
