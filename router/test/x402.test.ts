// Calls without a key, paid for one by one (x402 version 2) on a real chain by the official client: what is settled is what the receipt says, once,
// whatever is killed meanwhile. Skipped, and said so, where anvil is not installed for this machine.
import { ExactEvmScheme } from '@x402/evm/exact/client';
import { UptoEvmScheme } from '@x402/evm/upto/client';
import { decodePaymentResponseHeader, wrapFetchWithPayment, x402Client } from '@x402/fetch';
import { randomBytes } from 'node:crypto';
import { privateKeyToAccount, privateKeyToAddress } from 'viem/accounts';
import type { Hex } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeHeader, encodeHeader } from '../../schema/x402.ts';
import type { PaymentRequired } from '../../schema/x402.ts';
import { findAnvil, startTestChain, TEST_ASSET, TEST_DOLLAR, TEST_NETWORK } from '../local/test-chain.ts';
import type { TestChain } from '../local/test-chain.ts';
import { startFacilitator } from '../local/x402-facilitator.ts';
import type { Facilitator } from '../local/x402-facilitator.ts';
import { makeChain } from '../payments/chain.ts';
import { ABLE_MODEL, ALL_ABILITIES, startAbleServer } from './able-server.ts';
import type { AbleServer } from './able-server.ts';
import { learnDigest, listModel } from './ask.ts';
import { isLedgerSound, readBooks } from './books.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/paid';
const FUNDED = 100_000_000n;
const newKey = (): Hex => `0x${randomBytes(32).toString('hex')}`;
const payTo = privateKeyToAddress(newKey());

let chain: TestChain;
let facilitator: Facilitator;
let stack: Stack;
let able: AbleServer;
let owner: TestAccount;
/** What happens between a transaction and the facilitator's answer. */
let beforeAnswer: (() => Promise<void>) | null = null;

interface Irori {
  readonly job: string;
  readonly charge_micro?: number;
  readonly payment?: { readonly id: string; readonly authorised_micro: number; readonly receipt: string };
}

interface PaidReceipt {
  readonly data: readonly { readonly charge_micro: number; readonly job: string }[];
  readonly payment: Readonly<Record<string, unknown>>;
}

interface Payer {
  readonly key: Hex;
  readonly address: Hex;
  readonly fetch: typeof fetch;
  /** The payment that was sent last, as the header has it. */
  readonly sent: () => string;
}

/** It knows no token by itself that is worth nothing. */
function openClient(scheme: UptoEvmScheme | ExactEvmScheme): x402Client {
  return x402Client.fromConfig({ schemes: [{ network: TEST_NETWORK, client: scheme }], spendControls: false });
}

/** Somebody with tokens, who has let Permit2 move them, and pays by one scheme or the other. */
async function makePayer(scheme: 'upto' | 'exact' = 'upto'): Promise<Payer> {
  const key = newKey();
  const account = privateKeyToAccount(key);
  await chain.fund(account.address, FUNDED);
  await chain.approve(key);
  const client = openClient(scheme === 'upto' ? new UptoEvmScheme(account) : new ExactEvmScheme(account));
  let sent = '';
  const watched: typeof fetch = (input, init) => {
    const request = new Request(input, init);
    sent = request.headers.get('payment-signature') ?? sent;
    return fetch(request);
  };
  return { key, address: account.address, fetch: wrapFetchWithPayment(watched, client), sent: () => sent };
}

const post = (body: object, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
const chat = (more: object = {}): object => ({
  model: MODEL,
  messages: [{ role: 'user', content: 'hello' }],
  max_tokens: 200,
  ...more,
});
const chatUrl = (): string => `${stack.url}/v1/chat/completions`;

/** The facts of a streamed answer's last chunk. */
async function readStream(response: Response): Promise<{ text: string; irori: Irori }> {
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: {'));
  const chunks = lines.map(
    (line) => JSON.parse(line.slice(6)) as { irori?: Irori; choices?: { delta: { content?: string } }[] },
  );
  const irori = chunks.findLast((chunk) => chunk.irori)?.irori;
  if (!irori) throw new Error('no facts');
  return { text: chunks.map(({ choices }) => choices?.[0]?.delta.content ?? '').join(''), irori };
}

async function readPaid(receipt: string): Promise<PaidReceipt | null> {
  const response = await stack.call(receipt);
  if (response.status !== 200) return null;
  return (await response.json()) as PaidReceipt;
}

/** The payment once it has come to an end. */
function untilDone(receipt: string): Promise<PaidReceipt> {
  return until('the settlement', async () => {
    const found = await readPaid(receipt).catch(() => null);
    return found && ['settled', 'lost'].includes(String(found.payment['state'])) ? found : null;
  });
}

const paidSo = async (): Promise<number> => Number(await chain.balanceOf(payTo));

describe.skipIf(findAnvil() === null)('a call without a key', () => {
  beforeAll(async () => {
    [chain, able] = await Promise.all([startTestChain(), startAbleServer()]);
    const gasKey = newKey();
    await chain.fund(privateKeyToAddress(gasKey), 1n);
    facilitator = await startFacilitator({
      chainUrl: chain.url,
      key: gasKey,
      beforeAnswer: async () => beforeAnswer?.(),
    });
    const bindings = {
      X402_FACILITATOR_URL: facilitator.url,
      X402_RPC_URL: chain.url,
      X402_NETWORK: TEST_NETWORK,
      X402_ASSET: TEST_ASSET,
      X402_PAY_TO: payTo,
      X402_MOST_OWED: '100000',
    };
    stack = await startStack({ bindings, timings: { settleRetryMs: 300 } });
    owner = await stack.makeAccount();
    await stack.startAgent({ owner, args: ['--backend', able.url, '--slots', '8', '--can', ALL_ABILITIES] });
    const digest = await learnDigest(stack, owner, ABLE_MODEL);
    await listModel(stack, { owner, id: MODEL, digest });
  });
  afterAll(async () => {
    await stack?.stop();
    await Promise.all([facilitator?.stop(), able?.stop()]);
    await chain?.stop();
  });

  test('is told what it would cost, how to pay for it, and how to use a key instead', async () => {
    const response = await fetch(chatUrl(), post(chat()));
    expect(response.status).toBe(402);
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect(error.code).toBe('payment_required');
    expect(error.message).toContain('Authorization: Bearer irori_');
    const terms = decodeHeader(response.headers.get('payment-required') ?? '') as PaymentRequired;
    expect(terms).toMatchObject({ x402Version: 2, resource: { url: chatUrl() } });
    expect(terms.accepts).toEqual([
      expect.objectContaining({
        scheme: 'upto',
        network: TEST_NETWORK,
        payTo: payTo.toLowerCase(),
        extra: expect.objectContaining({ facilitatorAddress: facilitator.address.toLowerCase() }),
      }),
    ]);
    expect(response.headers.get('access-control-expose-headers')).toContain('payment-required');
    // Twice the answer's 200 tokens, and the prompt.
    expect(Number(terms.accepts[0]?.amount)).toBeGreaterThan(400);
    const dry = await fetch(chatUrl(), post(chat({ dry_run: true })));
    expect([dry.status, dry.headers.get('payment-required')]).toEqual([402, response.headers.get('payment-required')]);
  });

  test('pays, streams, and what is settled on the chain is what the receipt says', async () => {
    const payer = await makePayer();
    const before = await paidSo();
    const response = await payer.fetch(chatUrl(), post(chat({ stream: true })));
    expect(response.status).toBe(200);
    const { text, irori } = await readStream(response);
    expect(text.length).toBeGreaterThan(0);
    expect(irori.charge_micro).toBeGreaterThan(0);
    expect(irori.payment?.authorised_micro).toBeGreaterThan(irori.charge_micro ?? 0);
    const { data, payment } = await untilDone(irori.payment?.receipt ?? '');
    expect(data.map((one) => one.charge_micro)).toEqual([irori.charge_micro]);
    expect(payment).toMatchObject({
      state: 'settled',
      scheme: 'upto',
      settled_micro: irori.charge_micro,
      payer: payer.address.toLowerCase(),
    });
    expect((await paidSo()) - before).toBe(irori.charge_micro);
    expect(Number(FUNDED - (await chain.balanceOf(payer.address)))).toBe(irori.charge_micro);
    await until('the book', async () => (await readBooks(stack))['x402'] === 0 - (irori.charge_micro ?? 0));
    expect((await readBooks(stack))[irori.payment?.id ?? ''] ?? 0).toBe(0);
  });

  test('that is not streamed tells its settlement in the header of x402', async () => {
    const payer = await makePayer();
    const response = await payer.fetch(chatUrl(), post(chat()));
    const { irori } = (await response.json()) as { irori: Irori };
    const settled = decodePaymentResponseHeader(response.headers.get('payment-response') ?? '');
    expect(settled).toMatchObject({
      success: true,
      amount: String(irori.charge_micro),
      payer: payer.address.toLowerCase(),
    });
    expect(Number(FUNDED - (await chain.balanceOf(payer.address)))).toBe(irori.charge_micro);
  });

  test('for several answers at once is settled as what all of them came to', async () => {
    const payer = await makePayer();
    const response = await payer.fetch(chatUrl(), post(chat({ n: 2 })));
    const { irori } = (await response.json()) as { irori: Irori };
    expect(Number(FUNDED - (await chain.balanceOf(payer.address)))).toBe(irori.charge_micro);
  });

  test('with the same payment again runs and is settled once, and is told of the first', async () => {
    const payer = await makePayer();
    const before = facilitator.asked.length;
    const calls = able.seen.length;
    const response = await payer.fetch(chatUrl(), post(chat({ stream: true })));
    const again = await fetch(chatUrl(), post(chat({ stream: true }), { 'payment-signature': payer.sent() }));
    expect([again.status, again.headers.get('x-irori-job')]).toEqual([409, response.headers.get('x-irori-job')]);
    const { irori } = await readStream(response);
    await untilDone(irori.payment?.receipt ?? '');
    const after = await fetch(chatUrl(), post(chat({ stream: true }), { 'payment-signature': payer.sent() }));
    expect(after.status).toBe(409);
    expect(decodePaymentResponseHeader(after.headers.get('payment-response') ?? '')).toMatchObject({
      success: true,
      amount: String(irori.charge_micro),
    });
    const other = await fetch(chatUrl(), post(chat({ max_tokens: 10 }), { 'payment-signature': payer.sent() }));
    expect([other.status, other.headers.get('x-irori-job')]).toEqual([409, null]);
    expect([facilitator.asked.length - before, able.seen.length - calls]).toEqual([1, 1]);
    expect(Number(FUNDED - (await chain.balanceOf(payer.address)))).toBe(irori.charge_micro);
  });

  test('that comes to nothing sends nothing', async () => {
    const payer = await makePayer();
    const before = facilitator.asked.length;
    const body = { model: MODEL, input: ['a', 'b'] };
    able.embed = () => ({ object: 'list', data: [] });
    const response = await payer.fetch(`${stack.url}/v1/embeddings`, post(body));
    expect(response.status).toBeGreaterThanOrEqual(500);
    const again = await until('its end', async () => {
      const told = await fetch(`${stack.url}/v1/embeddings`, post(body, { 'payment-signature': payer.sent() }));
      return told.headers.has('payment-response') ? told : null;
    });
    expect(decodePaymentResponseHeader(again.headers.get('payment-response') ?? '')).toMatchObject({
      success: true,
      transaction: '',
      amount: '0',
    });
    expect(facilitator.asked.length).toBe(before);
    expect(await chain.balanceOf(payer.address)).toBe(FUNDED);
  });

  test('at a fixed price pays exactly what was agreed, and its receipt says the same', async () => {
    const { embed } = await import('./able-texts.ts');
    able.embed = embed;
    const payer = await makePayer('exact');
    const response = await until('a home that is not left alone', async () => {
      const told = await payer.fetch(`${stack.url}/v1/embeddings`, post({ model: MODEL, input: 'hello there' }));
      return told.status === 200 ? told : null;
    });
    const settled = decodePaymentResponseHeader(response.headers.get('payment-response') ?? '');
    expect(settled.success).toBe(true);
    const irori = JSON.parse(response.headers.get('x-irori') ?? '{}') as Irori;
    const { data, payment } = await untilDone(irori.payment?.receipt ?? '');
    expect(payment).toMatchObject({
      scheme: 'exact',
      charge_micro: Number(settled.amount),
      authorised_micro: Number(settled.amount),
    });
    expect(data.map((one) => one.charge_micro)).toEqual([Number(settled.amount)]);
    const spent = Number(FUNDED - (await chain.balanceOf(payer.address)));
    expect(spent).toBe(Number(settled.amount));
    const { nonce } = (decodeHeader(payer.sent()) as any).payload.authorization as { nonce: Hex };
    const asked = { scheme: 'exact', payer: payer.address, nonce, amount: spent } as const;
    const asset = TEST_DOLLAR;
    const config = { network: TEST_NETWORK, asset, assetName: '', assetVersion: '', payTo, mostOwed: 0 } as const;
    const { find } = makeChain({ url: chain.url, config });
    expect(await find(asked)).toEqual({ kind: 'settled', transaction: settled.transaction });
    expect(await find({ ...asked, nonce: newKey() })).toEqual({ kind: 'unused' });
  });

  test('is settled once when workerd is killed between the transaction and what it would have written', async () => {
    const payer = await makePayer();
    const before = facilitator.asked.length;
    let isKilled = false;
    beforeAnswer = async () => {
      await stack.network.killWorkerd();
      isKilled = true;
    };
    const response = await payer.fetch(chatUrl(), post(chat({ stream: true })));
    const { irori } = await readStream(response);
    await until('the kill', () => isKilled);
    beforeAnswer = null;
    expect(Number(FUNDED - (await chain.balanceOf(payer.address)))).toBe(irori.charge_micro);
    await stack.network.restart();
    const { payment } = await untilDone(irori.payment?.receipt ?? '');
    expect(payment).toMatchObject({ state: 'settled', settled_micro: irori.charge_micro });
    expect(payment['transaction']).toMatch(/^0x[0-9a-f]{64}$/);
    expect(facilitator.asked.length - before).toBe(1);
    expect(Number(FUNDED - (await chain.balanceOf(payer.address)))).toBe(irori.charge_micro);
  });

  test.each([
    [
      'another recipient',
      (payment: any) => (payment.payload.permit2Authorization.witness.to = `0x${'1'.repeat(40)}`),
      'not what is accepted',
    ],
    [
      'too little',
      (payment: any) => (payment.payload.permit2Authorization.permitted.amount = payment.accepted.amount = '1'),
      'may cost',
    ],
    [
      'a signature of somebody else',
      (payment: any) => (payment.payload.permit2Authorization.from = `0x${'2'.repeat(40)}`),
      'invalid_signature',
    ],
    ['another network', (payment: any) => (payment.accepted.network = 'eip155:1'), 'eip155:1'],
  ])('with a payment of %s is refused, with the terms', async (_, change, told) => {
    const payer = await makePayer();
    const calls = able.seen.length;
    const spoiled: typeof fetch = (input, init) => {
      const request = new Request(input, init);
      const header = request.headers.get('payment-signature');
      if (header === null) return fetch(request);
      const payment = decodeHeader(header);
      change(payment);
      request.headers.set('payment-signature', encodeHeader(payment ?? {}));
      return fetch(request);
    };
    const account = privateKeyToAccount(payer.key);
    const client = openClient(new UptoEvmScheme(account));
    const response = await wrapFetchWithPayment(spoiled, client)(chatUrl(), post(chat()));
    expect([response.status, response.headers.has('payment-required')]).toEqual([402, true]);
    expect(((await response.json()) as { error: { message: string } }).error.message).toContain(told);
    expect(able.seen.length).toBe(calls);
  });

  test('whose payment is not one is told so, and one that costs nothing needs a key', async () => {
    const garbled = await fetch(chatUrl(), post(chat(), { 'payment-signature': 'e30=' }));
    expect([garbled.status, ((await garbled.json()) as any).error.param]).toEqual([400, 'PAYMENT-SIGNATURE']);
    const free = await fetch(chatUrl(), post({ ...chat(), model: ABLE_MODEL }));
    expect(free.status).toBe(404);
    const listed = await fetch(`${stack.url}/v1/usage`);
    expect(listed.status).toBe(401);
    const more = await fetch(chatUrl(), post(chat({ max_tokens: 30_000, n: 3 })));
    expect(more.status).toBe(402);
  });

  test('of which so much is owed that no more is lent is told to use a key', async () => {
    const payer = await makePayer();
    const response = await payer.fetch(chatUrl(), post(chat({ max_tokens: 30_000, n: 3 })));
    expect([response.status, ((await response.json()) as any).error.code]).toEqual([503, 'payment_away']);
  });

  test('whose payer makes the payment useless meanwhile is not taken for paid: the chain is asked, and its receipt says so', async () => {
    const payer = await makePayer();
    able.gapMs = 100;
    const response = await until('a home that is back', async () => {
      const told = await payer.fetch(chatUrl(), post(chat({ stream: true })));
      return told.status === 200 ? told : null;
    });
    const nonce = BigInt((decodeHeader(payer.sent()) as any).payload.permit2Authorization.nonce);
    await chain.spoilNonce(payer.key, nonce);
    able.gapMs = 0;
    const { irori } = await readStream(response);
    const told = await until('a refusal', async () => {
      const found = await readPaid(irori.payment?.receipt ?? '');
      return found?.payment?.['reason'] ? found : null;
    });
    expect(told.payment).toMatchObject({
      state: 'sending',
      reason: 'nonce_already_used',
      charge_micro: irori.charge_micro,
    });
    expect(await chain.balanceOf(payer.address)).toBe(FUNDED);
  });

  test('leaves books that balance', async () => {
    expect(await until('a sound ledger', () => isLedgerSound(stack))).toBe(true);
  });
});
