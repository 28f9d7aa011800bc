// POST /stripe/webhook: what Stripe tells of checkouts. What it is answered decides whether it tells it again: 200 for what is done or none of ours,
// 5xx for what has to come again, 4xx for what its operator has to look at.
import { Hono } from 'hono';
import { ApiError } from '../errors.ts';
import { makeLog } from '../log.ts';
import { checkStripeSignature } from '../payments/check-stripe-signature.ts';
import type { SignatureFault } from '../payments/check-stripe-signature.ts';
import type { HeardFault } from '../payments/checkout-desk.ts';
import { readStripeEvent } from '../payments/read-stripe-event.ts';
import type { AppEnv } from './app-env.ts';
import { parseBody, readRawBody } from './read-body.ts';

const MAX_BYTES = 1024 * 1024;
const RETRY_AFTER_S = 60;

const log = makeLog('edge');

const UNSIGNED: Readonly<Record<SignatureFault, string>> = {
  malformed: "The header 'stripe-signature' holds no time, or no signature of version 1.",
  'too-old': "The time in 'stripe-signature' is more than 300 s away: a replay, or a clock that is wrong.",
  forged: "No signature in 'stripe-signature' is right: is STRIPE_WEBHOOK_SECRET the one of this endpoint?",
};

export const stripeWebhook = new Hono<AppEnv>();

stripeWebhook.post('/stripe/webhook', async (c) => {
  const { checkouts, timings } = c.get('services');
  if (!checkouts) throw new ApiError('not_found', 'This router has no keys of Stripe’s.');
  const body = await readRawBody(c, { maxBytes: MAX_BYTES, deadlineMs: timings.bodyMs });
  const now = Date.now();
  const signed = { header: c.req.header('stripe-signature') ?? null, body: body.bytes };
  const checked = checkStripeSignature(signed, checkouts.webhookSecret, Math.floor(now / 1000));
  if (!checked.ok) {
    log.warn('webhook-refused', { requestId: c.get('requestId'), reason: checked.error });
    throw new ApiError('invalid_value', UNSIGNED[checked.error], { param: 'stripe-signature' });
  }
  const event = readStripeEvent(parseBody(body));
  if (!event.ok) throw new ApiError('invalid_value', `This is no event of Stripe's: ${event.error}.`);
  const heard = await checkouts.desk.hear(event.value, now);
  if (heard.ok) return c.json({ received: true, outcome: heard.value });
  log.warn('webhook-refused', { requestId: c.get('requestId'), reason: heard.error });
  throw refuseEvent(heard.error);
});

function refuseEvent(fault: HeardFault): ApiError {
  if (fault === 'too-early') {
    const told = 'The payment that this is about has not been told yet: tell it again later.';
    return new ApiError('payment_away', told, { retryAfterS: RETRY_AFTER_S });
  }
  return new ApiError(
    'conflict',
    `This event does not fit the checkout as it was asked for (${fault}): nothing was changed.`,
  );
}
