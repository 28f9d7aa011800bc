// The callers' doors under attack: bodies that cost more than they weigh, crowds, wrong keys, books that are away. Beside each, honest calls go on.
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask as askStreamed, askAll, learnDigest, listModel } from './ask.ts';
import type { Answer, AskOptions } from './ask.ts';
import { readError } from './error-shape.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { residentBytes, usedCpuS } from './process-memory.ts';
import { ADMIN_SECRET, startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const PARIS = '48.9,2.4,FR';
const LIMITS = { account: 40, key: 12, guest: 6 };
const MIB = 1024 * 1024;

let stack: Stack;
let models: ModelServer;
let owner: TestAccount;

beforeAll(async () => {
  const bindings = { JOBS_AT_ONCE: JSON.stringify(LIMITS) };
  [stack, models] = await Promise.all([startStack({ bindings, timings: { bodyMs: 6000 } }), startModelServer()]);
  owner = await stack.makeAccount();
  const args = ['--backend', models.url, '--models', 'say-*,say-8x0', '--slots', '4'];
  await stack.startAgent({ owner, args, place: PARIS });
  await stack.waitForModel(owner, 'say-*');
});

afterAll(async () => {
  await stack?.stop();
  await models?.stop();
});

/** Asks and reads on until it is left. */
async function keepAsking(
  options: Omit<AskOptions, 'account'>,
  account: TestAccount,
  running: Answer[],
): Promise<void> {
  // Whose turn does not come in time is refused.
  const answer = await askStreamed(stack, { ...options, account }).catch(() => null);
  if (!answer) return;
  running.push(answer);
  await answer.read().catch(() => undefined);
}

function ask(account: TestAccount, model: string, more: object = {}): Promise<Response> {
  const body = { model, messages: [{ role: 'user', content: 'hi' }], ...more };
  return stack.call('/v1/chat/completions', { key: account.apiKey, place: PARIS, body });
}

/** The status that comes of a call whose body is announced, begun and never ended. */
function beginBody(key: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'content-length': 1000 };
  return new Promise((resolve, reject) => {
    const call = request(`${stack.url}/v1/chat/completions`, { method: 'POST', headers }, (response) => {
      resolve(response.statusCode);
      response.destroy();
    });
    call.on('error', reject);
    call.write('{"model":');
  });
}

/** The status of a call whose body is cut into as many pieces as it has characters, sent at once. */
function sendByteByByte(key: string, text: string): Promise<number> {
  const { hostname, port } = new URL(stack.url);
  const head = ['POST /v1/chat/completions HTTP/1.1', `host: ${hostname}:${port}`, `authorization: Bearer ${key}`];
  const more = [`x-irori-place: ${PARIS}`, 'content-type: application/json', 'transfer-encoding: chunked'];
  const pieces = Array.from(text, (character) => `1\r\n${character}\r\n`).join('');
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.on('error', reject);
    socket.on('data', (data) => {
      resolve(Number(data.toString('latin1').split(' ')[1]));
      socket.destroy();
    });
    socket.write(`${[...head, ...more].join('\r\n')}\r\n\r\n${pieces}0\r\n\r\n`);
  });
}

describe('bodies', () => {
  test('eight megabytes of empty objects by a key without credit are refused in little time and memory', async () => {
    const poor = await stack.makeAccount();
    const body = `{"model":"say-2x0","messages":[{"role":"user","content":[${'{},'.repeat(340_000)}{}]}]}`;
    await (await ask(owner, 'say-2x0')).text();
    const memory = (): number => stack.network.workerdPids().reduce((sum, pid) => sum + residentBytes(pid), 0);
    const computed = (): number => stack.network.workerdPids().reduce((sum, pid) => sum + usedCpuS(pid), 0);
    const [before, computedBefore] = [memory(), computed()];
    const refused = await Promise.all(
      Array.from({ length: 8 }, async () =>
        readError(await stack.call('/v1/chat/completions', { key: poor.apiKey, body }), 400),
      ),
    );
    expect(refused[0]).toMatchObject({ param: 'messages', message: expect.stringContaining('Send fewer') });
    expect(computed() - computedBefore).toBeLessThan(4);
    expect((memory() - before) / MIB).toBeLessThan(150);
  });

  test('a long honest chat is answered', async () => {
    const messages = Array.from({ length: 401 }, (_, i) => ({
      role: i % 2 === 0 ? 'user' : 'assistant',
      content: [{ type: 'text', text: 'word '.repeat(8) }],
    }));
    const answer = await ask(owner, 'say-2x0', { messages });
    expect({ status: answer.status, text: await answer.text() }).toMatchObject({ status: 200 });
  });

  test('one that comes byte by byte takes hardly more memory than in one piece', async () => {
    const text = JSON.stringify({ model: 'say-2x0', messages: [{ role: 'user', content: 'x'.repeat(60_000) }] });
    const memory = (): number => stack.network.workerdPids().reduce((sum, pid) => sum + residentBytes(pid), 0);
    const before = memory();
    expect(await sendByteByByte(owner.apiKey, text)).toBe(200);
    expect((memory() - before) / MIB).toBeLessThan(100);
  });

  test('one that trickles ends with 408 when its time is over', async () => {
    expect(await beginBody(owner.apiKey)).toBe(408);
  });

  test('nobody waits for the body of whom nobody knows', async () => {
    expect(await beginBody(`irori_${'a'.repeat(41)}`)).toBe(401);
  });
});

describe('jobs at once', () => {
  test('of a crowd of one key as many run as may, the others are told to come back, and afterwards all may run again', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask(owner, 'say-20x50')));
    const refused = answers.filter(({ status }) => status === 429);
    // Those within the limit may find the home's slots taken: that is told with a wait of its own.
    const told = await Promise.all(
      refused.map(async (one) => ({ code: (await readError(one, 429)).code, after: one.headers.get('retry-after') })),
    );
    const crowded = told.filter(({ code }) => code === 'rate_limit_exceeded');
    expect(crowded.map(({ after }) => after)).toEqual(Array.from({ length: 30 - LIMITS.key }, () => '2'));
    await Promise.all(answers.filter(({ status }) => status === 200).map(async (one) => one.text()));
    await until('all have ended', async () => {
      const again = await Promise.all(Array.from({ length: 4 }, () => ask(owner, 'say-1x0')));
      await Promise.all(again.map(async (one) => one.text()));
      return again.every(({ status }) => status === 200);
    });
  });
});

describe('guests', () => {
  test('one without credit that fills a free model leaves slots for another without and for one that pays', async () => {
    const digest = await learnDigest(stack, owner, 'say-8x0');
    await listModel(stack, { owner, id: 'test/free', digest, model: { price_in: 0, price_out: 0 } });
    const [greedy, guest, paying] = [
      await stack.makeAccount(),
      await stack.makeAccount(),
      await stack.makeAccount(1_000_000),
    ];
    const endless = {
      model: 'test/free',
      prompt: 'say-30000x50',
      place: PARIS,
      more: { provider: { max_first_token_s: 300 } },
    };
    const running: Answer[] = [];
    // Two of them get slots, and four wait in line behind them.
    for (let i = 0; i < LIMITS.guest; i++) void keepAsking(endless, greedy, running);
    await until('the greedy one has its share', () => running.filter(({ tokens }) => tokens > 0).length === 2);
    try {
      for (const account of [guest, paying]) {
        const startedAt = Date.now();
        const answer = await askAll(stack, { account, model: 'test/free', prompt: 'say-2x0', place: PARIS });
        expect({ error: answer.error, isDone: answer.isDone }).toEqual({ error: null, isDone: true });
        // Behind the greedy one's it would be twenty minutes.
        expect(Date.now() - startedAt).toBeLessThan(30_000);
      }
      expect(running.filter(({ tokens }) => tokens > 0)).toHaveLength(2);
    } finally {
      await Promise.all(running.map((one) => one.leave()));
    }
  });
});

describe('wrong keys', () => {
  test('many from one address are told to come back later, and a right key from there works all the while', async () => {
    const headers = { 'cf-connecting-ip': '203.0.113.7' };
    const wrong = () => stack.call('/v1/models', { key: `irori_${'b'.repeat(41)}`, headers });
    const statuses = await Promise.all(
      Array.from({ length: 260 }, async () => {
        const response = await wrong();
        await response.text();
        return response.status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    const told = await wrong();
    expect(Number(told.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await readError(told, 429)).code).toBe('rate_limit_exceeded');
    const right = await stack.call('/v1/models', { key: owner.apiKey, headers });
    expect(right.status).toBe(200);
    const elsewhere = await stack.call('/v1/models', {
      key: `irori_${'b'.repeat(41)}`,
      headers: { 'cf-connecting-ip': '203.0.113.8' },
    });
    expect(elsewhere.status).toBe(401);
  });

  test('homes’ proofs likewise, and their owner’s key reads why all the while', async () => {
    const headers = { 'cf-connecting-ip': '203.0.113.10' };
    const wrong = async () => (await stack.call('/node/v1/why', { key: 'a.b.c', headers })).status;
    expect(new Set(await Promise.all(Array.from({ length: 260 }, wrong)))).toEqual(new Set([401, 429]));
    expect(await wrong()).toBe(429);
    expect((await stack.call('/node/v1/why', { key: owner.apiKey, headers })).status).toBe(200);
  });

  test('admin secrets likewise, by themselves', async () => {
    const headers = { 'cf-connecting-ip': '203.0.113.9' };
    const call = (key: string) => stack.call('/admin/v1/accounts', { key, headers });
    const statuses = await Promise.all(Array.from({ length: 260 }, async () => (await call('wrong-secret')).status));
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect((await call(ADMIN_SECRET)).status).toBe(200);
  });
});

describe('books that are away', () => {
  test('every route that needs them answers 503 with when to come back', async () => {
    const account = await stack.makeAccount();
    const job = `job_${'0'.repeat(32)}`;
    const tables = [
      'api_keys',
      'accounts',
      'nodes',
      'pools',
      'part_receipts',
      'flushes',
      'models',
      'enrolments',
      'postings',
      'events',
    ];
    const db = await stack.network.database();
    for (const table of tables) await db.prepare(`ALTER TABLE ${table} RENAME TO ${table}_away`).run();
    try {
      const uncached = { key: account.apiKey };
      const body = { model: 'say-2x0', messages: [{ role: 'user', content: 'hi' }] };
      const admin = { key: ADMIN_SECRET };
      const calls: [string, Parameters<Stack['call']>[1]][] = [
        ['/v1/chat/completions', { ...uncached, body }],
        ['/v1/models', uncached],
        ['/v1/models/say-2x0', uncached],
        ['/v1/usage', uncached],
        ['/v1/stats', uncached],
        [`/v1/receipts/${job}`, uncached],
        [`/v1/receipts/${job}`, { key: owner.apiKey }],
        ['/node/v1/why', uncached],
        ['/admin/v1/accounts', admin],
        [`/admin/v1/accounts/${account.id}`, admin],
        ['/admin/v1/nodes', admin],
        ['/admin/v1/pools', admin],
        ['/admin/v1/ledger/check', admin],
        ['/admin/v1/accounts', { ...admin, body: { name: 'x' } }],
        ['/admin/v1/nodes/enrolments', { ...admin, body: { account_id: account.id } }],
        [`/admin/v1/accounts/${account.id}/credit`, { ...admin, body: { amount_micro: 1 } }],
      ];
      for (const [path, options] of calls) {
        const response = await stack.call(path, options);
        const error = await readError(response, 503);
        expect({ path, code: error.code, after: response.headers.get('retry-after') }).toEqual({
          path,
          code: 'store_away',
          after: '3',
        });
      }
      const cached = await ask(owner, 'say-2x0');
      expect({ status: cached.status, text: await cached.text() }).toMatchObject({ status: 200 });
    } finally {
      for (const table of tables) await db.prepare(`ALTER TABLE ${table}_away RENAME TO ${table}`).run();
    }
    expect((await stack.call('/v1/usage', { key: account.apiKey })).status).toBe(200);
  });
});
