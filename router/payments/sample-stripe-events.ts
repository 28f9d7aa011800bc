// Stripe's events as its documentation shows them, with made-up ids, and signed as it signs them: for tests. Pure.
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

export const WEBHOOK_SECRET = 'whsec_of-the-tests-0123456789';

interface Bought {
  readonly checkout: string;
  readonly accountId: string;
  /** Cents. */
  readonly amount: number;
}

export const nameOf = (prefix: string, { checkout }: Pick<Bought, 'checkout'>): string =>
  `${prefix}_${checkout.slice(4)}`;

/** An event of that type about an object. */
export function makeEvent(type: string, object: object, overrides: object = {}): object {
  return {
    id: `evt_${type.replaceAll('.', '_')}`,
    object: 'event',
    api_version: '2025-09-30.clover',
    created: 1_764_000_000,
    data: { object },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
    ...overrides,
  };
}

export function makeSession(bought: Bought, overrides: object = {}): object {
  const { checkout, accountId, amount } = bought;
  return {
    id: nameOf('cs_test', bought),
    object: 'checkout.session',
    adaptive_pricing: { enabled: false },
    amount_subtotal: amount,
    amount_total: amount,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    cancel_url: 'https://shop.test/no',
    client_reference_id: accountId,
    currency: 'usd',
    customer: null,
    customer_details: { email: 'somebody@example.com', name: 'Some Body' },
    livemode: false,
    metadata: { irori_checkout: checkout },
    mode: 'payment',
    payment_intent: nameOf('pi', bought),
    payment_method_types: ['card'],
    payment_status: 'paid',
    status: 'complete',
    success_url: 'https://shop.test/yes',
    ...overrides,
  };
}

export function makeCharge(bought: Bought, amountRefunded: number, overrides: object = {}): object {
  return {
    id: nameOf('ch', bought),
    object: 'charge',
    amount: bought.amount,
    amount_captured: bought.amount,
    amount_refunded: amountRefunded,
    currency: 'usd',
    livemode: false,
    metadata: { irori_checkout: bought.checkout },
    paid: true,
    payment_intent: nameOf('pi', bought),
    refunded: amountRefunded === bought.amount,
    status: 'succeeded',
    ...overrides,
  };
}

export function makeDispute(bought: Bought, status: string, overrides: object = {}): object {
  return {
    id: nameOf('du', bought),
    object: 'dispute',
    amount: bought.amount,
    charge: nameOf('ch', bought),
    currency: 'usd',
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: nameOf('pi', bought),
    reason: 'fraudulent',
    status,
    ...overrides,
  };
}

/** The header over a body at a time, s, with each of the secrets. */
export function signBody(body: string, timeS: number, secrets: readonly string[] = [WEBHOOK_SECRET]): string {
  const signed = utf8ToBytes(`${timeS}.${body}`);
  const signatures = secrets.map((secret) => `v1=${bytesToHex(hmac(sha256, utf8ToBytes(secret), signed))}`);
  return [`t=${timeS}`, ...signatures, `v0=${'6f'.repeat(32)}`].join(',');
}
