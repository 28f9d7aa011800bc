import { describe, expect, test } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import { paymentSchema, UPTO_PROXY_ADDRESS } from '../../schema/x402.ts';
import { judgePayment } from './judge-payment.ts';
import type { JudgeInput } from './judge-payment.ts';
import { makeTerms, TIMEOUT_S } from './make-terms.ts';
import type { X402Config } from './make-terms.ts';
import { readAsset } from './read-asset.ts';
import { tellPayment, tellSettlement } from './tell-settlement.ts';

const NOW_S = 1_764_000_000;
const word = (digit: string): Hex => `0x${digit.repeat(40)}`;
const config: X402Config = {
  network: 'eip155:84532',
  asset: word('a'),
  assetName: 'USDC',
  assetVersion: '2',
  payTo: word('b'),
  mostOwed: 5_000_000,
};
const facilitator = word('f');
const input: JudgeInput = { config, facilitator, amount: 500, isPriceKnown: true, nowS: NOW_S };
const accepted = (scheme: string): object => ({
  scheme,
  network: config.network,
  amount: '500',
  asset: config.asset,
  payTo: config.payTo,
  maxTimeoutSeconds: TIMEOUT_S,
});

interface Change {
  readonly accepted?: object;
  readonly signed?: object;
  readonly witness?: object;
}

function upto({ accepted: taken, signed, witness }: Change = {}) {
  const permit2Authorization = {
    permitted: { token: config.asset, amount: '500' },
    from: word('c'),
    spender: UPTO_PROXY_ADDRESS,
    nonce: '258',
    deadline: String(NOW_S + TIMEOUT_S),
    witness: { to: config.payTo, facilitator, validAfter: '0', ...witness },
    ...signed,
  };
  const payload = { signature: '0x00', permit2Authorization };
  return paymentSchema.parse({ x402Version: 2, accepted: { ...accepted('upto'), ...taken }, payload });
}

function exact({ accepted: taken, signed }: Change = {}) {
  const authorization = {
    from: word('c'),
    to: config.payTo,
    value: '500',
    validAfter: '0',
    validBefore: String(NOW_S + TIMEOUT_S),
    nonce: `0x${'0'.repeat(61)}102`,
    ...signed,
  };
  const payload = { signature: '0x00', authorization };
  return paymentSchema.parse({ x402Version: 2, accepted: { ...accepted('exact'), ...taken }, payload });
}

describe('terms', () => {
  const terms = (changes: object) =>
    makeTerms(config, {
      amount: 500,
      isPriceKnown: false,
      facilitator,
      url: 'https://irori.test/v1',
      told: 'pay',
      ...changes,
    });

  test('offer first to pay for what is used, and a fixed price where it is known', () => {
    expect(terms({}).accepts.map(({ scheme }) => scheme)).toEqual(['upto']);
    expect(terms({ isPriceKnown: true }).accepts.map(({ scheme }) => scheme)).toEqual(['upto', 'exact']);
    expect(terms({ isPriceKnown: true, facilitator: null }).accepts.map(({ scheme }) => scheme)).toEqual(['exact']);
  });

  test('hold what the scheme’s clients sign', () => {
    expect(terms({}).accepts[0]).toEqual({
      scheme: 'upto',
      network: 'eip155:84532',
      amount: '500',
      asset: config.asset,
      payTo: config.payTo,
      maxTimeoutSeconds: TIMEOUT_S,
      extra: { name: 'USDC', version: '2', assetTransferMethod: 'permit2', facilitatorAddress: facilitator },
    });
  });
});

describe('a payment', () => {
  test('by the terms is taken, with the same number however it is written', () => {
    const nonce = `0x${'0'.repeat(61)}102`;
    expect(judgePayment(upto(), input)).toMatchObject({
      ok: true,
      value: { scheme: 'upto', payer: word('c'), nonce, amount: 500, requirements: { amount: '500' } },
    });
    expect(judgePayment(upto({ signed: { nonce: '0x102' } }), input)).toMatchObject({ ok: true, value: { nonce } });
    expect(judgePayment(exact(), input)).toMatchObject({ ok: true, value: { scheme: 'exact', nonce, amount: 500 } });
  });

  test('up to more than is asked is taken for what is asked, and a fixed price only as it is', () => {
    const more = { accepted: { amount: '900' } };
    const permitted = { permitted: { token: config.asset, amount: '900' } };
    expect(judgePayment(upto({ ...more, signed: permitted }), input)).toMatchObject({
      ok: true,
      value: { amount: 500, requirements: { amount: '900' } },
    });
    expect(judgePayment(exact({ ...more, signed: { value: '900' } }), input)).toMatchObject({ ok: false });
  });

  test.each([
    ['another network', upto({ accepted: { network: 'eip155:1' } })],
    ['another token', upto({ accepted: { asset: word('1') } })],
    ['another recipient', upto({ accepted: { payTo: word('1') } })],
    ['another scheme than it is signed by', upto({ accepted: { scheme: 'exact' } })],
    ['another scheme than it is signed by, the other way round', exact({ accepted: { scheme: 'upto' } })],
    ['a scheme of which nobody knows', exact({ accepted: { scheme: 'deferred' } })],
    ['another spender', upto({ signed: { spender: word('1') } })],
    ['another facilitator', upto({ witness: { facilitator: word('1') } })],
    ['a signed token that is another', upto({ signed: { permitted: { token: word('1'), amount: '500' } } })],
    ['a signed recipient that is another', upto({ witness: { to: word('1') } })],
    ['a signed amount that is another', upto({ signed: { permitted: { token: config.asset, amount: '600' } } })],
    [
      'too little',
      upto({ accepted: { amount: '499' }, signed: { permitted: { token: config.asset, amount: '499' } } }),
    ],
    [
      'more than whole numbers hold',
      upto({
        accepted: { amount: '9'.repeat(20) },
        signed: { permitted: { token: config.asset, amount: '9'.repeat(20) } },
      }),
    ],
    ['a start that has not come', upto({ witness: { validAfter: String(NOW_S + 1) } })],
    ['an end that comes before its job may be over', upto({ signed: { deadline: String(NOW_S + 600) } })],
    ['an end that lies too far ahead', upto({ signed: { deadline: String(NOW_S + 2 * TIMEOUT_S + 1) } })],
    ['an end that never comes', upto({ signed: { deadline: '9'.repeat(70) } })],
    ['a fixed price that lasts too long', exact({ signed: { validBefore: String(NOW_S + 2 * TIMEOUT_S + 1) } })],
    ['a fixed price for somebody else', exact({ signed: { to: word('1') } })],
    ['a fixed price that has ended', exact({ signed: { validBefore: String(NOW_S) } })],
  ])('with %s is refused in words', (_, payment) => {
    const judged = judgePayment(payment, input);
    expect(judged).toMatchObject({ ok: false });
    expect(judged.ok ? '' : judged.error.length).toBeGreaterThan(10);
  });

  test('at a fixed price is refused where the price is not known, and by use where nobody settles that', () => {
    expect(judgePayment(exact(), { ...input, isPriceKnown: false })).toMatchObject({ ok: false });
    expect(judgePayment(upto(), { ...input, facilitator: null })).toMatchObject({ ok: false });
  });
});

test('a token is read as the environment names it', () => {
  expect(readAsset(`${word('A')} USD Coin 2`)).toEqual({ asset: word('a'), name: 'USD Coin', version: '2' });
  for (const text of ['', word('a'), `${word('a')} USDC`, 'USDC 2']) expect(readAsset(text)).toBeNull();
});

test('a settlement is told once it is one, and a loss as none', () => {
  const facts = {
    id: 'acct_1',
    scheme: 'upto',
    network: 'eip155:1',
    payer: word('c'),
    authorised: 9,
    charge: 5,
    transaction: '0x1',
    reason: null,
  };
  expect(tellSettlement({ ...facts, state: 'sending' })).toBeNull();
  expect(tellSettlement({ ...facts, state: 'settled' })).toMatchObject({
    success: true,
    amount: '5',
    transaction: '0x1',
  });
  expect(tellSettlement({ ...facts, state: 'lost', reason: null })).toMatchObject({
    success: false,
    errorReason: 'lost',
  });
  expect(tellPayment({ ...facts, state: 'lost', transaction: '' })).toMatchObject({
    settled_micro: 0,
    transaction: null,
  });
});
