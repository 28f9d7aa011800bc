// The door to Stripe's REST API: two calls by plain fetch, since its package is larger than all of the router's payments.
import * as z from 'zod';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { makeLog } from '../log.ts';
import { CHECKOUT_FIELD } from './read-stripe-event.ts';

const log = makeLog('payments');

const API_BASE = 'https://api.stripe.com';
/** Named, so that an account's own default changes nothing of what is read here. */
const API_VERSION = '2025-09-30.clover';
const WAIT_MS = 15_000;

export interface NewSession {
  /** Our own number of the checkout, which also makes a repeated call one session. */
  readonly checkout: string;
  readonly accountId: string;
  /** Cents of `currency`. */
  readonly amount: number;
  readonly currency: string;
  readonly successUrl: string;
  readonly cancelUrl: string;
}

export interface StripeApi {
  /** Opens a page on which somebody pays. Errors: `away` for a Stripe that does not answer, `refused` for one that does not take it. */
  readonly openSession: (session: NewSession) => Promise<Result<{ id: string; url: string }, 'away' | 'refused'>>;
  /** Our number of the checkout that a payment belongs to; null for a payment of something else. Rejects when Stripe does not say. */
  readonly findCheckout: (paymentIntent: string) => Promise<string | null>;
}

const sessionAnswer = z.object({ id: z.string(), url: z.url() });
const intentAnswer = z.object({ metadata: z.record(z.string(), z.string()).nullish() });

export function makeStripeApi({ secret, base = API_BASE }: { secret: string; base?: string | undefined }): StripeApi {
  const headers = { authorization: `Bearer ${secret}`, 'stripe-version': API_VERSION };
  const ask = (path: string, init: RequestInit = {}, more: Record<string, string> = {}): Promise<Response> =>
    fetch(`${base}${path}`, {
      ...init,
      signal: AbortSignal.timeout(WAIT_MS),
      headers: { ...headers, ...more },
    });
  return {
    openSession: async (session) => {
      try {
        const response = await ask(
          '/v1/checkout/sessions',
          { method: 'POST', body: describeSession(session) },
          { 'idempotency-key': session.checkout },
        );
        const answer = sessionAnswer.safeParse(await response.json().catch(() => null));
        if (response.ok && answer.success) return ok(answer.data);
        log.warn('stripe-refused', { accountId: session.accountId, count: response.status });
        return err(response.status >= 500 || response.status === 429 ? 'away' : 'refused');
      } catch (error) {
        log.warn('stripe-away', { accountId: session.accountId, error });
        return err('away');
      }
    },
    findCheckout: async (paymentIntent) => {
      const response = await ask(`/v1/payment_intents/${encodeURIComponent(paymentIntent)}`);
      if (response.status === 404) return null;
      if (!response.ok) throw new Error('Stripe did not say what a payment is for');
      return intentAnswer.parse(await response.json()).metadata?.[CHECKOUT_FIELD] ?? null;
    },
  };
}

/** As a form, which is what Stripe reads. Its own conversion of currencies is off: what comes back has to be what was asked for. */
function describeSession({
  checkout,
  accountId,
  amount,
  currency,
  successUrl,
  cancelUrl,
}: NewSession): URLSearchParams {
  return new URLSearchParams({
    mode: 'payment',
    client_reference_id: accountId,
    success_url: successUrl,
    cancel_url: cancelUrl,
    [`metadata[${CHECKOUT_FIELD}]`]: checkout,
    // Refunds and disputes tell of the payment, not of the session.
    [`payment_intent_data[metadata][${CHECKOUT_FIELD}]`]: checkout,
    'adaptive_pricing[enabled]': 'false',
    'line_items[0][quantity]': '1',
    'line_items[0][price_data][currency]': currency,
    'line_items[0][price_data][unit_amount]': String(amount),
    'line_items[0][price_data][product_data][name]': 'Credit',
  });
}
