// A webhook's body as what it says of one of our checkouts. Pure. What Stripe tells beside it is not looked at.
// https://docs.stripe.com/api/checkout/sessions/object, /api/charges/object, /api/disputes/object
import * as z from 'zod';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

/** Where a session and what follows from it carry the number of our checkout. */
export const CHECKOUT_FIELD = 'irori_checkout';

const id = z.string().regex(/^[A-Za-z0-9_]{1,255}$/);
/** Expanded where the endpoint's settings say so. */
const reference = z.union([id, z.object({ id })]).nullish();
const cents = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const metadata = z.record(z.string(), z.string()).nullish();

const named = z.object({ metadata: z.record(z.string(), z.unknown()).nullish() });
const session = z.object({
  id,
  client_reference_id: z.string().nullish(),
  metadata,
  amount_total: cents,
  currency: z.string(),
  payment_status: z.string(),
  payment_intent: reference,
});
const charge = z.object({ id, metadata, amount_refunded: cents, currency: z.string(), payment_intent: reference });
const dispute = z.object({
  id,
  amount: cents,
  currency: z.string(),
  status: z.string(),
  charge: reference,
  payment_intent: reference,
});
const event = z.object({
  id,
  type: z.string().max(200),
  livemode: z.boolean(),
  data: z.object({ object: z.unknown() }),
});

/** Amounts in cents of `currency`. */
export type StripeEvent = {
  readonly id: string;
  readonly isLive: boolean;
} & StripeNews;

export type StripeNews =
  | {
      /** `paid` says whether the money has come; a session may be complete before. */
      readonly kind: 'paid' | 'completed-unpaid' | 'failed' | 'expired';
      readonly session: string;
      readonly checkout: string | null;
      readonly accountId: string | null;
      readonly paymentIntent: string | null;
      readonly amount: number;
      readonly currency: string;
    }
  | {
      /** `amount`: of all refunds of the charge so far. */
      readonly kind: 'refunded';
      readonly charge: string;
      readonly checkout: string | null;
      readonly paymentIntent: string | null;
      readonly amount: number;
      readonly currency: string;
    }
  | {
      readonly kind: 'disputed' | 'dispute-won';
      readonly dispute: string;
      readonly paymentIntent: string | null;
      readonly amount: number;
      readonly currency: string;
    }
  | { readonly kind: 'other' };

/** Errors: what is no event of Stripe's, in words for who set the endpoint up. */
export function readStripeEvent(body: unknown): Result<StripeEvent, string> {
  const parsed = event.safeParse(body);
  if (!parsed.success) return err(toWords(parsed.error));
  const { id, livemode: isLive, type, data } = parsed.data;
  const news = readNews(type, data.object);
  return news.ok ? ok({ id, isLive, ...news.value }) : news;
}

function readNews(type: string, object: unknown): Result<StripeNews, string> {
  switch (type) {
    case 'checkout.session.completed':
      return readSession(object, (status) => (status === 'paid' ? 'paid' : 'completed-unpaid'));
    case 'checkout.session.async_payment_succeeded':
      return readSession(object, () => 'paid');
    case 'checkout.session.async_payment_failed':
      return readSession(object, () => 'failed');
    case 'checkout.session.expired':
      return readSession(object, () => 'expired');
    case 'charge.refunded':
      return readCharge(object);
    case 'charge.dispute.created':
    // An inquiry that became a dispute.
    case 'charge.dispute.funds_withdrawn':
      return readDispute(object, 'disputed');
    case 'charge.dispute.closed': {
      const read = readDispute(object, 'dispute-won');
      // Lost, or withdrawn: what was taken back when it was opened stays so.
      return read.ok && !isWon(object) ? ok({ kind: 'other' }) : read;
    }
    default:
      return ok({ kind: 'other' });
  }
}

function readSession(
  object: unknown,
  kindOf: (status: string) => 'paid' | 'completed-unpaid' | 'failed' | 'expired',
): Result<StripeNews, string> {
  // Others sell by the same account at Stripe: theirs may have no amount at all.
  if (named.safeParse(object).data?.metadata?.[CHECKOUT_FIELD] === undefined) return ok({ kind: 'other' });
  const parsed = session.safeParse(object);
  if (!parsed.success) return err(toWords(parsed.error));
  const { data } = parsed;
  return ok({
    kind: kindOf(data.payment_status),
    session: data.id,
    checkout: data.metadata?.[CHECKOUT_FIELD] ?? null,
    accountId: data.client_reference_id ?? null,
    paymentIntent: toId(data.payment_intent),
    amount: data.amount_total,
    currency: data.currency,
  });
}

function readCharge(object: unknown): Result<StripeNews, string> {
  const parsed = charge.safeParse(object);
  if (!parsed.success) return err(toWords(parsed.error));
  const { id, metadata: said, payment_intent, amount_refunded: amount, currency } = parsed.data;
  const checkout = said?.[CHECKOUT_FIELD] ?? null;
  return ok({ kind: 'refunded', charge: id, checkout, paymentIntent: toId(payment_intent), amount, currency });
}

function readDispute(object: unknown, kind: 'disputed' | 'dispute-won'): Result<StripeNews, string> {
  const parsed = dispute.safeParse(object);
  if (!parsed.success) return err(toWords(parsed.error));
  const { id, payment_intent, amount, currency, status } = parsed.data;
  // An inquiry: nothing has been taken from anybody yet.
  if (status.startsWith('warning_')) return ok({ kind: 'other' });
  return ok({ kind, dispute: id, paymentIntent: toId(payment_intent), amount, currency });
}

function isWon(object: unknown): boolean {
  return dispute.safeParse(object).data?.status === 'won';
}

function toId(said: z.infer<typeof reference>): string | null {
  return typeof said === 'string' ? said : (said?.id ?? null);
}

function toWords(error: z.ZodError): string {
  const issue = error.issues[0];
  return `'${issue?.path.join('.') ?? ''}': ${issue?.message ?? 'not understood'}`;
}
