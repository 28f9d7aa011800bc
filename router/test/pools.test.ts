// Pools and wishes through the whole network: who may use which home, what a key says for its calls, and how a wish that fits none is refused.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FinalFacts } from '../../schema/chunks.ts';
import { readError } from './error-shape.ts';
import { startModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const PARIS = '48.9,2.4,FR';
const MODEL = 'nano-demo';

let stack: Stack;
let owner: TestAccount;
let member: TestAccount;
let stranger: TestAccount;
let node: string;
let pool: string;

beforeAll(async () => {
  stack = await startStack({ edges: { far: {} } });
  [owner, member, stranger] = [await stack.makeAccount(), await stack.makeAccount(), await stack.makeAccount()];
  const agent = await stack.startAgent({ owner, place: PARIS });
  node = await until('the home connected', () => /connected hub.* node=(\S+)/.exec(agent.lines.join('\n'))?.[1]);
  await stack.waitForModel(stranger, MODEL, 1);
  const made = await stack.admin('POST', '/pools', { name: 'lab', owner_account_id: owner.id });
  pool = String(made.json['id']);
  await stack.admin('PUT', `/pools/${pool}/members/${member.id}`);
});

afterAll(async () => {
  await stack?.stop();
});

function ask(account: TestAccount, provider?: object): Promise<Response> {
  const body = { model: MODEL, messages: [{ role: 'user', content: 'hi' }], max_tokens: 4, provider };
  return stack.call('/v1/chat/completions', { key: account.apiKey, place: PARIS, body });
}

async function nodeOf(response: Response): Promise<string> {
  const text = await response.text();
  expect({ status: response.status, text }).toMatchObject({ status: 200 });
  return (JSON.parse(text) as { irori: FinalFacts }).irori.node;
}

test('a home that lends itself to everyone answers anyone, but not for a pool that it is not in', async () => {
  expect(await nodeOf(await ask(stranger))).toBe(node);
  expect(await nodeOf(await ask(stranger, { pool: 'public' }))).toBe(node);
  const refused = await readError(await ask(member, { pool: 'lab' }), 400);
  expect(refused).toMatchObject({ code: 'no_home_fits', param: 'provider.pool' });
  expect(refused.message).toContain('One home has it.');
});

test('a wish that leaves no home names itself; one that leaves some is kept', async () => {
  const elsewhere = `node_${'0'.repeat(32)}`;
  for (const [field, value] of Object.entries({
    country: 'JP',
    only: [elsewhere],
    quantizations: ['q1'],
    ignore: [node],
  }))
    expect(await readError(await ask(stranger, { [field]: value }), 400)).toMatchObject({
      code: 'no_home_fits',
      param: `provider.${field}`,
    });
  expect(await nodeOf(await ask(stranger, { country: ['JP', 'fr'], only: [node], ignore: [elsewhere] }))).toBe(node);
});

test('a home that is put in a pool alone is its members’ from then on, without a restart', async () => {
  await stack.admin('PUT', `/pools/${pool}/nodes/${node}`);
  await stack.admin('PATCH', `/nodes/${node}`, { public: false });
  await until('it answers for the lab', async () => {
    const response = await ask(member, { pool: 'lab' });
    return response.ok && (await nodeOf(response)) === node;
  });
  expect(await nodeOf(await ask(owner))).toBe(node);
  expect(await nodeOf(await ask(owner, { pool: 'mine' }))).toBe(node);
  await until('it is nobody else’s', async () => (await ask(stranger)).status === 400);
  expect(await readError(await ask(stranger), 400)).toMatchObject({ code: 'no_home_fits', param: 'provider.pool' });
  const unknown = await readError(await ask(stranger, { pool: 'lab' }), 400);
  expect(unknown).toMatchObject({ code: 'invalid_value', param: 'provider.pool' });
});

test('what a key says holds for its calls, and a call may say otherwise', async () => {
  await stack.admin('PATCH', `/keys/${member.keyId}`, { defaults: { pool: 'lab', country: 'FR' } });
  await until('the key says it', async () => (await ask(member)).ok);
  expect(await readError(await ask(member, { country: 'JP' }), 400)).toMatchObject({ param: 'provider.country' });
  expect(await readError(await ask(member, { pool: 'public' }), 400)).toMatchObject({ param: 'provider.pool' });
});

test('who leaves a pool calls it no more at once, also at an edge that still believes in it', async () => {
  const far = stack.network.edgeUrls['far'] ?? '';
  const askFar = (): Promise<Response> =>
    fetch(`${far}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${member.apiKey}`, 'content-type': 'application/json', 'x-irori-place': PARIS },
      body: JSON.stringify({
        model: MODEL,
        messages: [{ role: 'user', content: 'hi' }],
        max_tokens: 4,
        provider: { pool: 'lab', country: ['FR'] },
      }),
    });
  await until('the far edge knows the member', async () => (await askFar()).ok);
  await stack.admin('DELETE', `/pools/${pool}/members/${member.id}`);
  expect(await readError(await askFar(), 400)).toMatchObject({ code: 'invalid_value', param: 'provider.pool' });
  expect(await readError(await ask(member, { pool: 'lab' }), 400)).toMatchObject({ param: 'provider.pool' });
  await stack.admin('PUT', `/pools/${pool}/members/${member.id}`);
  expect((await askFar()).status).toBe(200);
});

test('who is invited calls a pool when it has said yes, and no more when it has left', async () => {
  const keyOf = async ({ id }: TestAccount): Promise<string> => {
    const { json } = await stack.admin('POST', `/accounts/${id}/keys`, { scopes: ['call', 'nodes'] });
    return String(json['key']);
  };
  const [ours, theirs] = [await keyOf(owner), await keyOf(stranger)];
  const guest = { ...stranger, apiKey: theirs };
  const refused = { code: 'invalid_value', param: 'provider.pool' };
  const invited = await stack.call(`/v1/pools/${pool}/members`, { key: ours, body: { account: stranger.id } });
  expect(invited.status).toBe(201);
  expect(await readError(await ask(guest, { pool: 'lab' }), 400)).toMatchObject(refused);
  const path = `/v1/pools/invitations/${pool}/accept`;
  expect((await stack.call(path, { key: theirs, method: 'POST' })).status).toBe(200);
  expect(await nodeOf(await ask(guest, { pool: 'lab' }))).toBe(node);
  const left = await stack.call(`/v1/pools/${pool}/members/${stranger.id}`, { key: theirs, method: 'DELETE' });
  expect(left.status).toBe(200);
  expect(await readError(await ask(guest, { pool: 'lab' }), 400)).toMatchObject(refused);
});

test('a home whose pools change while it answers finishes its answer, and works for them meanwhile', async () => {
  const models = await startModelServer();
  try {
    const args = ['--backend', models.url, '--models', 'say-*', '--slots', '2'];
    const agent = await stack.startAgent({ owner, args, place: PARIS });
    const busy = await until('it connected', () => /connected hub.* node=(\S+)/.exec(agent.lines.join('\n'))?.[1]);
    await stack.waitForModel(owner, 'say-*', 1);
    const body = { model: 'say-30x50', messages: [{ role: 'user', content: 'hi' }], stream: true };
    const response = await stack.call('/v1/chat/completions', { key: owner.apiKey, place: PARIS, body });
    expect(JSON.parse(response.headers.get('x-irori') ?? '{}')).toMatchObject({ node: busy });
    await stack.admin('PUT', `/pools/${pool}/nodes/${busy}`);
    const inPool = { ...body, model: 'say-1x0', stream: false, provider: { pool: 'lab' } };
    await until('it answers for the lab beside it', async () => {
      const second = await stack.call('/v1/chat/completions', { key: owner.apiKey, place: PARIS, body: inPool });
      return second.ok && (await nodeOf(second)) === busy;
    });
    const text = await response.text();
    expect(text).toMatch(/"attempts":1,/);
    expect(text).toMatch(/data: \[DONE\]\n\n$/);
    expect(agent.lines.filter((line) => line.includes('connected hub'))).toHaveLength(1);
  } finally {
    await models.stop();
  }
});
