// What is bought, as far as the environment says that it may be: null where it does not.
import type { Env } from '../env.ts';
import { makeCheckoutDesk } from '../payments/checkout-desk.ts';
import type { CheckoutDesk } from '../payments/checkout-desk.ts';
import { makeCheckoutTable } from '../payments/checkout-table.ts';
import { makeStripeApi } from '../payments/stripe-api.ts';
import { makeChain } from '../payments/chain.ts';
import { LOOK_MS } from '../payments/decide-payment.ts';
import { makeFacilitator } from '../payments/facilitator.ts';
import type { Facilitator } from '../payments/facilitator.ts';
import type { X402Config } from '../payments/make-terms.ts';
import type { PaymentDoors } from '../payments/payment.ts';
import { makePaymentTable } from '../payments/payment-table.ts';
import type { PaymentTable } from '../payments/payment-table.ts';
import { readAsset } from '../payments/read-asset.ts';
import type { Hex } from '../../schema/bytes.ts';
import { pickTimings } from './pick-local.ts';
import { openStubs } from './stubs.ts';
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

/** Calls without a key that are paid for by themselves. */
export interface Keyless {
  readonly config: X402Config;
  readonly facilitator: Facilitator;
  readonly table: PaymentTable;
}

/** Five dollars: what somebody may gain at most by payments that turn out to be none. */
const MOST_OWED = 5_000_000;

export function openKeyless(env: Env): Keyless | null {
  const opened = openX402(env);
  return opened && { config: opened.config, facilitator: opened.facilitator, table: makePaymentTable(env.DB) };
}

export function makePaymentDoors(env: Env): PaymentDoors | null {
  const opened = openX402(env);
  if (!opened) return null;
  const { config, facilitator, rpc: url } = opened;
  const { account } = openStubs(env);
  const { settleRetryMs: retryMs } = pickTimings(env);
  const times = { lookMs: LOOK_MS, retryMs };
  return {
    facilitator,
    chain: makeChain({ url, config }),
    table: makePaymentTable(env.DB),
    mostOwed: config.mostOwed,
    account,
    times,
  };
}

function openX402(env: Env): { config: X402Config; facilitator: Facilitator; rpc: string } | null {
  const { X402_FACILITATOR_URL: url, X402_RPC_URL: rpc, X402_NETWORK: network, X402_PAY_TO: payTo } = env;
  const asset = readAsset(env.X402_ASSET ?? '');
  if (!url || !rpc || !network || !payTo || !asset) return null;
  const config = {
    network,
    asset: asset.asset,
    assetName: asset.name,
    assetVersion: asset.version,
    payTo: payTo.toLowerCase() as Hex,
    mostOwed: Number(env.X402_MOST_OWED ?? MOST_OWED),
  };
  return { config, facilitator: makeFacilitator({ url: url.replace(/\/+$/, ''), network }), rpc };
}
