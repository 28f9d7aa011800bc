import { describe, expect, test } from 'vitest';
import { decodeHeader, encodeHeader, isUpto, readPayment, requirementsSchema } from './x402.ts';

/** The examples of the specification, specs/x402-specification-v2.md and specs/schemes/upto/scheme_upto_evm.md. */
const ACCEPTED = {
  scheme: 'exact',
  network: 'eip155:84532',
  amount: '10000',
  asset: '0x036CbD53842c5426634e7929541eC2318f3dCF7e',
  payTo: '0x209693Bc6afc0C5328bA36FaF03C514EF312287C',
  maxTimeoutSeconds: 60,
  extra: { name: 'USDC', version: '2' },
};
const NONCE = '0xf3746613c2d920b5fdabc0856f2aeb2d4f88ee6037b8cc5d04a71a4462f13480';
const PAYER = '0x857b06519E91e3A54538791bDbb0E22373e36b66';
const EXACT = {
  x402Version: 2,
  resource: { url: 'https://api.example.com/premium-data', description: 'Access', mimeType: 'application/json' },
  accepted: ACCEPTED,
  payload: {
    signature: `0x${'2d'.repeat(65)}`,
    authorization: {
      from: PAYER,
      to: ACCEPTED.payTo,
      value: '10000',
      validAfter: '1740672089',
      validBefore: '1740672154',
      nonce: NONCE,
    },
  },
  extensions: {},
};
const UPTO = {
  x402Version: 2,
  accepted: { ...ACCEPTED, scheme: 'upto', amount: '5000000' },
  payload: {
    signature: `0x${'2d'.repeat(65)}`,
    permit2Authorization: {
      permitted: { token: ACCEPTED.asset, amount: '5000000' },
      from: PAYER,
      spender: '0x4020A4f3b7b90ccA423B9fabCc0CE57C6C240002',
      nonce: NONCE,
      deadline: '1740672154',
      witness: { to: ACCEPTED.payTo, facilitator: `0x${'Fa'.repeat(20)}`, validAfter: '1740672089' },
    },
  },
};

describe('the header of a payment', () => {
  test('is read as the specification writes it, with addresses in lower case, and kept as it came', () => {
    for (const payment of [EXACT, UPTO]) {
      const read = readPayment(encodeHeader(payment));
      if (!read.ok) throw new Error(read.error);
      expect(read.value.sent).toEqual(payment);
      expect(read.value.payment.accepted.asset).toBe(ACCEPTED.asset.toLowerCase());
      expect(isUpto(read.value.payment.payload)).toBe(payment === UPTO);
    }
  });

  test('holds a nonce of Permit2 in decimals too, as clients write it', () => {
    const permit2Authorization = { ...UPTO.payload.permit2Authorization, nonce: BigInt(NONCE).toString() };
    expect(readPayment(encodeHeader({ ...UPTO, payload: { ...UPTO.payload, permit2Authorization } })).ok).toBe(true);
  });

  test.each([
    ['no base64', '{}'],
    ['no JSON', btoa('hello')],
    ['no object', btoa('2')],
    ['nothing', btoa('null')],
    ['no UTF-8', btoa('\xff')],
    ['too much', btoa('x'.repeat(20_000))],
    ['another version', encodeHeader({ ...EXACT, x402Version: 1 })],
    ['another scheme’s payload', encodeHeader({ ...EXACT, payload: { transaction: 'AAAA' } })],
    ['an amount that is no number', encodeHeader({ ...EXACT, accepted: { ...ACCEPTED, amount: '1e4' } })],
    ['an address that is none', encodeHeader({ ...EXACT, accepted: { ...ACCEPTED, payTo: 'merchant' } })],
  ])('is refused that holds %s', (_, header) => expect(readPayment(header)).toMatchObject({ ok: false }));

  test('comes back to the letter, whatever its language', () => {
    const value = { error: 'こんにちは “quoted” 🏠' };
    expect(decodeHeader(encodeHeader(value))).toEqual(value);
    expect(encodeHeader(value)).toMatch(/^[A-Za-z0-9+/]+=*$/);
  });
});

test('requirements are read as facilitators are sent them', () => {
  expect(requirementsSchema.parse(ACCEPTED)).toMatchObject({ amount: '10000', payTo: ACCEPTED.payTo.toLowerCase() });
});
