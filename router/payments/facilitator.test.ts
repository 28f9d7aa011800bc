import { afterEach, describe, expect, test, vi } from 'vitest';
import { makeChain } from './chain.ts';
import { makeFacilitator } from './facilitator.ts';
import type { X402Config } from './make-terms.ts';

const network = 'eip155:84532';
const url = 'https://facilitator.test';
const requirements = {
  scheme: 'upto',
  network,
  amount: '5',
  asset: `0x${'a'.repeat(40)}`,
  payTo: `0x${'b'.repeat(40)}`,
  maxTimeoutSeconds: 60,
} as const;

afterEach(() => void vi.unstubAllGlobals());

/** What is answered to each call, and what was asked. */
function answerWith(...answers: (object | number | 'garbled' | Error)[]): { url: string; body: any }[] {
  const asked: { url: string; body: any }[] = [];
  vi.stubGlobal('fetch', async (to: string, init: RequestInit = {}) => {
    asked.push({ url: to, body: init.body === undefined ? null : JSON.parse(init.body as string) });
    const answer = answers.shift() ?? new Error('nothing more');
    if (answer instanceof Error) throw answer;
    if (typeof answer === 'number') return new Response('{}', { status: answer });
    return answer === 'garbled' ? new Response('<html>') : Response.json(answer);
  });
  return asked;
}

describe('a facilitator', () => {
  test('is asked with the version, the payment as it came and what it is held against', async () => {
    const asked = answerWith({ isValid: true }, { success: true, transaction: '0x1', network });
    const facilitator = makeFacilitator({ url, network });
    expect(await facilitator.verify({ as: 'it came' }, requirements)).toEqual({ ok: true, value: null });
    expect(await facilitator.settle({ as: 'it came' }, requirements)).toEqual({ kind: 'settled', transaction: '0x1' });
    const body = { x402Version: 2, paymentPayload: { as: 'it came' }, paymentRequirements: requirements };
    expect(asked).toEqual([
      { url: `${url}/verify`, body },
      { url: `${url}/settle`, body },
    ]);
  });

  test('that refuses says why, also with a status that says so', async () => {
    answerWith(
      { isValid: false, invalidReason: 'insufficient_funds' },
      { isValid: false },
      { success: false, transaction: '', network },
    );
    const facilitator = makeFacilitator({ url, network });
    expect(await facilitator.verify({}, requirements)).toEqual({ ok: false, error: 'insufficient_funds' });
    expect(await facilitator.verify({}, requirements)).toEqual({ ok: false, error: 'invalid' });
    expect(await facilitator.settle({}, requirements)).toEqual({ kind: 'refused', reason: 'refused' });
  });

  test.each([[500], ['garbled' as const], [{ no: 'answer' }], [new Error('lost')]])(
    'that answers %j is away: nobody knows whether it did anything',
    async (answer) => {
      answerWith(answer, answer, answer);
      const facilitator = makeFacilitator({ url, network });
      expect(await facilitator.verify({}, requirements)).toEqual({ ok: false, error: null });
      expect(await facilitator.settle({}, requirements)).toEqual({ kind: 'away' });
      expect(await facilitator.findSettler()).toBeNull();
    },
  );

  test('tells who settles what is used once in ten minutes, for the network that is asked for', async () => {
    const settler = `0x${'Fa'.repeat(20)}`;
    const of = (name: string, facilitatorAddress: unknown) => ({
      x402Version: 2,
      scheme: 'upto',
      network: name,
      extra: { facilitatorAddress },
    });
    const asked = answerWith({ kinds: [of('eip155:1', `0x${'1'.repeat(40)}`), of(network, settler)] });
    const facilitator = makeFacilitator({ url, network });
    for (let i = 0; i < 3; i++) expect(await facilitator.findSettler()).toBe(settler.toLowerCase());
    expect(asked.length).toBe(1);
    answerWith({ kinds: [{ x402Version: 2, scheme: 'exact', network }] });
    expect(await makeFacilitator({ url, network }).findSettler()).toBeNull();
  });
});

describe('a chain', () => {
  const config: X402Config = {
    network,
    asset: requirements.asset,
    assetName: 'USDC',
    assetVersion: '2',
    payTo: requirements.payTo,
    mostOwed: 1,
  };
  const chain = makeChain({ url: 'https://rpc.test', config });
  const nonce = `0x${'0'.repeat(60)}01ff` as const;
  const asked = { scheme: 'upto', payer: `0x${'c'.repeat(40)}`, nonce, amount: 5 } as const;
  const result = (value: unknown): object => ({ jsonrpc: '2.0', id: 1, result: value });
  const amountOf = (units: number): string => `0x${units.toString(16).padStart(64, '0')}`;
  const LAST_BIT = `0x8${'0'.repeat(63)}`;

  test('that has no bit for a nonce has not used it', async () => {
    const calls = answerWith(result(`0x${'0'.repeat(64)}`));
    expect(await chain.find(asked)).toEqual({ kind: 'unused' });
    // nonceBitmap(address,uint256), of word 1.
    expect(calls[0]?.body.params[0].data).toBe(`0x4fe02b44${'c'.repeat(40).padStart(64, '0')}${'1'.padStart(64, '0')}`);
  });

  test('tells a settlement by the transfer whose transaction names the nonce', async () => {
    const logs = [
      { transactionHash: '0x01', data: amountOf(5) },
      { transactionHash: '0x02', data: amountOf(6) },
      { transactionHash: '0x03', data: amountOf(5) },
    ];
    const calls = answerWith(
      result(LAST_BIT),
      result('0x10'),
      result(logs),
      result({ input: '0xff' }),
      result({ input: `0xabc${nonce.slice(2)}` }),
    );
    expect(await chain.find(asked)).toEqual({ kind: 'settled', transaction: '0x01' });
    expect(calls.map(({ body }) => body.method)).toEqual([
      'eth_call',
      'eth_blockNumber',
      'eth_getLogs',
      'eth_getTransactionByHash',
      'eth_getTransactionByHash',
    ]);
    expect(calls[2]?.body.params[0]).toMatchObject({ address: config.asset, fromBlock: '0x0' });
  });

  test('whose nonce went to no transfer of ours has used it otherwise', async () => {
    answerWith(result(LAST_BIT), result('0xffffff'), result([]));
    expect(await chain.find(asked)).toEqual({ kind: 'void' });
  });

  test('that cannot be asked, or refuses, says nothing', async () => {
    for (const answer of [
      new Error('lost'),
      'garbled' as const,
      { error: { code: -32_000 } },
      result('what'),
      result(null),
    ]) {
      answerWith(answer);
      await expect(chain.find(asked)).rejects.toBeInstanceOf(Error);
    }
  });
});
