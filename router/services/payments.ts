// What is bought, as far as the environment says that it may be: null where it does not.
import type { Env } from '../env.ts';
import { makeCheckoutDesk } from '../payments/checkout-desk.ts';
import type { CheckoutDesk } from '../payments/checkout-desk.ts';
import { makeCheckoutTable } from '../payments/checkout-table.ts';
import { makeStripeApi } from '../payments/stripe-api.ts';
import type { Stubs } from './stubs.ts';

export interface Checkouts {
  readonly desk: CheckoutDesk;
  readonly webhookSecret: string;
}

/** Keys of Stripe's that move real money begin so. */
const LIVE_KEY = /^[a-z]+_live_/;

export function openCheckouts(env: Env, { account }: Pick<Stubs, 'account'>): Checkouts | null {
  const { STRIPE_SECRET_KEY: secret, STRIPE_WEBHOOK_SECRET: webhookSecret, STRIPE_API_BASE: base } = env;
  if (!secret || !webhookSecret) return null;
  const desk = makeCheckoutDesk({
    table: makeCheckoutTable(env.DB),
    stripe: makeStripeApi({ secret, base }),
    account,
    isLive: LIVE_KEY.test(secret),
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  });
  return { desk, webhookSecret };
}
