// POST /v1/credit/checkout: buys credit by Stripe Checkout; GET tells how far a checkout has come. Off where the router has no keys of Stripe's.
import { Hono } from 'hono';
import { isId } from '../../schema/ids.ts';
import { ApiError } from '../errors.ts';
import { UNITS_A_CENT } from '../payments/judge-checkout.ts';
import { checkoutBody } from '../payments/read-checkout.ts';
import type { CheckoutDesk } from '../payments/checkout-desk.ts';
import type { Services } from '../services/edge.ts';
import type { AppEnv } from './app-env.ts';
import { postOnce, whoMakes } from './post-once.ts';
import { requireCaller } from './refuse.ts';

const RETRY_AFTER_S = 5;

export const creditCheckout = new Hono<AppEnv>();

creditCheckout.post('/v1/credit/checkout', async (c) => {
  const caller = await requireCaller(c);
  const { accountId } = caller;
  const desk = requireDesk(c.get('services'));
  return postOnce(c, { schema: checkoutBody, who: whoMakes(caller) }, async (input) => {
    const amount =
      input.amount_micro === undefined ? Math.round((input.usd ?? 0) * 100) : input.amount_micro / UNITS_A_CENT;
    const wanted = { accountId, amount, successUrl: input.success_url, cancelUrl: input.cancel_url };
    const opened = await desk.open(wanted, Date.now());
    if (!opened.ok) throw refuseCheckout(opened.error);
    const { id, url } = opened.value;
    return { told: { object: 'checkout', id, url, amount_micro: amount * UNITS_A_CENT, state: 'open' } };
  });
});

function refuseCheckout(reason: string): ApiError {
  if (reason === 'away') {
    const told = 'Stripe does not answer right now. Nothing was charged.';
    return new ApiError('payment_away', told, { retryAfterS: RETRY_AFTER_S });
  }
  const told = "Stripe does not take this checkout: whoever runs the router finds why in Stripe's log.";
  return new ApiError('payment_away', told, { headers: { 'x-should-retry': 'false' } });
}

creditCheckout.get('/v1/credit/checkout/:id', async (c) => {
  const { accountId } = await requireCaller(c);
  const desk = requireDesk(c.get('services'));
  const id = c.req.param('id');
  const found = isId('chk', id) ? await desk.find(id) : null;
  if (found?.accountId !== accountId)
    throw new ApiError('not_found', 'There is no such checkout of yours.', { param: 'id' });
  const { amount, state, refunded } = found;
  const units = { amount_micro: amount * UNITS_A_CENT, refunded_micro: refunded * UNITS_A_CENT };
  return c.json({ object: 'checkout', id, state, ...units });
});

function requireDesk({ checkouts }: Services): CheckoutDesk {
  if (checkouts) return checkouts.desk;
  throw new ApiError(
    'not_found',
    'Credit cannot be bought by card here: this router has no keys of Stripe’s. Ask whoever runs it for credit.',
  );
}
