// What the API refuses before any home is asked, as curl sees it: status, shape, the field's name, and nothing of the inside.
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readError } from './error-shape.ts';
import { ADMIN_SECRET, startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';

let stack: Stack;
let account: TestAccount;

const CHAT = '/v1/chat/completions';
const GOOD = { model: 'nano-demo', messages: [{ role: 'user', content: 'Hello' }] };

beforeAll(async () => {
  stack = await startStack();
  account = await stack.makeAccount();
});

afterAll(async () => {
  await stack?.stop();
});

function post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return stack.call(CHAT, { key: account.apiKey, body, headers });
}

/** A POST in pieces without a declared length; the answer's status and body, or null when the router hung up first. */
function postChunked(pieces: readonly Buffer[]): Promise<Response> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${account.apiKey}`, 'content-type': 'application/json' };
    const outgoing = request(`${stack.url}${CHAT}`, { method: 'POST', headers }, (incoming) => {
      const parts: Buffer[] = [];
      incoming.on('data', (part: Buffer) => parts.push(part));
      incoming.on('end', () => {
        const told = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as [string, string]);
        resolve(new Response(Buffer.concat(parts), { status: incoming.statusCode ?? 0, headers: told }));
      });
    });
    outgoing.on('error', reject);
    for (const piece of pieces) outgoing.write(piece);
    outgoing.end();
  });
}

describe('paths and methods', () => {
  test.each(['/v1', '/v1/', '/v1/edits', '/v2/models', '/node', '/%E0%A4%A', '/a?b=%zz'])(
    'there is nothing at %s',
    async (path) => {
      expect(await readError(await stack.call(path, { key: account.apiKey }), 404)).toMatchObject({
        code: 'unknown_path',
        type: 'invalid_request_error',
      });
    },
  );

  test.each([
    ['GET', CHAT, 'POST'],
    ['DELETE', CHAT, 'POST'],
    ['POST', '/v1/models', 'GET'],
    ['PUT', '/v1/models/nano-demo', 'GET'],
    ['POST', '/v1/usage', 'GET'],
    ['PATCH', '/v1/receipts/job_00', 'GET'],
    ['POST', '/health', 'GET'],
    ['GET', '/node/enrol', 'POST'],
    ['POST', '/node/link', 'GET'],
  ])('%s %s is not allowed and says what is', async (method, path, allow) => {
    const response = await stack.call(path, { method, key: account.apiKey });
    expect(response.headers.get('allow')).toBe(allow);
    expect((await readError(response, 405)).code).toBe('method_not_allowed');
  });

  test.each([
    ['POST', '/admin/v1/nodes', 'GET'],
    ['POST', '/admin/v1/nodes/node_1', 'DELETE, GET, PATCH'],
    ['GET', '/admin/v1/accounts/acct_1/credit', 'POST'],
    ['DELETE', '/admin/v1/ledger/check', 'GET'],
  ])('the operator’s %s %s is not allowed and says what is', async (method, path, allow) => {
    const response = await stack.call(path, { method, key: ADMIN_SECRET });
    expect(response.headers.get('allow')).toBe(allow);
    expect((await readError(response, 405)).code).toBe('method_not_allowed');
  });

  test.each([
    ['GET', '/v1/messages', 405, 'invalid_request_error'],
    ['GET', '/v1/messages/count_tokens', 405, 'invalid_request_error'],
    ['POST', '/v1/messages/batches', 404, 'not_found_error'],
  ])('%s %s is refused in the shape that clients of Messages read', async (method, path, status, type) => {
    const response = await stack.call(path, { method, key: account.apiKey });
    const id = response.headers.get('request-id');
    expect(id).toMatch(/^req_/);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ type: 'error', error: { type }, request_id: id });
  });

  test('OPTIONS tells what a path answers to, and nothing of one that does not exist', async () => {
    for (const [path, allow] of [
      [CHAT, 'OPTIONS, POST'],
      ['/v1/models', 'GET, HEAD, OPTIONS'],
      ['/health', 'GET, HEAD, OPTIONS'],
    ] as const) {
      const response = await stack.call(path, { method: 'OPTIONS', key: null });
      expect([response.status, await response.text(), response.headers.get('allow')]).toEqual([204, '', allow]);
    }
    await readError(await stack.call('/v2/models', { method: 'OPTIONS', key: null }), 404);
  });

  test('HEAD answers as GET without a body', async () => {
    const health = await stack.call('/health', { method: 'HEAD' });
    expect([health.status, await health.text()]).toEqual([200, '']);
    const models = await stack.call('/v1/models', { method: 'HEAD', key: account.apiKey });
    expect([models.status, await models.text()]).toEqual([200, '']);
    const chat = await stack.call(CHAT, { method: 'HEAD', key: account.apiKey });
    expect([chat.status, await chat.text(), chat.headers.get('allow')]).toEqual([405, '', 'POST']);
  });

  test('a socket’s path without an upgrade asks for one', async () => {
    const response = await stack.call('/node/link');
    expect((await readError(response, 426)).code).toBe('upgrade_required');
  });
});

describe('bodies', () => {
  const long = JSON.stringify({ ...GOOD, user: 'x'.repeat(8 * 1024 * 1024) });

  test('over the limit are refused by their declared length', async () => {
    expect((await readError(await post(long), 413)).code).toBe('body_too_large');
  });

  test('over the limit are refused while they come in pieces', async () => {
    const pieces = Array.from({ length: 140 }, () => Buffer.alloc(64 * 1024, 0x20));
    expect((await readError(await postChunked(pieces), 413)).code).toBe('body_too_large');
  });

  test('in pieces are read when they fit', async () => {
    const text = JSON.stringify({ ...GOOD, temperature: 9 });
    const pieces = [text.slice(0, 9), text.slice(9)].map((piece) => Buffer.from(piece));
    expect((await readError(await postChunked(pieces), 400)).param).toBe('temperature');
  });

  test.each(['text/plain', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', 'json'])(
    'as %s are refused',
    async (type) => {
      const response = await post(JSON.stringify(GOOD), { 'content-type': type });
      expect((await readError(response, 415)).code).toBe('unsupported_media_type');
    },
  );

  test.each([
    ['nothing', ''],
    ['half an object', '{"model":'],
    ['two objects', '{}{}'],
    ['a comment', '{/* */}'],
  ])('that are %s are not JSON', async (_, text) => {
    expect((await readError(await post(text), 400)).code).toBe('invalid_json');
  });

  test.each([['null'], ['[]'], ['7'], ['"text"']])('that are %s are not an object', async (text) => {
    expect(await readError(await post(text), 400)).toMatchObject({ code: 'invalid_json', param: null });
  });

  test('that are not UTF-8 are not JSON', async () => {
    const text = Buffer.from(JSON.stringify(GOOD).replace('Hello', 'Hell\u00ff'), 'latin1');
    expect((await readError(await postChunked([text]), 400)).code).toBe('invalid_json');
  });
});

describe('fields', () => {
  test.each([
    [{ model: undefined }, 'model'],
    [{ model: 7 }, 'model'],
    [{ model: '' }, 'model'],
    [{ messages: undefined }, 'messages'],
    [{ messages: [] }, 'messages'],
    [{ messages: [{ role: 'clown', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].tool_call_id'],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content'],
    [
      {
        messages: [
          { role: 'user', content: 'x' },
          { role: 'user', content: [{ type: 'text' }] },
        ],
      },
      'messages[1].content[0].text',
    ],
    [{ temperature: 2.1 }, 'temperature'],
    [{ temperature: 'hot' }, 'temperature'],
    [{ top_p: -1 }, 'top_p'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ max_completion_tokens: 1.5 }, 'max_completion_tokens'],
    [{ seed: 2 ** 65 }, 'seed'],
    [{ n: 9 }, 'n'],
    [{ stop: Array.from({ length: 65 }, () => 'a') }, 'stop'],
    [{ messages: [{ role: 'user', content: 'half \ud83d here' }] }, 'messages[0].content'],
    [{ presence_penalty: 3 }, 'presence_penalty'],
    [{ stream: 'yes' }, 'stream'],
    [{ stream_options: { include_usage: true } }, 'stream_options'],
  ])('%j is refused by name', async (change, param) => {
    const error = await readError(await post({ ...GOOD, ...change }), 400);
    expect(error).toMatchObject({ param, type: 'invalid_request_error', code: 'invalid_value' });
    expect(error.message).toContain(param);
  });

  test.each([
    ['modalities', ['audio']],
    ['web_search_options', {}],
  ])('%s changes what an answer is, cannot be honoured and is refused by name', async (param, value) => {
    const error = await readError(await post({ ...GOOD, [param]: value }), 400);
    expect(error).toMatchObject({ param, code: 'unsupported_parameter' });
  });

  test('of which none is known are passed over and told, names that every object has among them', async () => {
    const text = JSON.stringify({ ...GOOD, temprature: 1 }).replace('{', '{"__proto__":{"a":1},"constructor":1,');
    const response = await post(text);
    expect(response.status).toBe(503);
    const strict = await post(text.replace('{', '{"provider":{"require_parameters":true},'));
    expect(await readError(strict, 400)).toMatchObject({ code: 'unsupported_parameter' });
  });

  test.each(['tools', 'functions'])('%s of a wrong form are refused by their place', async (field) => {
    const error = await readError(await post({ ...GOOD, [field]: [{}] }), 400);
    expect(error.param).toMatch(new RegExp(String.raw`^${field}\[0\]`));
  });

  test.each([
    ['provider.only[0]', 'invalid_value', { provider: { only: ['deepinfra'] } }],
    ['provider.zdr', 'invalid_value', { provider: { zdr: true } }],
    ['provider.planet', 'unknown_parameter', { provider: { planet: 'mars' } }],
    ['provider.pool', 'invalid_value', { provider: { pool: 'club' } }],
    ['resume', 'invalid_value', { resume: 'never' }],
  ])('a wish for a home is refused as %s', async (param, code, extra) => {
    expect(await readError(await post({ ...GOOD, ...extra }), 400)).toMatchObject({ param, code });
  });

  test('a picture elsewhere is refused by its place: homes fetch nothing', async () => {
    const image = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } };
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'see' }, image] }];
    const error = await readError(await post({ ...GOOD, messages }), 400);
    expect(error.param).toBe('messages[0].content[1].image_url.url');
  });

  test('a prompt that does not fit the model is refused with the numbers', async () => {
    const messages = [{ role: 'user', content: 'many words '.repeat(600) }];
    const error = await readError(await post({ ...GOOD, messages }), 400);
    expect(error).toMatchObject({ param: 'messages', code: 'context_length_exceeded' });
    expect(error.message).toContain('512');
  });
});

describe('what belongs to nobody', () => {
  test.each(['/v1/receipts/job_00', `/v1/receipts/job_${'0'.repeat(32)}`, '/v1/receipts/%00'])(
    '%s is not found',
    async (path) => {
      const response = await stack.call(path, { key: account.apiKey });
      expect((await readError(response, 404)).code).toBe('receipt_not_found');
    },
  );

  test('a model that is not listed is not found, however it is written', async () => {
    for (const id of ['nope', 'a/b/c', '%F0%9F%94%A5', '~', `~${account.id}`, 'x'.repeat(3000)]) {
      const response = await stack.call(`/v1/models/${id}`, { key: account.apiKey });
      expect((await readError(response, 404)).code).toBe('model_not_found');
    }
  });

  test('an admin path that does not exist is not found with the secret, and closed without', async () => {
    expect((await stack.admin('GET', '/nothing')).status).toBe(404);
    await readError(await stack.call('/admin/v1/nothing'), 401);
  });
});
