// What a limited key sees, through the official client: headers, 402 and 429 with what to do, its own usage; and whoever wants to be told of it hears so once.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { learnDigest, listModel } from './ask.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/priced';
const CREDIT = 100_000;
/** A minute of limits here: whoever is refused comes back within it. */
const MINUTE_MS = 8000;

interface Heard {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

let stack: Stack;
let models: ModelServer;
let caller: TestAccount;
const heard: Heard[] = [];
/** What the receiver answers next; 200 where nothing is said. */
const answers: number[] = [];
const receiver = createServer((request, response) => {
  let body = '';
  request.on('data', (data: Buffer) => void (body += data.toString()));
  request.on('end', () => {
    heard.push({ path: request.url ?? '', headers: request.headers as Record<string, string>, body });
    const status = answers.shift() ?? 200;
    response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end();
  });
});

beforeAll(async () => {
  [stack, models] = await Promise.all([
    startStack({
      bindings: { LOCAL_WEBHOOKS: '1' },
      timings: { rateWindowMs: MINUTE_MS, alertRetryMs: 100, deliverEveryMs: 50 },
    }),
    startModelServer(),
    new Promise<void>((resolve) => void receiver.listen(0, '127.0.0.1', resolve)),
  ]);
  const owner = await stack.makeAccount();
  await stack.startAgent({ owner, args: ['--backend', models.url, '--models', 'say-8x0', '--slots', '8'] });
  await listModel(stack, { owner, id: MODEL, digest: await learnDigest(stack, owner, 'say-8x0') });
  caller = await stack.makeAccount(CREDIT);
});

afterAll(async () => {
  await stack?.stop();
  await models?.stop();
  receiver.close();
});

async function makeKey(limits: object): Promise<{ id: string; key: string }> {
  const { status, json } = await stack.admin('POST', `/accounts/${caller.id}/keys`, { limits });
  expect(status).toBe(201);
  return { id: String(json['id']), key: String(json['key']) };
}

const clientOf = (apiKey: string, more: object = {}): OpenAI =>
  new OpenAI({ apiKey, baseURL: `${stack.url}/v1`, maxRetries: 0, ...more });

/** Twenty tokens for 40 units and the prompt's; it may cost twenty-four more. */
const ASK = { model: MODEL, max_tokens: 20, messages: [{ role: 'user' as const, content: 'say-20x0' }] };

async function raised(call: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  const error = await call.then(
    () => null,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(OpenAI.APIError);
  return error as InstanceType<typeof OpenAI.APIError>;
}

interface KeyUsage {
  readonly id: string;
  readonly spend: Record<'day' | 'month' | 'total', { spent_micro: number; left_micro?: number; resets_at?: string }>;
  readonly held_micro: number;
}

/** What a key says of itself once its jobs are settled. */
async function usageOf(key: string): Promise<KeyUsage> {
  return until('the settlement', async () => {
    const used = (await (await stack.call('/v1/key', { key })).json()) as KeyUsage;
    return used.held_micro === 0 ? used : null;
  });
}

/** An answer, and what the key has spent after it. */
async function spend(key: string): Promise<number> {
  await clientOf(key).chat.completions.create(ASK);
  return (await usageOf(key)).spend.day.spent_micro;
}

describe('the official client', () => {
  test('reads the balance and what is left in the headers of answers, streamed and not', async () => {
    const { key } = await makeKey({ spend: { day_micro: 1000 }, requests_per_minute: 100, tokens_per_minute: 5000 });
    for (const stream of [false, true]) {
      const { response } = await clientOf(key)
        .chat.completions.create({ ...ASK, stream })
        .withResponse();
      const told = (name: string): number => Number(response.headers.get(name));
      expect(told('x-irori-key-day-limit')).toBe(1000);
      expect(told('x-irori-key-day-left')).toBeLessThan(1000 - 40);
      expect(response.headers.get('x-irori-key-day-reset')).toMatch(/^\d{4}-\d\d-\d\dT00:00:00Z$/);
      expect(told('x-irori-balance')).toBeLessThan(CREDIT);
      expect(told('x-irori-balance')).toBeGreaterThan(CREDIT - 1000);
      expect(told('x-ratelimit-limit-requests')).toBe(100);
      expect(told('x-ratelimit-remaining-requests')).toBeLessThan(100);
      expect(told('x-ratelimit-limit-tokens')).toBe(5000);
      expect(told('x-ratelimit-remaining-tokens')).toBeLessThan(5000 - 20);
      expect(response.headers.get('x-ratelimit-reset-requests')).toMatch(/^\d+s$/);
      expect(response.headers.get('access-control-expose-headers')).toContain('x-irori-key-day-left');
    }
  });

  test('raises 402 at a spend limit, with which, how much is left and until when, and asks no second time', async () => {
    const { key } = await makeKey({ spend: { month_micro: 50, total_micro: 1000 } });
    let calls = 0;
    const counted = (...args: Parameters<typeof fetch>): Promise<Response> => (calls++, fetch(...args));
    const error = await raised(clientOf(key, { maxRetries: 2, fetch: counted }).chat.completions.create(ASK));
    expect(error).toMatchObject({ status: 402, code: 'spend_limit_reached', type: 'insufficient_quota' });
    expect(error.message).toMatch(/may spend 50 micro-credits a month.* 50 are left\. It begins anew at \S+T00:00:00Z/);
    const resetAt = Date.parse(error.headers?.get('x-irori-key-month-reset') ?? '');
    expect(Math.abs(Number(error.headers?.get('retry-after')) * 1000 - (resetAt - Date.now()))).toBeLessThan(60_000);
    expect([calls, error.headers?.get('x-irori-key-total-left')]).toEqual([1, '1000']);
    const small = await clientOf(key).chat.completions.create({ ...ASK, max_tokens: 5 });
    expect(small.choices[0]?.finish_reason).toBe('length');
  });

  test('raises 402 for a job that may cost more than one may, and 429 for one answer too many', async () => {
    const { key } = await makeKey({ max_job_micro: 60, concurrent: 1 });
    const error = await raised(clientOf(key).chat.completions.create(ASK));
    expect(error).toMatchObject({ status: 402, message: expect.stringMatching(/60 micro-credits on one job/) });
    const two = await raised(clientOf(key).chat.completions.create({ ...ASK, max_tokens: 5, n: 2 }));
    expect(two).toBeInstanceOf(OpenAI.RateLimitError);
    expect(two.message).toContain('1 of this API key run already');
    expect((await usageOf(key)).spend.total.spent_micro).toBe(0);
  });

  test('raises RateLimitError where too much begins within a minute, and comes back by itself at the very time that is told', async () => {
    const { key } = await makeKey({ requests_per_minute: 1 });
    const both = await Promise.allSettled([1, 2].map(() => clientOf(key).chat.completions.create(ASK)));
    const [refused] = both.flatMap((one) =>
      one.status === 'rejected' ? [raised(Promise.reject(one.reason as Error))] : [],
    );
    const error = await refused;
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error).toMatchObject({ code: 'rate_limit_exceeded', type: 'rate_limit_error' });
    expect(error?.message).toMatch(/\(RPM\): Limit 1, left 0, requested 1\. Please try again in \ds\.$/);
    const toldMs = Number(error?.headers?.get('retry-after-ms'));
    expect(error?.headers?.get('retry-after')).toBe(String(toldMs / 1000));
    expect(error?.headers?.get('x-ratelimit-remaining-requests')).toBe('0');
    expect(toldMs).toBeLessThanOrEqual(MINUTE_MS + 1000);
    const asks: { at: number; toldMs: number }[] = [];
    const timed = async (...args: Parameters<typeof fetch>): Promise<Response> => {
      const response = await fetch(...args);
      asks.push({ at: Date.now(), toldMs: Number(response.headers.get('retry-after-ms')) });
      return response;
    };
    const answer = await clientOf(key, { maxRetries: 1, fetch: timed }).chat.completions.create(ASK);
    expect(answer.choices[0]?.message.content).toContain('word19');
    // On a busy machine the minute may be over anyway: then it came through at once.
    const waits = asks.slice(1).map(({ at }, i) => at - (asks[i]?.at ?? 0) - (asks[i]?.toldMs ?? 0));
    expect(Math.min(0, ...waits)).toBeGreaterThanOrEqual(-5);
  });

  test('raises RateLimitError for what never fits, and asks no second time', async () => {
    const { key } = await makeKey({ tokens_per_minute: 10 });
    const error = await raised(clientOf(key, { maxRetries: 2 }).chat.completions.create(ASK));
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error.message).toMatch(/too large .*tokens per minute \(TPM\): Limit 10, left 10/);
    expect(error.headers?.get('x-should-retry')).toBe('false');
  });
});

test('each API tells them in its own form, with the same headers', async () => {
  const { key } = await makeKey({ spend: { day_micro: 1 } });
  const messages = await stack.call('/v1/messages', { key, body: ASK });
  expect([messages.status, messages.headers.get('x-irori-key-day-left')]).toEqual([402, '1']);
  expect(await messages.json()).toMatchObject({
    type: 'error',
    error: { type: 'billing_error', code: 'spend_limit_reached' },
  });
  const body = { model: MODEL, input: 'say-20x0', max_output_tokens: 20 };
  const responses = await stack.call('/v1/responses', { key, body });
  expect([responses.status, responses.headers.get('x-irori-key-day-left')]).toEqual([402, '1']);
  expect(await responses.json()).toMatchObject({ error: { code: 'spend_limit_reached', type: 'insufficient_quota' } });
  await stack.admin('PATCH', `/keys/${(await usageOf(key)).id}`, { limits: { tokens_per_minute: 1 } });
  const limited = await stack.call('/v1/messages', { key, body: ASK });
  expect([limited.status, limited.headers.get('x-ratelimit-limit-tokens')]).toEqual([429, '1']);
  expect(await limited.json()).toMatchObject({ error: { type: 'rate_limit_error', code: 'rate_limit_exceeded' } });
});

test('a key’s holder sees what the key has used and may use, and nothing of the account', async () => {
  const { id, key } = await makeKey({ spend: { day_micro: 500 }, concurrent: 3, requests_per_minute: 9 });
  const spent = await spend(key);
  const told = (await (await stack.call('/v1/key', { key })).json()) as Record<string, unknown>;
  expect(told).toMatchObject({
    object: 'key',
    id,
    limits: { spend: { day_micro: 500, month_micro: null }, concurrent: 3 },
    spend: { day: { spent_micro: spent, limit_micro: 500, left_micro: 500 - spent }, month: { spent_micro: spent } },
    running_jobs: 0,
    requests_per_minute: { limit: 9 },
    tokens_per_minute: null,
  });
  expect(JSON.stringify(told)).not.toMatch(new RegExp(`balance|${caller.id}`));
  expect((await stack.call('/v1/key', {})).status).toBe(401);
});

test('who wants to be told hears of 80 and of 100 per cent once, signed, and again where it did not take it', async () => {
  const { id, key } = await makeKey({ spend: { day_micro: 170 } });
  const { port } = receiver.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/hook`;
  const { json } = await stack.admin('PUT', `/accounts/${caller.id}/alerts`, { url });
  const secret = String(json['secret']);
  answers.push(500, 302);
  for (let i = 0; i < 3; i++) await spend(key);
  await until('the third try', () => heard.length >= 3);
  // What is refused now is refused for what is spent.
  await raised(clientOf(key).chat.completions.create(ASK));
  await until('the other alert', () => heard.length >= 4);
  await raised(clientOf(key).chat.completions.create(ASK));
  await until('nothing on its way', async () => {
    return (await stack.admin('GET', `/accounts/${caller.id}/alerts`)).json['waiting'] === 0;
  });
  const client = clientOf(key, { webhookSecret: secret });
  const told = [];
  for (const { body, headers } of heard) told.push(await client.webhooks.unwrap(body, headers));
  const day = { account: caller.id, key: id, limit: 'day', limit_micro: 170 };
  expect(told.map((one) => (one as unknown as { data: { percent: number } }).data.percent)).toEqual([80, 80, 80, 100]);
  expect(told[0]).toMatchObject({
    type: 'key.spend_limit',
    data: { ...day, resets_at: expect.stringContaining('T00:00') },
  });
  expect(heard.map(({ path }) => path)).toEqual(Array(4).fill('/hook'));
  expect(new Set(heard.map(({ headers }) => headers['webhook-id'])).size).toBe(2);
  const [{ headers, body } = { headers: {}, body: '' }] = heard;
  await expect(client.webhooks.unwrap(`${body} `, headers)).rejects.toThrow(/signature/i);
});
