// What a call costs before it is made and after, at homes that ask for less than the catalogue, through the real network.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { learnDigest, listModel } from './ask.ts';
import { isLedgerSound, readUsage } from './books.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/priced';
const GRANTED = 10_000_000;
const PARIS = '48.9,2.4,FR';
const BERLIN = '52.5,13.4,DE';
const PROMPT = 'say-10x0';

let stack: Stack;
let server: ModelServer;
let owner: TestAccount;
let caller: TestAccount;

beforeAll(async () => {
  [stack, server] = await Promise.all([startStack(), startModelServer({ models: [PROMPT] })]);
  owner = await stack.makeAccount();
  caller = await stack.makeAccount(GRANTED);
  await stack.startAgent({ owner, args: ['--backend', server.url], place: PARIS });
  const digest = await learnDigest(stack, owner, PROMPT);
  await stack.startAgent({ owner, args: ['--backend', server.url, '--price', '0.5'], place: BERLIN });
  // Half the price is what its owner asks for; the catalogue lets it fall to six tenths.
  await listModel(stack, {
    owner,
    id: MODEL,
    digest,
    homes: 2,
    model: { least_price_in: 600_000, least_price_out: 1_200_000 },
  });
});

afterAll(async () => {
  await stack?.stop();
  await server?.stop();
});

const asked = (more: object = {}): object => ({
  model: MODEL,
  messages: [{ role: 'user', content: PROMPT }],
  max_tokens: 50,
  ...more,
});

async function post(body: object, path = '/v1/chat/completions', place = PARIS): Promise<Record<string, any>> {
  const response = await stack.call(path, { key: caller.apiKey, body, place });
  return { status: response.status, ...((await response.json()) as object) };
}

async function readBalance(): Promise<number> {
  await until('settled books', async () => (await readUsage(stack, caller)).held_micro === 0 && isLedgerSound(stack));
  return (await readUsage(stack, caller)).balance_micro;
}

describe('a dry run', () => {
  test('tells the home, why it, and what the call costs there; nothing is asked, held or charged', async () => {
    const before = await readBalance();
    const calls = server.seen.length;
    const told = await post(asked({ dry_run: true, stream: true }));
    expect(told).toMatchObject({
      status: 200,
      object: 'dry_run',
      model: MODEL,
      would_run: true,
      error: null,
      home: { country: 'FR', is_own: false },
      price: { prompt: 1_000_000, completion: 2_000_000 },
      credit: { balance_micro: GRANTED, available_micro: GRANTED, is_enough: true },
    });
    expect(told['home'].reason).toMatch(/closest/);
    expect(told['cost'].at_most_micro).toBe(told['tokens'].prompt_at_most + 2 * 50);
    expect(await readBalance()).toBe(before);
    expect(server.seen.length).toBe(calls);
  });

  test('goes where the call would go, and costs what the call would', async () => {
    const wish = { provider: { sort: 'cheapest' } };
    const told = await post(asked({ ...wish, dry_run: true }));
    const real = await post(asked(wish));
    expect(told['home'].node).toBe(real['irori'].node);
    expect(told['price']).toMatchObject({ prompt: 600_000, completion: 1_200_000, most_prompt: 1_000_000 });
    expect(real['irori'].charge_micro).toBeLessThanOrEqual(told['cost'].at_most_micro);
  });

  test('of several answers tells what all of them cost', async () => {
    const one = await post(asked({ dry_run: true }));
    const three = await post(asked({ dry_run: true, n: 3 }));
    expect(three['cost'].at_most_micro - one['cost'].at_most_micro).toBe(2 * 2 * 50);
  });

  test('says what the call would be refused with', async () => {
    const wish = { provider: { country: 'JP' } };
    const told = await post(asked({ ...wish, dry_run: true }));
    const real = await post(asked(wish));
    expect(told).toMatchObject({ status: 200, would_run: false, home: null });
    expect(told['error']).toMatchObject({ status: real['status'], code: real['error'].code });
  });

  test('says that the credit would not do', async () => {
    const poor = await stack.makeAccount(10);
    const told = await stack.call('/v1/chat/completions', { key: poor.apiKey, body: asked({ dry_run: true }) });
    expect(await told.json()).toMatchObject({
      would_run: false,
      error: { status: 402, code: 'insufficient_credit' },
      credit: { is_enough: false },
    });
  });

  test('says what the limits of its key refuse, as a call is told, and is one of the requests that the key may begin in a minute', async () => {
    const path = `/accounts/${caller.id}/keys`;
    const ask = async (limits: object, times: number, more = {}) => {
      const { key } = (await stack.admin('POST', path, { limits })).json as { key: string };
      const told = [];
      for (let i = 0; i < times; i++) {
        const body = asked({ dry_run: true, ...more });
        told.push(await (await stack.call('/v1/chat/completions', { key, body })).json());
      }
      return told;
    };
    const limited = {
      would_run: false,
      error: { status: 429, code: 'rate_limit_exceeded' },
      credit: { is_enough: true },
    };
    expect(await ask({ requests_per_minute: 2 }, 3)).toMatchObject([{ would_run: true }, { would_run: true }, limited]);
    const spend = { would_run: false, error: { code: expect.any(String) as string }, credit: { is_enough: true } };
    expect(await ask({ max_job_micro: 1 }, 1)).toMatchObject([spend]);
    expect(await ask({ spend: { total_micro: 1 } }, 1)).toMatchObject([spend]);
    expect(await ask({ concurrent: 2 }, 1, { n: 3 })).toMatchObject([limited]);
    expect(await ask({ concurrent: 3 }, 1, { n: 3 })).toMatchObject([{ would_run: true, error: null }]);
  });

  test.each([
    ['/v1/responses', { model: MODEL, input: PROMPT, dry_run: true }],
    ['/v1/messages', { model: MODEL, max_tokens: 50, messages: [{ role: 'user', content: PROMPT }], dry_run: true }],
    ['/v1/completions', { model: MODEL, prompt: PROMPT, max_tokens: 50, dry_run: true }],
  ])('is told at %s too', async (path, body) => {
    expect(await post(body, path)).toMatchObject({ status: 200, object: 'dry_run' });
  });

  test('a word that is no yes or no is refused by name', async () => {
    expect(await post(asked({ dry_run: 'maybe' }))).toMatchObject({ status: 400, error: { param: 'dry_run' } });
  });
});

describe('a home that asks for less', () => {
  test('is found by who wishes for the cheapest, and its price is on the ticket, the receipt and the bill', async () => {
    const before = await readBalance();
    const { irori, usage } = await post(asked({ provider: { sort: 'cheapest' } }));
    const charge = Math.ceil(0.6 * usage.prompt_tokens + 1.2 * usage.completion_tokens);
    expect(irori).toMatchObject({ country: 'DE', charge_micro: charge });
    expect(before - (await readBalance())).toBe(charge);
    const list = await (await stack.call(`/v1/receipts/${irori.job}`, { key: caller.apiKey })).json();
    const [receipt] = (list as { data: Record<string, any>[] }).data;
    expect(receipt).toMatchObject({ charge_micro: charge, ticket: { priceIn: '600000', priceOut: '1200000' } });
    expect(receipt?.['earned_micro']).toBe(charge - Math.floor(charge / 10));
  });

  test('is the only one for who pays no more, and less than any home may ask is refused with the least price', async () => {
    const max = (price: number): object => asked({ provider: { max_price: { completion: price } } });
    expect((await post(max(1.5)))['irori'].country).toBe('DE');
    const refused = await post(max(1));
    expect(refused).toMatchObject({ status: 400, error: { param: 'provider.max_price.completion' } });
    expect(refused['error'].message).toContain('at least 1.2 credits');
  });

  test('credit is held only for what the caller pays at most', async () => {
    const told = await post(asked({ dry_run: true, provider: { max_price: { prompt: 0.6, completion: 1.2 } } }));
    expect(told['cost'].held_micro).toBe(Math.ceil(0.6 * told['tokens'].prompt_at_most + 1.2 * 50));
  });

  test('the list of models tells the price and what the cheapest home asks', async () => {
    const { data } = (await (await stack.call('/v1/models', { key: caller.apiKey })).json()) as { data: any[] };
    const { pricing } = data.find(({ id }) => id === MODEL);
    expect(pricing).toMatchObject({
      prompt: 1_000_000,
      completion: 2_000_000,
      least_prompt: 600_000,
      least_completion: 1_200_000,
    });
  });

  test('a least price above the price is refused', async () => {
    const body = { digests: ['a'.repeat(64)], price_in: 5, price_out: 5, least_price_out: 6, context_tokens: 10 };
    const put = await stack.admin('PUT', '/models/test/wrong', { ...body, max_output_tokens: 10 });
    expect(put).toMatchObject({ status: 400, json: { error: { param: 'least_price_out' } } });
  });
});
