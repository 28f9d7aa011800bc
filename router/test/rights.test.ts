// What a key may do, through the whole network and as the official `openai` client is told it: scopes, models, and changes that another edge has not read yet.
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readError } from './error-shape.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';

const MODEL = 'say-2x0';
const OTHER = 'say-3x0';
const ALL = ['call', 'usage', 'keys', 'nodes', 'members'];

let stack: Stack;
let models: ModelServer;
let account: TestAccount;
let root: Key;

interface Key {
  readonly id: string;
  readonly key: string;
}

beforeAll(async () => {
  [stack, models] = await Promise.all([
    startStack({ edges: { far: {} } }),
    startModelServer({ models: [MODEL, OTHER] }),
  ]);
  account = await stack.makeAccount();
  await stack.startAgent({
    owner: account,
    args: ['--backend', models.url, '--models', `${MODEL},${OTHER}`, '--slots', '8'],
  });
  await stack.waitForModel(account, MODEL);
  const { json } = await stack.admin('POST', `/accounts/${account.id}/keys`, { scopes: ALL });
  root = json as unknown as Key;
});

afterAll(async () => {
  await stack?.stop();
  await models?.stop();
});

function manage(method: string, path: string, body?: object): Promise<Response> {
  return stack.call(`/v1${path}`, { method, key: root.key, ...(body && { body }) });
}

async function mint(said: object): Promise<Key> {
  const response = await manage('POST', '/keys', said);
  expect(response.status).toBe(201);
  return (await response.json()) as Key;
}

const open = ({ key }: Key, origin = stack.url): OpenAI =>
  new OpenAI({ apiKey: key, baseURL: `${origin}/v1`, maxRetries: 0 });
const far = (): string => stack.network.edgeUrls['far'] ?? '';
const CHAT = { messages: [{ role: 'user' as const, content: 'hi' }] };

async function ask(client: OpenAI, model = MODEL): Promise<string> {
  const told = client.chat.completions.create({ ...CHAT, model });
  return told.then(
    ({ choices }) => (choices.length === 1 ? 'answered' : 'empty'),
    (error: InstanceType<typeof OpenAI.APIError>) => `${error.status} ${error.code}`,
  );
}

test('a key without the scope to call is refused by the scope’s name, in each API’s own shape', async () => {
  const reader = await mint({ scopes: ['usage'] });
  expect(await ask(open(reader))).toBe('403 scope_missing');
  const plain = await stack.call('/v1/embeddings', { key: reader.key, body: { model: MODEL, input: 'x' } });
  expect((await readError(plain, 403)).message).toContain("the scope 'call'");
  const claude = await stack.call('/v1/messages', { key: reader.key, body: { model: MODEL, ...CHAT, max_tokens: 5 } });
  expect([claude.status, await claude.json()]).toMatchObject([
    403,
    { type: 'error', error: { type: 'permission_error' } },
  ]);
  expect((await stack.call('/v1/models', { key: reader.key })).status).toBe(200);
  expect((await stack.call('/node/v1/why', { key: reader.key })).status).toBe(200);
});

test('a key that only calls sees its own receipts and usage, and no balance', async () => {
  const [caller, other] = [await mint({ scopes: ['call'] }), await mint({ scopes: ['call'] })];
  const { irori } = (await open(caller).chat.completions.create({ ...CHAT, model: MODEL })) as unknown as {
    irori: { job: string };
  };
  const read = async (key: string): Promise<number> => (await stack.call(`/v1/receipts/${irori.job}`, { key })).status;
  expect([await read(caller.key), await read(account.apiKey), await read(other.key)]).toEqual([200, 200, 404]);
  const usage = await stack.call('/v1/usage?group_by=key', { key: caller.key });
  const told = (await usage.json()) as { key: string; data: { key: string }[] };
  expect(told).toMatchObject({ object: 'usage', key: caller.id });
  expect(told).not.toHaveProperty('balance_micro');
  expect(told.data.every(({ key }) => key === caller.id)).toBe(true);
  expect((await readError(await stack.call('/node/v1/why', { key: caller.key }), 403)).code).toBe('scope_missing');
});

test('a key for some models lists, reads and calls those alone', async () => {
  const narrow = await mint({ models: [OTHER] });
  const client = open(narrow);
  expect(await ask(client, `${OTHER}:latest`)).toBe('answered');
  expect(await ask(client)).toBe('403 model_not_allowed');
  const refused = await stack.call('/v1/chat/completions', { key: narrow.key, body: { ...CHAT, model: MODEL } });
  expect(await readError(refused, 403)).toMatchObject({
    param: 'model',
    message: expect.stringContaining(OTHER) as string,
  });
  const listed = [];
  for await (const { id } of client.models.list()) listed.push(id);
  expect(listed).toEqual([OTHER]);
  expect((await stack.call(`/v1/models/${MODEL}`, { key: narrow.key })).status).toBe(404);
});

test('what a key may do changes at once at an edge that has read it before: less, more, and its end', async () => {
  const key = await mint({ models: [MODEL, OTHER] });
  const elsewhere = open(key, far());
  expect(await ask(elsewhere)).toBe('answered');
  expect((await manage('PATCH', `/keys/${key.id}`, { models: [OTHER] })).status).toBe(200);
  expect(await ask(elsewhere)).toBe('403 model_not_allowed');
  expect(await ask(elsewhere, OTHER)).toBe('answered');
  await manage('PATCH', `/keys/${key.id}`, { scopes: ['usage'] });
  expect(await ask(elsewhere, OTHER)).toBe('403 scope_missing');
  await stack.admin('PATCH', `/keys/${key.id}`, { scopes: null, models: null, expires_in_s: 3600 });
  expect(await ask(open(key))).toBe('answered');
  await (
    await stack.network.database()
  )
    .prepare('UPDATE api_keys SET expires_at = 1, changed_at = changed_at + 1 WHERE id = ?')
    .bind(key.id)
    .run();
  await stack.admin('PATCH', `/keys/${key.id}`, { name: 'ended' });
  expect(await ask(open(key))).toBe('401 invalid_api_key');
});

test('a key whose change the books have forgotten calls nothing until it is set anew', async () => {
  const key = await mint({ scopes: ['call'] });
  await manage('PATCH', `/keys/${key.id}`, { models: [OTHER] });
  // As a backup from before would have it.
  const database = await stack.network.database();
  await database.prepare('UPDATE api_keys SET models = NULL, changed_at = NULL WHERE id = ?').bind(key.id).run();
  expect(await ask(open(key, far()), OTHER)).toBe('403 forbidden');
  await manage('PATCH', `/keys/${key.id}`, { models: [OTHER] });
  expect(await ask(open(key, far()), OTHER)).toBe('answered');
});

test('a member that is removed calls no more, at no edge', async () => {
  const member = (await (await manage('POST', '/members', { name: 'Ada', role: 'member' })).json()) as { id: string };
  const key = await mint({ member: member.id });
  const clients = [open(key), open(key, far())];
  expect(await Promise.all(clients.map((client) => ask(client)))).toEqual(['answered', 'answered']);
  expect((await manage('DELETE', `/members/${member.id}`)).status).toBe(200);
  expect(await Promise.all(clients.map((client) => ask(client)))).toEqual([
    '401 invalid_api_key',
    '401 invalid_api_key',
  ]);
});

test('a key lets a person into the console as a member that may no more than it, once', async () => {
  const add = async (role: string): Promise<string> =>
    ((await (await manage('POST', '/members', { name: 'Ada', role })).json()) as { id: string }).id;
  const [owner, viewer] = [await add('owner'), await add('viewer')];
  const narrow = await mint({ scopes: ['members', 'usage'] });
  const invite = (member: string, key?: string): Promise<Response> =>
    stack.call(`/v1/members/${member}/invitations`, { method: 'POST', key: key ?? root.key });
  expect([(await invite(owner, narrow.key)).status, (await invite(viewer, narrow.key)).status]).toEqual([403, 201]);
  expect((await invite(owner, (await stack.makeAccount()).apiKey)).status).toBe(403);
  const response = await manage('POST', `/members/${owner}/invitations`);
  const { url } = (await response.json()) as { url: string };
  const open = (): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      headers: { origin: stack.url, 'content-type': 'application/x-www-form-urlencoded' },
      redirect: 'manual',
    });
  const opened = await open();
  expect([response.status, opened.status, opened.headers.get('location')]).toEqual([201, 303, '/console']);
  expect((await open()).headers.get('set-cookie')).toBeNull();
  expect((await manage('POST', `/members/${owner}/invitations`)).status).toBe(409);
  expect((await manage('DELETE', `/members/${viewer}`)).status).toBe(200);
  expect((await manage('POST', `/members/${viewer}/invitations`)).status).toBe(409);
});
