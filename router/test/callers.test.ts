// How callers really come: from web pages, with keys in other headers, to addresses written otherwise, with packed bodies, through old readers.
import { request } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readError } from './error-shape.ts';
import { startModelServer, words } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { ADMIN_SECRET, startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';

const CHAT = '/v1/chat/completions';
const ORIGIN = { origin: 'https://app.example' };
const GOOD = { model: 'say-3x0', messages: [{ role: 'user', content: 'Hello' }] };

let stack: Stack;
let server: ModelServer;
let account: TestAccount;
const output: string[] = [];

beforeAll(async () => {
  [stack, server] = await Promise.all([startStack({ onLog: (line) => void output.push(line) }), startModelServer()]);
  account = await stack.makeAccount();
  const args = ['--backend', server.url, '--models', 'say-*', '--slots', '16'];
  await stack.startAgent({ owner: account, args });
  await stack.waitForModel(account, 'say-*');
});

afterAll(async () => {
  await stack?.stop();
  await server?.stop();
});

async function textOf(response: Response): Promise<string> {
  const body = await response.text();
  expect({ status: response.status, body }).toEqual({ status: 200, body });
  const { choices } = JSON.parse(body) as OpenAI.ChatCompletion;
  return choices[0]?.message.content ?? '';
}

describe('a web page', () => {
  const preflight = (path: string, method: string): Promise<Response> => {
    const asked = { 'access-control-request-method': method, 'access-control-request-headers': 'authorization,x-any' };
    return stack.call(path, { method: 'OPTIONS', headers: { ...ORIGIN, ...asked } });
  };

  test.each([
    [CHAT, 'POST'],
    ['/v1/models', 'GET'],
    ['/v1/models/a/b', 'GET'],
    ['/v1/receipts/job_00', 'GET'],
    ['/v1/usage', 'GET'],
    ['/v1/nothing', 'POST'],
    ['/chat/completions/', 'POST'],
  ])('may ask before it sends to %s', async (path, method) => {
    const { status, headers } = await preflight(path, method);
    expect([status, headers.get('access-control-allow-origin')]).toEqual([204, '*']);
    expect(headers.get('access-control-allow-headers')).toBe('authorization,x-any');
    expect(headers.get('access-control-allow-methods')).toContain(method);
    expect(headers.get('x-request-id')).toMatch(/^req_/);
  });

  test('may read answers, streams and refusals', async () => {
    const key = account.apiKey;
    const called = await Promise.all([
      stack.call(CHAT, { key, headers: ORIGIN, body: GOOD }),
      stack.call(CHAT, { key, headers: ORIGIN, body: { ...GOOD, stream: true } }),
      stack.call('/v1/models', { key, headers: ORIGIN }),
      stack.call(CHAT, { headers: ORIGIN, body: GOOD }),
      stack.call(CHAT, { key, headers: ORIGIN, body: { ...GOOD, n: 9 } }),
      stack.call(CHAT, { key, headers: ORIGIN, body: { ...GOOD, model: 'nobodys' } }),
      stack.call('/v1/nothing', { headers: ORIGIN }),
      stack.call(CHAT, { headers: ORIGIN }),
      stack.call(CHAT, { key, headers: ORIGIN, body: { ...GOOD, user: 'x'.repeat(9 * 1024 * 1024) } }),
    ]);
    expect(called.map(({ status }) => status)).toEqual([200, 200, 200, 401, 400, 404, 404, 405, 413]);
    for (const response of called) {
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(response.headers.get('access-control-expose-headers')).toContain('x-request-id');
      await response.text();
    }
  });

  test('has nothing to do with the operator’s paths and the homes’', async () => {
    const called = await Promise.all([
      stack.call('/admin/v1/nodes', { key: ADMIN_SECRET, headers: ORIGIN }),
      stack.call('//Admin/v1/nodes', { headers: ORIGIN }),
      stack.call('/node/link', { headers: ORIGIN }),
      preflight('/admin/v1/nodes', 'GET'),
    ]);
    expect(called.map(({ status }) => status)).toEqual([200, 401, 426, 401]);
    for (const { headers } of called) expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('a key', () => {
  test.each([
    ['x-api-key', (key: string) => key],
    ['api-key', (key: string) => key],
    ['X-Api-Key', (key: string) => `  ${key} `],
    ['authorization', (key: string) => `bEaReR   ${key}`],
  ])('is read from %s', async (name, write) => {
    const headers = { [name]: write(account.apiKey) };
    expect((await stack.call('/v1/models', { headers })).status).toBe(200);
    expect(await textOf(await stack.call(CHAT, { headers, body: GOOD }))).toBe(words(3));
  });

  test('as a bearer token goes before the others, and a proxy’s password does not', async () => {
    const named = (authorization: string): Promise<Response> =>
      stack.call('/v1/models', { headers: { authorization, 'x-api-key': account.apiKey } });
    expect((await named('Basic cHJveHk6c2VjcmV0')).status).toBe(200);
    expect((await readError(await named('Bearer sk-other'), 401)).code).toBe('invalid_api_key');
  });

  test('that is missing is told where to be sent, and a wrong one is wrong wherever it was', async () => {
    const missing = await readError(await stack.call('/v1/models'), 401);
    expect(missing.code).toBe('missing_api_key');
    expect(missing.message).toMatch(/Authorization: Bearer irori_.*'x-api-key'.*'api-key'/);
    for (const name of ['x-api-key', 'api-key'])
      expect(await readError(await stack.call('/v1/models', { headers: { [name]: 'sk-other' } }), 401)).toMatchObject({
        code: 'invalid_api_key',
        message: expect.stringMatching(/^Incorrect API key provided\. Send it as/) as string,
      });
  });

  test('opens no operator’s path in another header', async () => {
    const response = await stack.call('/admin/v1/nodes', { headers: { 'x-api-key': ADMIN_SECRET } });
    expect((await readError(response, 401)).code).toBe('missing_api_key');
  });
});

describe('an address', () => {
  test.each([
    '//v1/chat/completions',
    '/v1/chat/completions/',
    '/v1/v1/chat/completions',
    '/chat/completions',
    '/V1/Chat/Completions',
    '/v1/chat/completions/chat/completions',
  ])('%s is answered as the chat', async (path) => {
    expect(await textOf(await stack.call(path, { key: account.apiKey, body: GOOD }))).toBe(words(3));
    const response = await stack.call(path, { key: account.apiKey });
    expect(response.headers.get('allow')).toBe('POST');
    expect((await readError(response, 405)).code).toBe('method_not_allowed');
  });

  test.each(['/v1/models/', '/models', '/v1//models?limit=2'])('%s lists the models', async (path) => {
    const response = await stack.call(path, { key: account.apiKey });
    expect(await response.json()).toMatchObject({ object: 'list' });
  });

  test.each(['', '/', '/v1', '/v1/', '/v1/v1'])(
    'the official client finds it from a base that ends in %j',
    async (end) => {
      const client = new OpenAI({ apiKey: account.apiKey, baseURL: `${stack.url}${end}`, maxRetries: 0 });
      const answer = await client.chat.completions.create(GOOD as OpenAI.ChatCompletionCreateParamsNonStreaming);
      expect(answer.choices[0]?.message.content).toBe(words(3));
    },
  );

  test.each(['/v1/audio/speech', '/v1/engines', '/v1/rerank', '/api/chat', '/openai/v1/chat/completions'])(
    '%s is told what there is',
    async (path) => {
      const { code, message } = await readError(await stack.call(path, { key: account.apiKey, body: GOOD }), 404);
      expect(code).toBe('unknown_path');
      expect(message).toContain('POST /v1/chat/completions');
    },
  );
});

/** A call with these bytes as its body. */
function post(bytes: Uint8Array, coding: string): Promise<Response> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${account.apiKey}`,
      'content-type': 'application/json',
      'content-encoding': coding,
    };
    const outgoing = request(`${stack.url}${CHAT}`, { method: 'POST', headers }, (incoming) => {
      const parts: Buffer[] = [];
      incoming.on('data', (part: Buffer) => parts.push(part));
      incoming.on('end', () => {
        const told = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as [string, string]);
        resolve(new Response(Buffer.concat(parts), { status: incoming.statusCode ?? 0, headers: told }));
      });
    });
    outgoing.on('error', reject);
    outgoing.end(bytes);
  });
}

describe('a packed body', () => {
  const PACKERS = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync };
  const text = Buffer.from(JSON.stringify(GOOD));

  test.each(Object.entries(PACKERS))(
    'of %s is read, refused when it is cut, and when it would be too long',
    async (coding, pack) => {
      expect(await textOf(await post(pack(text), coding))).toBe(words(3));
      expect((await readError(await post(pack(text).subarray(0, -6), coding), 400)).message).toContain(
        'content-encoding',
      );
      expect((await readError(await post(pack(Buffer.alloc(50_000_000, 32)), coding), 413)).code).toBe(
        'body_too_large',
      );
    },
  );

  test('of two codings is read, and of one that nobody knows refused by name', async () => {
    expect(await textOf(await post(brotliCompressSync(gzipSync(text)), 'gzip, br'))).toBe(words(3));
    const response = await post(text, 'lzma');
    expect(response.headers.get('accept-encoding')).toContain('gzip');
    expect((await readError(response, 415)).message).toContain("'content-encoding: lzma'");
  });
});

test('no line of the router’s holds a key, wherever it was sent', () => {
  expect(output.join('\n')).not.toContain(account.apiKey.slice(6, 39));
});
