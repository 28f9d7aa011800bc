// Who may call: API keys from minting to revocation and expiry, accounts, and the operator's secret.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mintApiKey } from '../auth/mint-api-key.ts';
import { readError } from './error-shape.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { ADMIN_SECRET, startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const KEY_HMAC_SECRET = 'the-secret-of-this-test-0123456789';

let stack: Stack;
let models: ModelServer;
let account: TestAccount;

beforeAll(async () => {
  [stack, models] = await Promise.all([startStack({ bindings: { KEY_HMAC_SECRET } }), startModelServer()]);
  account = await stack.makeAccount();
  await stack.startAgent({ owner: account, args: ['--backend', models.url, '--models', 'say-*', '--slots', '8'] });
  await stack.waitForModel(account, 'say-*');
});

afterAll(async () => {
  await stack?.stop();
  await models?.stop();
});

function usageWith(authorization: string | null): Promise<Response> {
  return stack.call('/v1/usage', authorization === null ? {} : { headers: { authorization } });
}

function chat(key: string): Promise<Response> {
  const body = { model: 'say-2x0', messages: [{ role: 'user', content: 'hi' }] };
  return stack.call('/v1/chat/completions', { key, body });
}

async function mint(fields: object = {}): Promise<{ id: string; key: string }> {
  const { json } = await stack.admin('POST', `/accounts/${account.id}/keys`, fields);
  return { id: String(json['id']), key: String(json['key']) };
}

/** A well-formed key of this router that no account has. */
function mintUnknown(): string {
  return mintApiKey(new Uint8Array(randomBytes(24)), KEY_HMAC_SECRET).key;
}

describe('keys', () => {
  test('are needed on every path of the API but health', async () => {
    for (const path of ['/v1/models', '/v1/models/x', '/v1/usage', '/v1/receipts/job_0']) {
      const error = await readError(await stack.call(path), 401);
      expect(error).toMatchObject({ code: 'missing_api_key', type: 'authentication_error' });
    }
    const chatted = await stack.call('/v1/chat/completions', { body: '{"not even":"read' });
    expect(chatted.headers.get('www-authenticate')).toBe('Bearer');
    expect((await readError(chatted, 401)).code).toBe('missing_api_key');
    expect((await stack.call('/health')).status).toBe(200);
  });

  test.each([
    ['minted by another router', `Bearer ${mintApiKey(new Uint8Array(24), 'another-secret').key}`],
    ['that nobody was given', `Bearer ${mintUnknown()}`],
  ])('%s are refused alike', async (_, header) => {
    expect(await readError(await usageWith(header), 401)).toMatchObject({
      code: 'invalid_api_key',
      type: 'authentication_error',
      message: 'Incorrect API key provided.',
    });
  });

  test.each([
    ['of another scheme', 'Basic dXNlcjpwYXNz'],
    ['of another network', 'Bearer sk-proj-0123456789abcdef'],
    ['of a wrong length', 'Bearer irori_short'],
    ['with more than a key', 'Bearer irori_a irori_b'],
    ['with signs that keys do not have', `Bearer irori_${'-'.repeat(41)}`],
    ['that is very long', `Bearer ${'x'.repeat(7000)}`],
    ['that is the admin secret', `Bearer ${ADMIN_SECRET}`],
  ])('%s are refused with how a key is sent', async (_, header) => {
    expect(await readError(await usageWith(header), 401)).toMatchObject({
      code: 'invalid_api_key',
      type: 'authentication_error',
      message: expect.stringMatching(
        /^Incorrect API key provided\. Send it as 'Authorization: Bearer irori_…'/,
      ) as string,
    });
  });

  test('with one character changed are refused', async () => {
    const at = 20;
    const wrong = account.apiKey.slice(0, at) + (account.apiKey[at] === 'a' ? 'b' : 'a') + account.apiKey.slice(at + 1);
    await readError(await usageWith(`Bearer ${wrong}`), 401);
    expect((await usageWith(`bearer ${account.apiKey}`)).status).toBe(200);
  });

  test('minted elsewhere are refused without a look into the database', async () => {
    const database = await stack.network.database();
    await database.exec('ALTER TABLE api_keys RENAME TO api_keys_away');
    try {
      // A key of our own making that is not cached needs the table, and shows that the table is away.
      expect((await usageWith(`Bearer ${mintUnknown()}`)).status).toBe(503);
      for (const key of ['sk-proj-0123456789', mintApiKey(new Uint8Array(randomBytes(24)), 'another-secret').key])
        await readError(await usageWith(`Bearer ${key}`), 401);
      expect((await usageWith(`Bearer ${account.apiKey}`)).status).toBe(200);
    } finally {
      await database.exec('ALTER TABLE api_keys_away RENAME TO api_keys');
    }
  });

  test('are shown once and never again', async () => {
    const { id, key } = await mint({ name: 'seen once' });
    const { json } = await stack.admin('GET', `/accounts/${account.id}/keys`);
    expect(JSON.stringify(json)).toContain(id);
    expect(JSON.stringify(json)).not.toContain(key.slice(6));
    const rows = await (await stack.network.database()).prepare('SELECT * FROM api_keys').all();
    expect(JSON.stringify(rows.results)).not.toContain(key.slice(6, 39));
  });

  test('end at their expiry', async () => {
    const { key } = await mint({ expires_in_s: 1 });
    const ended = await until('the expiry', async () => {
      const response = await usageWith(`Bearer ${key}`);
      return response.status === 401 ? response : null;
    });
    expect((await readError(ended, 401)).message).toBe('This API key has expired.');
  });

  test('end at once when they are revoked, and again is the same', async () => {
    const { id, key } = await mint();
    expect((await chat(key)).status).toBe(200);
    for (let i = 0; i < 2; i++) expect((await stack.admin('DELETE', `/keys/${id}`)).status).toBe(200);
    expect((await readError(await usageWith(`Bearer ${key}`), 401)).message).toBe('This API key has been revoked.');
    await readError(await chat(key), 401);
  });

  test('that an edge still believes in are refused where credit is held', async () => {
    const { id, key } = await mint();
    await stack.admin('DELETE', `/keys/${id}`);
    // What another edge's cache says for up to a minute, said by the table itself.
    await (await stack.network.database()).prepare('UPDATE api_keys SET revoked_at = NULL WHERE id = ?').bind(id).run();
    expect((await usageWith(`Bearer ${key}`)).status).toBe(200);
    expect((await readError(await chat(key), 401)).message).toBe('This API key has been revoked.');
  });
});

describe('accounts', () => {
  test('that are disabled may not call, also where an edge still believes in them', async () => {
    const other = await stack.makeAccount();
    expect((await usageWith(`Bearer ${other.apiKey}`)).status).toBe(200);
    await stack.admin('POST', `/accounts/${other.id}/disable`);
    expect((await readError(await usageWith(`Bearer ${other.apiKey}`), 403)).code).toBe('account_disabled');
    const database = await stack.network.database();
    await database.prepare('UPDATE accounts SET disabled_at = NULL WHERE id = ?').bind(other.id).run();
    const late = await stack.admin('POST', `/accounts/${other.id}/keys`, {});
    const body = { model: 'nano-demo', messages: [{ role: 'user', content: 'hi' }] };
    const response = await stack.call('/v1/chat/completions', { key: String(late.json['key']), body });
    expect((await readError(response, 403)).code).toBe('account_disabled');
  });

  test('see their own receipts and no one else’s', async () => {
    const { irori } = (await (await chat(account.apiKey)).json()) as { irori: { job: string } };
    const path = `/v1/receipts/${irori.job}`;
    expect((await stack.call(path, { key: account.apiKey })).status).toBe(200);
    const other = await stack.makeAccount();
    expect((await readError(await stack.call(path, { key: other.apiKey }), 404)).code).toBe('receipt_not_found');
  });
});

describe('the admin API', () => {
  test.each([
    ['nothing', null, 'missing_api_key'],
    ['a wrong secret', 'wrong-admin-secret-0123456789', 'invalid_api_key'],
    ['part of the secret', ADMIN_SECRET.slice(0, -1), 'invalid_api_key'],
    ['more than the secret', `${ADMIN_SECRET}0`, 'invalid_api_key'],
  ])('refuses %s on every path', async (_, key, code) => {
    const calls = [
      stack.call('/admin/v1/accounts', { key }),
      stack.call('/admin/v1/accounts', { key, body: { name: 'x' } }),
      stack.call(`/admin/v1/accounts/${account.id}/credit`, { key, body: { amount_micro: 1 } }),
      stack.call(`/admin/v1/keys/${account.keyId}`, { key, method: 'DELETE' }),
      stack.call('/admin/v1/nodes', { key }),
    ];
    for (const response of await Promise.all(calls)) expect((await readError(response, 401)).code).toBe(code);
    expect((await usageWith(`Bearer ${account.apiKey}`)).status).toBe(200);
  });

  test('refuses an API key', async () => {
    const response = await stack.call('/admin/v1/accounts', { key: account.apiKey });
    expect((await readError(response, 401)).code).toBe('invalid_api_key');
  });
});
