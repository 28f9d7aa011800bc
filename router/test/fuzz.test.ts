// Random bodies and headers against the running router: every refusal is one of ours, and the router goes on answering.
import { request } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectToldError } from './error-shape.ts';
import type { ToldError } from './error-shape.ts';
import { INSIDE } from './inside.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';

/** Enough to meet each branch; `FUZZ_RUNS=20000` for a long look. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 400);
const CHAT = '/v1/chat/completions';
/** Codes that may stand beside a status of 500 and above: nobody is there, or the home failed. */
const HOME_CODES = ['no_node_online', 'home_failed'];

let stack: Stack;
let models: ModelServer;
let account: TestAccount;
let pids: readonly number[];

beforeAll(async () => {
  [stack, models] = await Promise.all([startStack({ timings: { resumeWaitMs: 100 } }), startModelServer()]);
  account = await stack.makeAccount();
  await stack.startAgent({ owner: account, args: ['--backend', models.url, '--models', 'say-*', '--slots', '8'] });
  await stack.waitForModel(account, 'say-*');
  pids = stack.network.workerdPids();
});

afterAll(async () => {
  await stack?.stop();
  await models?.stop();
});

/** True when the router still answers, and is the process that was started. */
async function isAlive(): Promise<boolean> {
  const body = { model: 'say-2x0', messages: [{ role: 'user', content: 'hi' }] };
  const { status } = await stack.call(CHAT, { key: account.apiKey, body });
  return status === 200 && stack.network.workerdPids().join() === pids.join();
}

interface Told {
  readonly status: number;
  readonly type: string;
  readonly id: string;
  readonly text: string;
}

/** What must be true of every answer, whatever was asked. */
function judge(told: Told): void {
  const { status, type, id, text } = told;
  expect(id).toMatch(/^req_[0-9a-f]{32}$/);
  // A question about a path, or for an answer's headers, has no body.
  if (status === 204) return judgeBare(text);
  if (status === 200) return judgeAnswer(told);
  expect(type).toBe('application/json; charset=utf-8');
  const { error } = JSON.parse(text) as { error: ToldError };
  expectToldError(error);
  const isOurs = status < 500 || HOME_CODES.includes(error.code);
  expect({ status, text, isOurs }).toMatchObject({ isOurs: true });
}

function judgeBare(text: string): void {
  expect(text).toBe('');
}

function judgeAnswer({ type, text }: Told): void {
  if (!type.startsWith('text/event-stream')) return void JSON.parse(text);
  expect(text.endsWith('data: [DONE]\n\n') || text.includes('"error":{')).toBe(true);
}

async function ask(body: string, headers: Record<string, string> = {}): Promise<Told> {
  const response = await stack.call(CHAT, { key: account.apiKey, body, headers });
  const [type, id] = ['content-type', 'x-request-id'].map((name) => response.headers.get(name) ?? '');
  return { status: response.status, type: type!, id: id!, text: await response.text() };
}

/** One request with headers that fetch would not send. */
function askRaw(path: string, method: string, headers: Record<string, string>): Promise<Told> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${stack.url}${path}`, { method, headers }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (part: string) => (text += part));
      const [type, id] = ['content-type', 'x-request-id'].map((name) => String(incoming.headers[name] ?? ''));
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, type: type!, id: id!, text }));
    });
    outgoing.on('error', reject);
    outgoing.end(method === 'POST' ? '{"model":"say-1x0","messages":[{"role":"user","content":"x"}]}' : undefined);
  });
}

const oddNumber = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(0, -0, 1e308, -1e308, 2 ** 53, -(2 ** 53), 1e21, 0.1, 5e-324),
);
const oddText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', '\u0000', '\ud800', '<|im_start|>', '__proto__', '囲炉裏🔥', 'data: [DONE]\n\n', '"}', 'null'),
);
const oddValue = fc.oneof(oddNumber, oddText, fc.boolean(), fc.constant(null), fc.jsonValue({ maxDepth: 3 }));

/** What frameworks put beside what a message needs; nothing of it may matter. */
const extras = fc.dictionary(fc.constantFrom('id', 'cache_control', 'reasoning_content', 'tool_call_id'), oddValue);
const message = fc
  .record({
    role: fc.constantFrom('system', 'developer', 'user', 'assistant'),
    content: fc.oneof(
      oddText,
      fc.array(fc.record({ type: fc.constant('text'), text: oddText }), { minLength: 1, maxLength: 3 }),
    ),
    name: fc.option(oddText),
    more: extras,
  })
  .map(({ more, ...said }) => ({ ...more, ...said }));
const stopText = oddText.filter((text) => text.length > 0);
const penalty = fc.double({ min: -2, max: 2, noNaN: true });
const limit = fc.oneof(fc.integer({ min: 1, max: 30_000 }), fc.constantFrom(65_536, 2 ** 53, 1e21, 1e308));

const good = fc.record(
  {
    model: fc.constantFrom('say-3x0', 'say-2x0-wide', 'say-4x0-die2', 'say-1x0-status500'),
    messages: fc.array(message, { minLength: 1, maxLength: 4 }),
    temperature: fc.double({ min: 0, max: 2, noNaN: true }),
    top_p: fc.double({ min: 0, max: 1, noNaN: true }),
    stop: fc.oneof(stopText, fc.array(fc.option(stopText), { maxLength: 64 })),
    seed: fc.maxSafeInteger(),
    frequency_penalty: penalty,
    presence_penalty: penalty,
    max_tokens: limit,
    max_completion_tokens: limit,
    n: fc.constant(1),
    stream: fc.boolean(),
    user: oddText,
  },
  { requiredKeys: ['model', 'messages'] },
);
const fields = ['model', 'messages', 'temperature', 'stop', 'seed', 'max_tokens', 'n', 'stream', 'stream_options'];
const strangers = ['tools', 'logprobs', 'response_format', 'x-unheard-of', '__proto__'];
const change = fc.record({ field: fc.constantFrom(...fields, ...strangers), value: oddValue });
const oddMessages = fc.array(fc.oneof(message, oddValue), { minLength: 1, maxLength: 4 });

/** Requests that are right, but for what chance changed in half of them. */
const nearlyGood = fc.oneof(
  good,
  fc.tuple(good, change).map(([body, { field, value }]) => ({ ...body, [field]: value })),
  fc.tuple(good, oddMessages).map(([body, messages]) => ({ ...body, messages })),
);

describe('bodies', () => {
  test('near to right ones are answered or refused, never broken', async () => {
    const seen = new Set<number>();
    await fc.assert(
      fc.asyncProperty(nearlyGood, async (body) => {
        const told = await ask(JSON.stringify(body));
        seen.add(told.status);
        judge(told);
      }),
      { numRuns: RUNS },
    );
    expect([...seen]).toEqual(expect.arrayContaining([200, 400, 502]));
    expect(await isAlive()).toBe(true);
  });

  test('of any JSON and of any text are refused', async () => {
    const body = fc.oneof(
      fc.json({ maxDepth: 4 }),
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.integer({ min: 1, max: 20_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
      fc.integer({ min: 1, max: 20_000 }).map((depth) => `{"messages":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`),
      fc.integer({ min: 1, max: 400 }).map((digits) => `{"model":"say-1x0","seed":${'9'.repeat(digits)}}`),
    );
    await fc.assert(
      fc.asyncProperty(body, async (text) => {
        const told = await ask(text);
        expect(told.status).toBe(400);
        judge(told);
      }),
      { numRuns: RUNS },
    );
    expect(await isAlive()).toBe(true);
  });
});

describe('headers and paths', () => {
  const value = fc.string({
    unit: fc
      .integer({ min: 0x20, max: 0xff })
      .filter((code) => code < 0x7f || code > 0x9f)
      .map((code) => String.fromCharCode(code)),
    maxLength: 60,
  });
  const name = fc.constantFrom(
    'authorization',
    'content-type',
    'x-irori-place',
    'x-irori-node',
    'x-request-id',
    'accept',
    'accept-encoding',
    'content-encoding',
    'cookie',
    'origin',
    'range',
    'if-none-match',
    'x-forwarded-for',
  );
  const path = fc.oneof(
    fc.constantFrom(CHAT, '/v1/models', '/v1/usage', '/health', '/node/enrol', '/node/link', '/admin/v1/nodes'),
    fc.webPath().map((tail) => `/v1/models${tail}`),
    fc.webPath().map((tail) => `/v1/receipts${tail}`),
    fc.webPath().filter((text) => !INSIDE.test(text)),
    fc.constantFrom('/v1/models/%', '/v1/models/%ff', '//', '/v1/receipts/..%2f', '/%2e%2e/', '/admin/v1/accounts/%00'),
  );
  const method = fc.constantFrom('GET', 'GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH');

  test('of any kind are answered or refused, never broken', async () => {
    const asked = fc.record({
      path,
      method,
      headers: fc.dictionary(name, value, { maxKeys: 4 }),
      hasKey: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(asked, async ({ path, method, headers, hasKey }) => {
        const own = {
          'content-type': 'application/json',
          ...(hasKey ? { authorization: `Bearer ${account.apiKey}` } : {}),
        };
        judge(await askRaw(path, method, { ...own, ...headers }));
      }),
      { numRuns: RUNS },
    );
    expect(await isAlive()).toBe(true);
  });

  test('of the admin API with any body are answered or refused, never broken', async () => {
    const secret = { authorization: 'Bearer test-admin-secret-0123456789' };
    const adminPath = fc.constantFrom(
      '/accounts',
      `/accounts/${account.id}/members`,
      `/accounts/${account.id}/keys`,
      `/accounts/${account.id}/credit`,
      '/accounts/nobody/credit',
      `/accounts/${account.id}/alerts`,
      '/nodes/enrolments',
      '/sign-in-links',
      '/pools',
      '/models/fuzz',
      '/models/a%20b',
    );
    const fields = fc.dictionary(
      fc.constantFrom(
        'name',
        'amount_micro',
        'event_id',
        'memo',
        'account_id',
        'wallet',
        'expires_in_s',
        'digests',
        'price_in',
        'scopes',
        'models',
        'limits',
        'member',
        'role',
        'email',
        'public',
        'uses',
        'is_operator',
        'life_s',
        'url',
        'owner_account_id',
      ),
      oddValue,
    );
    await fc.assert(
      fc.asyncProperty(adminPath, fc.constantFrom('POST', 'PUT'), fields, async (path, method, body) => {
        const response = await stack.call(`/admin/v1${path}`, { method, headers: secret, body: JSON.stringify(body) });
        const text = await response.text();
        expect({ status: response.status, text }).toMatchObject({
          status: expect.toSatisfy((one: number) => one < 500),
        });
        if (response.status >= 400) expectToldError((JSON.parse(text) as { error: ToldError }).error);
      }),
      { numRuns: RUNS },
    );
    expect(await isAlive()).toBe(true);
  });
});
