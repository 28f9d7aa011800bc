// Buys credit by Stripe Checkout: opens a page to pay on, and hears what became of it. The account's object decides what is credited, once by its
// event id; what stands in D1 says what was asked for.
import { makeId } from '../../schema/ids.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { CreditSource } from '../../schema/credit.ts';
import type { Grant } from '../billing/account-credit.ts';
import { MEMOS } from '../billing/tell-memo.ts';
import { makeLog } from '../log.ts';
import type { CheckoutTable } from './checkout-table.ts';
import { CURRENCY, judgeCheckout, UNITS_A_CENT } from './judge-checkout.ts';
import type { CheckoutFault, CheckoutRow, CheckoutStep } from './judge-checkout.ts';
import type { StripeEvent, StripeNews } from './read-stripe-event.ts';
import type { StripeApi } from './stripe-api.ts';

const log = makeLog('payments');

/** What the account of a checkout is told. */
export interface BuyingAccount {
  grant(grant: Grant): Promise<{ applied: boolean; isTooMuch?: true }>;
  takeBack(back: BackAsked & { upTo: number }): Promise<{ taken: number; lost: number }>;
  restore(back: BackAsked): Promise<{ restored: number }>;
}

interface BackAsked {
  accountId: string;
  source: string;
  /** What was bought, units. */
  checkout: { id: string; amount: number };
  to: CreditSource;
  memo: string;
}

export interface CheckoutDoors {
  readonly table: CheckoutTable;
  readonly stripe: StripeApi;
  readonly account: (accountId: string) => BuyingAccount;
  /** Whether the secret key moves real money. */
  readonly isLive: boolean;
  readonly random: (bytes: number) => Uint8Array;
}

export interface OpenedCheckout {
  readonly id: string;
  readonly url: string;
}

/** What became of an event: `changed` for one that moved money. */
export type Heard = 'changed' | 'noted' | 'known' | 'not-ours';
export type HeardFault = CheckoutFault | 'too-much';

export interface CheckoutDesk {
  /** `amount`: cents. Errors: as Stripe's door tells. */
  readonly open: (
    wanted: {
      readonly accountId: string;
      readonly amount: number;
      readonly successUrl: string;
      readonly cancelUrl: string;
    },
    now: number,
  ) => Promise<Result<OpenedCheckout, 'away' | 'refused'>>;
  readonly find: (id: string) => Promise<CheckoutRow | null>;
  /** Takes a verified event. Twice is once. Rejects where a store or Stripe is away: Stripe tells it again. */
  readonly hear: (event: StripeEvent, now: number) => Promise<Result<Heard, HeardFault>>;
}

export function makeCheckoutDesk(doors: CheckoutDoors): CheckoutDesk {
  const { table, stripe, isLive } = doors;
  return {
    open: async ({ accountId, amount, successUrl, cancelUrl }, now) => {
      const id = makeId('chk', doors.random(16));
      // Before Stripe knows of it: an event can never be about a checkout that we do not know.
      await table.add({ id, accountId, amount, currency: CURRENCY, isLive }, now);
      const session = { checkout: id, accountId, amount, currency: CURRENCY, successUrl, cancelUrl };
      const opened = await stripe.openSession(session);
      if (!opened.ok) return opened;
      await table.noteOpen(id, opened.value.id);
      return ok({ id, url: opened.value.url });
    },
    find: (id) => table.find(id),
    hear: async (event, now) => {
      if (event.kind === 'other') return ok('not-ours');
      if (event.isLive !== isLive) return err('livemode-differs');
      const row = await findRow(doors, event);
      if (row === 'too-early') return err('too-early');
      if (row === null) return ok('not-ours');
      const step = judgeCheckout(row, event);
      if (!step.ok) {
        log.error('checkout-differs', { accountId: row.accountId, reason: step.error });
        return step;
      }
      return takeStep(doors, row, { step: step.value, now });
    },
  };
}

/** The checkout that an event is about; null for none of ours. A dispute tells its payment alone, which we may not have heard of yet. */
async function findRow(
  { table, stripe }: CheckoutDoors,
  event: Exclude<StripeNews, { kind: 'other' }>,
): Promise<CheckoutRow | 'too-early' | null> {
  const named = 'checkout' in event ? event.checkout : null;
  if (named !== null) return table.find(named);
  if (event.kind !== 'refunded' && event.kind !== 'disputed' && event.kind !== 'dispute-won') return null;
  if (event.paymentIntent === null) return null;
  const known = await table.findByIntent(event.paymentIntent);
  if (known) return known;
  const told = await stripe.findCheckout(event.paymentIntent);
  return told !== null && (await table.find(told)) ? 'too-early' : null;
}

async function takeStep(
  { table, account }: CheckoutDoors,
  { id, accountId, amount: cents }: CheckoutRow,
  { step, now }: { readonly step: CheckoutStep; readonly now: number },
): Promise<Result<Heard, HeardFault>> {
  const checkout = { id, amount: cents * UNITS_A_CENT };
  switch (step.do) {
    case 'note':
      await table.note(id, step.state, step.paymentIntent);
      return ok('noted');
    case 'grant': {
      const { eventId, amount, paymentIntent } = step;
      const grant = { eventId, accountId, amount, memo: MEMOS.checkout(id), kind: 'bought', from: 'stripe' } as const;
      const { applied, isTooMuch } = await account(accountId).grant(grant);
      if (isTooMuch) {
        log.error('checkout-too-much', { accountId });
        return err('too-much');
      }
      await table.notePaid(id, paymentIntent, now);
      return ok(applied ? 'changed' : 'known');
    }
    case 'take-back': {
      const { source, upTo, refunded, why } = step;
      const back = { accountId, source, checkout, upTo, to: 'stripe', memo: MEMOS.checkout(id, why) } as const;
      const { taken, lost } = await account(accountId).takeBack(back);
      await table.noteRefunded(id, refunded);
      if (lost > 0) log.warn('credit-lost', { accountId, count: lost, reason: why });
      return ok(taken + lost > 0 ? 'changed' : 'known');
    }
    case 'restore': {
      const memo = MEMOS.checkout(id, 'dispute won');
      const back = { accountId, source: step.source, checkout, to: 'stripe', memo } as const;
      const { restored } = await account(accountId).restore(back);
      return ok(restored > 0 ? 'changed' : 'known');
    }
  }
}
