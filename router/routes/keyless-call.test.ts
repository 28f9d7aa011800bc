import { Hono } from 'hono';
import { expect, test, vi } from 'vitest';
import { encodeHeader, PAYMENT_SIGNATURE, UPTO_PROXY_ADDRESS } from '../../schema/x402.ts';
import { ApiError, toErrorResponse } from '../errors.ts';
import { TIMEOUT_S } from '../payments/make-terms.ts';
import type { Services } from '../services/edge.ts';
import type { AppEnv } from './app-env.ts';
import { openKeylessCall } from './keyless-call.ts';
import type { Job } from './make-job.ts';

const word = (digit: string): string => `0x${digit.repeat(40)}`;
const config = { network: 'eip155:1', asset: word('a'), assetName: 'U', assetVersion: '2', payTo: word('b') };
const PRICE = 500;
const HELD = { id: 'job_1', hold: { amount: PRICE }, offer: { request: { kind: 'chat' } }, caller: {} };

/** A call that is paid for with up to `most` units. */
async function call(most: number, isPaused: boolean) {
  const begin = vi.fn(async (_payment: object) => 'begun');
  const verify = vi.fn(async (_sent: object, _requirements: object) => ({ ok: true }));
  const services = {
    keyless: {
      config: { ...config, mostOwed: 1000 },
      facilitator: { findSettler: async () => word('f'), verify },
      table: { owed: async () => ({ owed: 0, hasLost: false }) },
    },
    bookCopy: { isPaused: async () => isPaused },
    payment: () => ({ find: async () => null, begin }),
  };
  const app = new Hono<AppEnv>();
  app.post('/', async (c) => {
    c.set('services', services as unknown as Services);
    const jobs = await openKeylessCall(c)?.pay([HELD as unknown as Job], new Uint8Array(1));
    return c.json({ ids: jobs?.map(({ id }) => id) });
  });
  app.onError((error) => {
    if (error instanceof ApiError) return toErrorResponse(error);
    throw error;
  });
  const permitted = { token: config.asset, amount: String(most) };
  const witness = { to: config.payTo, facilitator: word('f'), validAfter: '0' };
  const deadline = String(Math.floor(Date.now() / 1000) + TIMEOUT_S);
  const signed = { permitted, from: word('c'), spender: UPTO_PROXY_ADDRESS, nonce: '7', deadline, witness };
  const { network, asset, payTo } = config;
  const accepted = { scheme: 'upto', network, amount: String(most), asset, payTo, maxTimeoutSeconds: TIMEOUT_S };
  const payment = { x402Version: 2, accepted, payload: { signature: '0x11', permit2Authorization: signed } };
  const response = await app.request('/', { method: 'POST', headers: { [PAYMENT_SIGNATURE]: encodeHeader(payment) } });
  return { response, begin, verify };
}

test('a payment that allows more than the call may cost is verified as signed, and owes the price', async () => {
  const { response, begin, verify } = await call(5_000_000, false);
  expect([response.status, await response.json()]).toEqual([200, { ids: ['job_1'] }]);
  expect(verify.mock.lastCall?.[1]).toMatchObject({ amount: '5000000' });
  expect(begin.mock.lastCall?.[0]).toMatchObject({ authorised: PRICE, requirements: { amount: '5000000' } });
});

test('while the books stand still nothing is begun, and the payment stays as good as it was', async () => {
  const { response, begin, verify } = await call(PRICE, true);
  expect([response.status, await response.json()]).toMatchObject([503, { error: { code: 'store_away' } }]);
  expect([begin.mock.calls, verify.mock.calls]).toEqual([[], []]);
});
