// Credit bought by Stripe Checkout: signed events against the account's real object and the book.
import { applyD1Migrations, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { Hono } from 'hono';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeLedger } from '../../billing/ledger.ts';
import { ApiError, toErrorResponse } from '../../errors.ts';
import {
  makeCharge,
  makeDispute,
  makeEvent,
  makeSession,
  nameOf,
  signBody,
  WEBHOOK_SECRET,
} from '../../payments/sample-stripe-events.ts';
import type { AppEnv } from '../../routes/app-env.ts';
import { creditCheckout } from '../../routes/credit-checkout.ts';
import { stripeWebhook } from '../../routes/stripe-webhook.ts';
import type { Services } from '../../services/edge.ts';
import { openCheckouts } from '../../services/payments.ts';
import { newId } from './make-settlement.ts';

const ledger = makeLedger(env.DB);
const PAGES = { success_url: 'https://shop.test/yes', cancel_url: 'https://shop.test/no' };
const KEYS = {
  STRIPE_SECRET_KEY: 'sk_test_abc',
  STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
  STRIPE_API_BASE: 'http://stripe.test',
};

let accountId = '';

function makeApp(keys: object = KEYS): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const doors = {
    timings: { bodyMs: 5000 },
    authenticate: async () => ({ ok: true, value: { accountId, keyId: 'key_1', defaults: null, pools: [] } }),
    checkouts: openCheckouts({ ...env, ...keys }, { account: (id) => env.ACCOUNT.getByName(id) }),
  };
  app.use(async (c, next) => {
    c.set('requestId', 'req_test');
    c.set('services', doors as unknown as Services);
    await next();
  });
  app.route('/', creditCheckout);
  app.route('/', stripeWebhook);
  app.onError((error) =>
    toErrorResponse(error instanceof ApiError ? error : new ApiError('internal_error', error.message)),
  );
  return app;
}
const app = makeApp();

interface Answer {
  readonly status: number;
  readonly json: Record<string, unknown> & { error?: { code: string; param: string | null; message: string } };
}

async function send(path: string, init?: RequestInit, to = app): Promise<Answer> {
  const response = await to.request(path, init);
  return { status: response.status, json: (await response.json()) as Answer['json'] };
}

const open = (body: object, to = app): Promise<Answer> =>
  send(
    '/v1/credit/checkout',
    { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
    to,
  );

function tell(event: object, header?: string, to = app): Promise<Answer> {
  const body = JSON.stringify(event);
  const signature = header ?? signBody(body, Math.floor(Date.now() / 1000));
  const headers = { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature };
  return send('/stripe/webhook', { method: 'POST', headers, body }, to);
}

const account = (): DurableObjectStub => env.ACCOUNT.getByName(accountId);
const balance = async (): Promise<number> => (await env.ACCOUNT.getByName(accountId).usage()).balance;

/** A checkout of five dollars, as its events tell of it. */
async function buy(): Promise<{ checkout: string; accountId: string; amount: number }> {
  const { json } = await open({ usd: 5, ...PAGES });
  return { checkout: String(json['id']), accountId, amount: 500 };
}

async function bookOf(...books: string[]): Promise<number[]> {
  for (let i = 0; i < 20; i++) {
    await runDurableObjectAlarm(account());
    if ((await env.ACCOUNT.getByName(accountId).booked()).waiting === 0) break;
  }
  expect(await ledger.findUnbalanced()).toEqual([]);
  return Promise.all(books.map((book) => ledger.balanceOf(book)));
}

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));
beforeEach(() => void (accountId = newId('acct')));

describe('a checkout', () => {
  test('is opened at Stripe for the account, with our number on the session and on its payment', async () => {
    const { status, json } = await open({ amount_micro: 12_340_000, ...PAGES });
    expect([status, json['amount_micro'], json['state']]).toEqual([201, 12_340_000, 'open']);
    const asked = new URL(String(json['url'])).searchParams;
    expect(Object.fromEntries(asked)).toMatchObject({
      key: json['id'],
      auth: 'Bearer sk_test_abc',
      mode: 'payment',
      client_reference_id: accountId,
      success_url: PAGES.success_url,
      cancel_url: PAGES.cancel_url,
      'metadata[irori_checkout]': json['id'],
      'payment_intent_data[metadata][irori_checkout]': json['id'],
      'adaptive_pricing[enabled]': 'false',
      'line_items[0][price_data][currency]': 'usd',
      'line_items[0][price_data][unit_amount]': '1234',
    });
    expect(await balance()).toBe(0);
    const told = await send(`/v1/credit/checkout/${String(json['id'])}`);
    expect(told.json).toMatchObject({ state: 'open', amount_micro: 12_340_000, refunded_micro: 0 });
  });

  test('of another account, or none, is not found', async () => {
    const { checkout } = await buy();
    accountId = newId('acct');
    for (const id of [checkout, 'chk_none', newId('job').replace('job', 'chk')])
      expect((await send(`/v1/credit/checkout/${id}`)).json.error?.code).toBe('not_found');
  });

  test.each([
    [{}, 'amount_micro'],
    [{ amount_micro: 1_000_000, usd: 1 }, 'amount_micro'],
    [{ amount_micro: 1_005_000 }, 'amount_micro'],
    [{ amount_micro: 490_000 }, 'amount_micro'],
    [{ usd: 10_000.01 }, 'usd'],
    [{ usd: 1.005 }, 'usd'],
    [{ usd: 1, success_url: 'javascript:alert(1)' }, 'success_url'],
    [{ usd: 1, cancel_url: undefined }, 'cancel_url'],
    [{ usd: 1, currency: 'eur' }, 'currency'],
  ])('of %j is refused by its field', async (body, param) =>
    expect((await open({ ...PAGES, ...body })).json.error).toMatchObject({ param }),
  );

  test('that Stripe does not take, or does not hear of, is told and charges nothing', async () => {
    const refused = await open({ usd: 1, ...PAGES, success_url: 'https://refuse.test/' });
    expect([refused.status, refused.json.error?.code]).toEqual([503, 'payment_away']);
    expect(refused.json.error?.message).toContain('does not take');
    const away = await open({ usd: 1, ...PAGES, success_url: 'https://away.test/' });
    expect(away.json.error?.message).toContain('does not answer');
    const lost = makeApp({ ...KEYS, STRIPE_API_BASE: 'not an address' });
    expect((await open({ usd: 1, ...PAGES }, lost)).json.error?.message).toContain('does not answer');
  });

  test('is not to be had where the router has no keys of Stripe’s', async () => {
    const off = makeApp({ STRIPE_SECRET_KEY: 'sk_test_abc' });
    expect((await open({ usd: 1, ...PAGES }, off)).json.error?.code).toBe('not_found');
    expect((await tell(makeEvent('x', {}), undefined, off)).json.error?.code).toBe('not_found');
  });
});

describe('an event', () => {
  test('that says that it is paid credits the account once, however often and in whatever order it comes', async () => {
    const bought = await buy();
    const paid = makeEvent('checkout.session.completed', makeSession(bought));
    expect(await tell(paid)).toEqual({ status: 200, json: { received: true, outcome: 'changed' } });
    const unpaid = { payment_status: 'unpaid' };
    for (const [event, outcome] of [
      [paid, 'known'],
      [makeEvent('checkout.session.async_payment_succeeded', makeSession(bought)), 'known'],
      [makeEvent('checkout.session.completed', makeSession(bought, unpaid)), 'noted'],
      [makeEvent('checkout.session.expired', makeSession(bought, unpaid)), 'noted'],
    ] as const)
      expect((await tell(event)).json['outcome']).toBe(outcome);
    expect(await balance()).toBe(5_000_000);
    expect((await send(`/v1/credit/checkout/${bought.checkout}`)).json['state']).toBe('paid');
    const before = await ledger.balanceOf('stripe');
    expect(await bookOf(`${accountId}:bought`)).toEqual([5_000_000]);
    expect((await ledger.balanceOf('stripe')) - before).toBe(-5_000_000);
  });

  test('twice at once is one', async () => {
    const bought = await buy();
    const paid = makeEvent('checkout.session.completed', makeSession(bought));
    await Promise.all(Array.from({ length: 5 }, () => tell(paid)));
    expect(await balance()).toBe(5_000_000);
  });

  test('of money that comes later credits when it has come, also after it had failed', async () => {
    const bought = await buy();
    const unpaid = makeSession(bought, { payment_status: 'unpaid' });
    await tell(makeEvent('checkout.session.completed', unpaid));
    expect((await send(`/v1/credit/checkout/${bought.checkout}`)).json['state']).toBe('unpaid');
    await tell(makeEvent('checkout.session.async_payment_failed', unpaid));
    expect([await balance(), (await send(`/v1/credit/checkout/${bought.checkout}`)).json['state']]).toEqual([
      0,
      'failed',
    ]);
    await tell(makeEvent('checkout.session.async_payment_succeeded', makeSession(bought)));
    expect(await balance()).toBe(5_000_000);
  });

  test('that is forged, old, unsigned or no event changes nothing', async () => {
    const bought = await buy();
    const paid = makeEvent('checkout.session.completed', makeSession(bought));
    const now = Math.floor(Date.now() / 1000);
    for (const header of [
      signBody(JSON.stringify(paid), now, ['whsec_of-somebody-else-0123']),
      signBody(`${JSON.stringify(paid)} `, now),
      signBody(JSON.stringify(paid), now - 3600),
      'nothing',
    ]) {
      const { status, json } = await tell(paid, header);
      expect([status, json.error?.param]).toEqual([400, 'stripe-signature']);
    }
    expect((await tell({ id: 'evt_1' })).json.error?.code).toBe('invalid_value');
    expect(await balance()).toBe(0);
  });

  test.each([
    ['another amount', { amount_total: 500_000 }, {}, 'amount-differs'],
    ['another currency', { currency: 'eur' }, {}, 'currency-differs'],
    ['another account', { client_reference_id: 'acct_of-somebody' }, {}, 'account-differs'],
    ['another session', { id: 'cs_test_other' }, {}, 'session-differs'],
    ['real money at a router of test money', {}, { livemode: true }, 'livemode-differs'],
  ])('signed rightly that tells of %s changes nothing and says so', async (_, session, event, fault) => {
    const bought = await buy();
    const { status, json } = await tell(makeEvent('checkout.session.completed', makeSession(bought, session), event));
    expect([status, json.error?.message]).toEqual([409, expect.stringContaining(fault)]);
    expect(await balance()).toBe(0);
  });

  test('of a checkout that is none of ours, or of another type, is taken and passed over', async () => {
    const foreign = { checkout: 'chk_ofnobody', accountId, amount: 500 };
    for (const event of [
      makeEvent('checkout.session.completed', makeSession(foreign)),
      makeEvent('checkout.session.completed', makeSession(foreign, { metadata: {} })),
      makeEvent('charge.dispute.created', makeDispute(foreign, 'needs_response', { payment_intent: 'pi_foreign' })),
      makeEvent('charge.dispute.created', makeDispute(foreign, 'needs_response', { payment_intent: null })),
      makeEvent('charge.refunded', makeCharge(foreign, 5, { metadata: {}, payment_intent: 'pi_ofnoone' })),
      makeEvent('customer.created', {}),
    ])
      expect(await tell(event)).toEqual({ status: 200, json: { received: true, outcome: 'not-ours' } });
    expect(await balance()).toBe(0);
  });

  test('that credits more than an account may have is told to the operator, and nothing is credited', async () => {
    await env.ACCOUNT.getByName(accountId).grant({ eventId: 'much', accountId, amount: 4e15, memo: null });
    const { status, json } = await tell(makeEvent('checkout.session.completed', makeSession(await buy())));
    expect([status, json.error?.message]).toEqual([409, expect.stringContaining('too-much')]);
    expect(await balance()).toBe(4e15);
  });
});

describe('what goes back', () => {
  const refund = (bought: Parameters<typeof makeCharge>[0], cents: number): Promise<Answer> =>
    tell(makeEvent('charge.refunded', makeCharge(bought, cents)));
  const buyPaid = async (): Promise<Awaited<ReturnType<typeof buy>>> => {
    const bought = await buy();
    await tell(makeEvent('checkout.session.completed', makeSession(bought)));
    return bought;
  };

  test('is taken once, by what Stripe has refunded in all', async () => {
    const bought = await buyPaid();
    expect((await refund(bought, 200)).json['outcome']).toBe('changed');
    expect((await refund(bought, 200)).json['outcome']).toBe('known');
    expect((await refund(bought, 300)).json['outcome']).toBe('changed');
    // Late, and less than is known.
    expect((await refund(bought, 100)).json['outcome']).toBe('known');
    expect(await balance()).toBe(2_000_000);
    expect((await send(`/v1/credit/checkout/${bought.checkout}`)).json['refunded_micro']).toBe(3_000_000);
    expect(await bookOf(`${accountId}:bought`)).toEqual([2_000_000]);
  });

  test('that comes before the payment is told again later, and then taken', async () => {
    const bought = await buy();
    expect((await refund(bought, 500)).status).toBe(503);
    await tell(makeEvent('checkout.session.completed', makeSession(bought)));
    expect((await refund(bought, 500)).status).toBe(200);
    expect(await balance()).toBe(0);
  });

  test('of a payment that was never told of asks Stripe whose it is', async () => {
    await env.DB.prepare(
      `INSERT OR IGNORE INTO checkouts (id, account_id, amount, currency, is_live, state, created_at) VALUES ('chk_ours', ?, 500, 'usd', 0, 'open', 1)`,
    )
      .bind(accountId)
      .run();
    const ours = { checkout: 'chk_ours', accountId, amount: 500 };
    const { status } = await tell(makeEvent('charge.dispute.created', makeDispute(ours, 'needs_response')));
    expect(status).toBe(503);
  });

  test('never takes an account below what it has, nor below what its jobs hold: the rest is a stated loss', async () => {
    const bought = await buyPaid();
    const stub = env.ACCOUNT.getByName(accountId);
    await stub.hold({ jobId: newId('job'), keyId: 'key_1', amount: 4_000_000, expiresAt: Date.now() + 60_000 });
    const [stripe = 0, operator = 0] = await bookOf('stripe', 'operator');
    expect((await refund(bought, 500)).json['outcome']).toBe('changed');
    expect(await stub.usage()).toMatchObject({ balance: 4_000_000, held: 4_000_000 });
    expect(await bookOf(`${accountId}:bought`, 'stripe', 'operator')).toEqual([
      4_000_000,
      stripe + 5_000_000,
      operator - 4_000_000,
    ]);
    const memo = env.DB.prepare('SELECT memo FROM events WHERE id LIKE ?').bind(
      `back:stripe:${nameOf('ch', bought)}:%`,
    );
    expect(await memo.first('memo')).toBe(`checkout ${bought.checkout} refunded`);
  });

  test('by a dispute comes again once where it is won, whichever of both is told first', async () => {
    const bought = await buyPaid();
    const opened = makeEvent('charge.dispute.created', makeDispute(bought, 'needs_response'));
    const won = makeEvent('charge.dispute.closed', makeDispute(bought, 'won'));
    await tell(opened);
    expect(await balance()).toBe(0);
    await tell(makeEvent('charge.dispute.closed', makeDispute(bought, 'lost')));
    expect(await balance()).toBe(0);
    expect((await tell(won)).json['outcome']).toBe('changed');
    for (const again of [won, opened]) expect((await tell(again)).json['outcome']).toBe('known');
    expect(await balance()).toBe(5_000_000);
    const other = await buyPaid();
    await tell(makeEvent('charge.dispute.closed', makeDispute(other, 'won')));
    await tell(makeEvent('charge.dispute.created', makeDispute(other, 'needs_response')));
    expect(await balance()).toBe(10_000_000);
    expect(await bookOf(`${accountId}:bought`)).toEqual([10_000_000]);
  });

  test.each([['refund first'], ['dispute first']])(
    'by a refund and a dispute of one payment is never more than was bought: %s',
    async (order) => {
      await buyPaid();
      const bought = await buyPaid();
      const dispute = (): Promise<Answer> =>
        tell(makeEvent('charge.dispute.created', makeDispute(bought, 'needs_response')));
      if (order === 'dispute first') await dispute();
      await refund(bought, 200);
      if (order === 'refund first') await dispute();
      for (const again of [dispute, () => refund(bought, 200)]) expect((await again()).json['outcome']).toBe('known');
      expect(await balance()).toBe(5_000_000);
      // What was refunded stays so when the dispute is won.
      await tell(makeEvent('charge.dispute.closed', makeDispute(bought, 'won')));
      expect(await balance()).toBe(8_000_000);
      await refund(bought, 500);
      expect(await balance()).toBe(5_000_000);
      expect(await bookOf(`${accountId}:bought`)).toEqual([5_000_000]);
    },
  );

  test('by an inquiry is nothing: what is refunded during it is taken once', async () => {
    await buyPaid();
    const bought = await buyPaid();
    await tell(makeEvent('charge.dispute.created', makeDispute(bought, 'warning_needs_response')));
    expect(await balance()).toBe(10_000_000);
    await refund(bought, 500);
    await tell(makeEvent('charge.dispute.closed', makeDispute(bought, 'warning_closed')));
    expect(await balance()).toBe(5_000_000);
  });

  test('of two disputes that were lost in part comes again as far as the other claims it not', async () => {
    const bought = await buyPaid();
    const stub = env.ACCOUNT.getByName(accountId);
    const jobId = newId('job');
    await stub.hold({ jobId, keyId: 'key_1', amount: 4_000_000, expiresAt: Date.now() + 60_000 });
    const [stripe = 0, operator = 0] = await bookOf('stripe', 'operator');
    const of = (type: string, status: string, id: string): Promise<Answer> =>
      tell(makeEvent(`charge.dispute.${type}`, makeDispute(bought, status, { id, amount: 300 })));
    await of('created', 'needs_response', nameOf('du_a', bought));
    await of('created', 'needs_response', nameOf('du_b', bought));
    expect(await bookOf('stripe', 'operator')).toEqual([stripe + 5_000_000, operator - 4_000_000]);
    await of('closed', 'won', nameOf('du_a', bought));
    expect(await bookOf('stripe', 'operator')).toEqual([stripe + 3_000_000, operator - 2_000_000]);
    await of('closed', 'won', nameOf('du_b', bought));
    expect(await bookOf('stripe', 'operator', `${accountId}:bought`)).toEqual([stripe, operator, 5_000_000]);
  });
});
