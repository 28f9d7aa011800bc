// What an event of Stripe's means for one of our checkouts: pure. What we asked for is what counts, never what the event alone says.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { StripeNews } from './read-stripe-event.ts';

/** A checkout as it stands in D1. Cents. */
export interface CheckoutRow {
  readonly id: string;
  readonly accountId: string;
  readonly amount: number;
  readonly currency: string;
  readonly isLive: boolean;
  readonly state: CheckoutState;
  readonly session: string | null;
  readonly paymentIntent: string | null;
  readonly refunded: number;
}

export type CheckoutState = 'new' | 'open' | 'unpaid' | 'paid' | 'failed' | 'expired';

/** One credit is one US dollar: a cent is 10,000 units. */
export const UNITS_A_CENT = 10_000;
export const CURRENCY = 'usd';

/** What is to be done, in units; `source` names what takes back. */
export type CheckoutStep =
  | { readonly do: 'grant'; readonly eventId: string; readonly amount: number; readonly paymentIntent: string | null }
  | { readonly do: 'note'; readonly state: 'unpaid' | 'failed' | 'expired'; readonly paymentIntent: string | null }
  | {
      readonly do: 'take-back';
      readonly source: string;
      readonly upTo: number;
      readonly refunded: number;
      readonly why: string;
    }
  | { readonly do: 'restore'; readonly source: string };

/** `too-early`: the payment that it is about has not been told yet, and Stripe is to tell this again; others are faults that nobody mends by asking again. */
export type CheckoutFault =
  'livemode-differs' | 'account-differs' | 'session-differs' | 'amount-differs' | 'currency-differs' | 'too-early';

/** What news of a checkout asks for, or why it changes nothing. */
export function judgeCheckout(
  row: CheckoutRow,
  news: Exclude<StripeNews, { kind: 'other' }> & { readonly isLive: boolean },
): Result<CheckoutStep, CheckoutFault> {
  if (news.isLive !== row.isLive) return err('livemode-differs');
  if (news.currency !== row.currency) return err('currency-differs');
  switch (news.kind) {
    case 'paid':
    case 'completed-unpaid':
    case 'failed':
    case 'expired':
      return judgeSession(row, news);
    case 'refunded':
      if (news.amount > row.amount) return err('amount-differs');
      if (row.state !== 'paid') return err('too-early');
      return ok({
        do: 'take-back',
        source: `stripe:${news.charge}`,
        upTo: news.amount * UNITS_A_CENT,
        refunded: Math.max(row.refunded, news.amount),
        why: 'refunded',
      });
    case 'disputed': {
      if (row.state !== 'paid') return err('too-early');
      // What was refunded before, or is later, is the account's to see: it gives back no more than was bought.
      const upTo = Math.min(news.amount, row.amount) * UNITS_A_CENT;
      return ok({ do: 'take-back', source: `stripe:${news.dispute}`, upTo, refunded: row.refunded, why: 'disputed' });
    }
    case 'dispute-won':
      return ok({ do: 'restore', source: `stripe:${news.dispute}` });
  }
}

function judgeSession(
  row: CheckoutRow,
  news: Extract<StripeNews, { session: string }>,
): Result<CheckoutStep, CheckoutFault> {
  const { session, paymentIntent } = news;
  if (news.accountId !== row.accountId) return err('account-differs');
  if (row.session !== null && session !== row.session) return err('session-differs');
  if (news.amount !== row.amount) return err('amount-differs');
  if (news.kind === 'paid')
    return ok({ do: 'grant', eventId: `stripe:${session}`, amount: row.amount * UNITS_A_CENT, paymentIntent });
  const state = news.kind === 'completed-unpaid' ? 'unpaid' : news.kind;
  return ok({ do: 'note', state, paymentIntent });
}
