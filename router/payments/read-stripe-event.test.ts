import { describe, expect, test } from 'vitest';
import { judgeCheckout } from './judge-checkout.ts';
import type { CheckoutRow } from './judge-checkout.ts';
import { readStripeEvent } from './read-stripe-event.ts';
import { makeCharge, makeDispute, makeEvent, makeSession } from './sample-stripe-events.ts';

const bought = { checkout: 'chk_1', accountId: 'acct_1', amount: 500 };
const row: CheckoutRow = {
  id: 'chk_1',
  accountId: 'acct_1',
  amount: 500,
  currency: 'usd',
  isLive: false,
  state: 'open',
  session: 'cs_test_1',
  paymentIntent: null,
  refunded: 0,
};
const paid: CheckoutRow = { ...row, state: 'paid', paymentIntent: 'pi_1' };

function judge(type: string, object: object, { of = row, event = {} }: { of?: CheckoutRow; event?: object } = {}) {
  const read = readStripeEvent(makeEvent(type, object, event));
  if (!read.ok) throw new Error(read.error);
  if (read.value.kind === 'other') return 'other';
  return judgeCheckout(of, read.value);
}

describe('an event of a session', () => {
  const COMPLETED = 'checkout.session.completed';
  const grant = { do: 'grant', eventId: 'stripe:cs_test_1', amount: 5_000_000, paymentIntent: 'pi_1' };

  test('grants what was asked for when it is complete and paid, or paid later', () => {
    expect(judge(COMPLETED, makeSession(bought))).toEqual({ ok: true, value: grant });
    const later = makeSession(bought, { payment_status: 'paid' });
    expect(judge('checkout.session.async_payment_succeeded', later)).toEqual({ ok: true, value: grant });
  });

  test('tells the payment by its number where Stripe sends the whole of it', () => {
    expect(judge(COMPLETED, makeSession(bought, { payment_intent: { id: 'pi_1', object: 'payment_intent' } }))).toEqual(
      {
        ok: true,
        value: grant,
      },
    );
  });

  test.each([
    [COMPLETED, { payment_status: 'unpaid' }, 'unpaid'],
    [COMPLETED, { payment_status: 'no_payment_required' }, 'unpaid'],
    ['checkout.session.async_payment_failed', { payment_status: 'unpaid' }, 'failed'],
    ['checkout.session.expired', { payment_status: 'unpaid' }, 'expired'],
  ])('%s with %j moves nothing and is noted as %s', (type, session, state) =>
    expect(judge(type, makeSession(bought, session))).toEqual({
      ok: true,
      value: { do: 'note', state, paymentIntent: 'pi_1' },
    }),
  );

  test.each([
    ['amount-differs', { amount_total: 50_000 }],
    ['currency-differs', { currency: 'jpy' }],
    ['account-differs', { client_reference_id: 'acct_2' }],
    ['session-differs', { id: 'cs_test_2' }],
  ])('that says otherwise than what was asked for changes nothing: %s', (error, session) =>
    expect(judge(COMPLETED, makeSession(bought, session))).toEqual({ ok: false, error }),
  );

  test('of the other mode changes nothing', () =>
    expect(judge(COMPLETED, makeSession(bought), { event: { livemode: true } })).toEqual({
      ok: false,
      error: 'livemode-differs',
    }));
});

describe('an event of a charge or a dispute', () => {
  test('takes back what was refunded in all', () =>
    expect(judge('charge.refunded', makeCharge(bought, 200), { of: paid })).toEqual({
      ok: true,
      value: { do: 'take-back', source: 'stripe:ch_1', upTo: 2_000_000, refunded: 200, why: 'refunded' },
    }));

  test('comes too early for a checkout that is not known to be paid', () => {
    for (const [type, object] of [
      ['charge.refunded', makeCharge(bought, 200)],
      ['charge.dispute.created', makeDispute(bought, 'needs_response')],
    ] as const)
      expect(judge(type, object)).toEqual({ ok: false, error: 'too-early' });
  });

  test('takes back what is disputed, of which the account knows what was refunded', () =>
    expect(
      judge('charge.dispute.created', makeDispute(bought, 'needs_response'), { of: { ...paid, refunded: 200 } }),
    ).toEqual({
      ok: true,
      value: { do: 'take-back', source: 'stripe:du_1', upTo: 5_000_000, refunded: 200, why: 'disputed' },
    }));

  test('gives again what was disputed where it is won, and leaves it where it is lost', () => {
    expect(judge('charge.dispute.closed', makeDispute(bought, 'won'), { of: paid })).toEqual({
      ok: true,
      value: { do: 'restore', source: 'stripe:du_1' },
    });
    expect(judge('charge.dispute.closed', makeDispute(bought, 'lost'), { of: paid })).toBe('other');
  });

  test('that is an inquiry changes nothing, until money is withdrawn for it', () => {
    expect(judge('charge.dispute.created', makeDispute(bought, 'warning_needs_response'), { of: paid })).toBe('other');
    expect(judge('charge.dispute.closed', makeDispute(bought, 'warning_closed'), { of: paid })).toBe('other');
    expect(judge('charge.dispute.funds_withdrawn', makeDispute(bought, 'needs_response'), { of: paid })).toMatchObject({
      ok: true,
      value: { do: 'take-back', source: 'stripe:du_1', upTo: 5_000_000 },
    });
  });

  test('of more than was paid, or of another currency, changes nothing', () => {
    expect(judge('charge.refunded', makeCharge(bought, 501), { of: paid })).toEqual({
      ok: false,
      error: 'amount-differs',
    });
    expect(judge('charge.refunded', makeCharge(bought, 1, { currency: 'eur' }), { of: paid })).toEqual({
      ok: false,
      error: 'currency-differs',
    });
  });
});

test('what is no event of these is passed over, and what is none at all is told by its field', () => {
  expect(judge('customer.created', { id: 'cus_1' })).toBe('other');
  expect(readStripeEvent({ id: 'evt_1', type: 'x' })).toMatchObject({
    ok: false,
    error: expect.stringContaining("'livemode'"),
  });
  expect(readStripeEvent(makeEvent('charge.refunded', { id: 'ch_1' }))).toMatchObject({ ok: false });
  expect(readStripeEvent(makeEvent('charge.dispute.created', {}))).toMatchObject({ ok: false });
  const ours = { metadata: { irori_checkout: 'chk_1' } };
  expect(readStripeEvent(makeEvent('checkout.session.completed', ours))).toMatchObject({ ok: false });
});

test('a session of somebody else is passed over, whatever it leaves out', () => {
  const foreign = { metadata: {}, amount_total: null, currency: null };
  for (const session of [foreign, { ...foreign, metadata: null }, { ...foreign, metadata: { order: '7' } }])
    expect(judge('checkout.session.completed', makeSession(bought, session))).toBe('other');
  expect(judge('checkout.session.expired', {})).toBe('other');
});
