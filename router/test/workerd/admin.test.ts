import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { addressOfPrivateKey } from '../../../schema/typed-data.ts';
import { KeyCache } from '../../auth/key-cache.ts';
import { makeApiKeys } from '../../auth/api-keys.ts';
import { admin, call, openAccount, openCode, proofOf } from './admin-calls.ts';
import { kicked, makeDoors, random } from './billing-worker.ts';
import { makeNode, makePart, newId } from './make-settlement.ts';

const doors = makeDoors(env);
const MINUTE = 60_000;
const WHOSE = { memberId: null, by: null };
const RIGHTS = { scopes: null, models: null, limits: null, expiresAt: null };
const NEW_KEY = { name: 'k', defaults: null, ...WHOSE, ...RIGHTS };

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));

test.each([
  ['no secret', '', 401, 'missing_api_key'],
  ['another scheme', 'Basic admin-secret-of-the-tests', 401, 'invalid_api_key'],
  ['a wrong secret', 'Bearer admin-secret-of-the-test', 401, 'invalid_api_key'],
])('%s opens nothing', async (_, authorization, status, code) => {
  const answer = await call('GET', '/admin/v1/nodes', undefined, { authorization });
  expect(answer).toMatchObject({ status, json: { error: { code } } });
  expect((await call('GET', '/admin/v1/anything', undefined, { authorization })).status).toBe(401);
});

test('an account is made, read back with its balance, and listed page by page', async () => {
  const accountId = await openAccount();
  expect((await admin('GET', `/accounts/${accountId}`)).json).toMatchObject({
    id: accountId,
    balance_micro: 0,
    held_micro: 0,
    disabled_at: null,
  });
  await openAccount();
  const first = (await admin('GET', '/accounts?limit=1')).json as unknown as { data: { id: string }[]; next: string };
  const second = (await admin('GET', `/accounts?limit=1&after=${first.next}`)).json as unknown as {
    data: { id: string }[];
  };
  expect(second.data[0]?.id).not.toBe(first.data[0]?.id);
});

test('a minted key calls, is listed without its text, and calls no more once revoked', async () => {
  const accountId = await openAccount();
  const minted = (await admin('POST', `/accounts/${accountId}/keys`, { name: 'laptop' })).json as unknown as {
    id: string;
    key: string;
  };
  const now = Date.now();
  expect(await doors.keys.authenticate(`bEARER ${minted.key}`, now)).toEqual({
    ok: true,
    value: {
      accountId,
      keyId: minted.id,
      defaults: null,
      pools: [],
      scopes: ['call', 'usage'],
      models: null,
      expiresAt: null,
      memberId: null,
      role: null,
      rightsAt: 0,
    },
  });
  const listed = JSON.stringify((await admin('GET', `/accounts/${accountId}/keys`)).json);
  expect(listed).toContain('laptop');
  expect(listed).not.toContain(minted.key);
  expect(JSON.stringify((await env.DB.prepare('SELECT * FROM api_keys').all()).results)).not.toContain(
    minted.key.slice(6),
  );

  const elsewhere = makeApiKeys({ db: env.DB, secret: env.KEY_HMAC_SECRET, cache: new KeyCache(), random });
  expect((await elsewhere.authenticate(`Bearer ${minted.key}`, now)).ok).toBe(true);
  expect((await admin('DELETE', `/keys/${minted.id}`)).json).toMatchObject({ revoked: true });
  expect(await doors.keys.authenticate(`Bearer ${minted.key}`, now)).toEqual({ ok: false, error: 'revoked' });
  expect((await elsewhere.authenticate(`Bearer ${minted.key}`, now + MINUTE - 1)).ok).toBe(true);
  expect(await elsewhere.authenticate(`Bearer ${minted.key}`, now + MINUTE)).toEqual({ ok: false, error: 'revoked' });
  const hold = { jobId: newId('job'), keyId: minted.id, amount: 0, expiresAt: now + MINUTE };
  expect(await env.ACCOUNT.getByName(accountId).hold(hold)).toMatchObject({ ok: false, reason: 'key-revoked' });
});

test('a key expires at its time', async () => {
  const accountId = await openAccount();
  const minted = (await admin('POST', `/accounts/${accountId}/keys`, { expires_in_s: 60 })).json as unknown as {
    key: string;
    expires_at: number;
  };
  expect((await doors.keys.authenticate(`Bearer ${minted.key}`, minted.expires_at - 1)).ok).toBe(true);
  expect(await doors.keys.authenticate(`Bearer ${minted.key}`, minted.expires_at)).toEqual({
    ok: false,
    error: 'expired',
  });
});

test('a key of our making that is in no book is unknown for five seconds without another read', async () => {
  const reads: string[] = [];
  const counted = new Proxy(env.DB, {
    get: (db, name) =>
      name === 'prepare' ? (query: string) => (reads.push(query), db.prepare(query)) : Reflect.get(db, name),
  });
  const minter = makeApiKeys({ db: env.DB, secret: env.KEY_HMAC_SECRET, cache: new KeyCache(), random });
  const account = await openAccount();
  const minted = await minter.mint({ ...NEW_KEY, accountId: account }, 0);
  if (!minted.ok) throw new Error('not minted');
  await env.DB.prepare('DELETE FROM api_keys WHERE id = ?').bind(minted.value.id).run();
  const keys = makeApiKeys({ db: counted, secret: env.KEY_HMAC_SECRET, cache: new KeyCache(), random });
  for (const now of [0, 4999])
    expect(await keys.authenticate(`Bearer ${minted.value.key}`, now)).toEqual({ ok: false, error: 'unknown' });
  expect(reads).toHaveLength(1);
  await keys.authenticate(`Bearer ${minted.value.key}`, 5000);
  expect(reads).toHaveLength(2);
});

test('foreign and malformed keys cost no read at all', async () => {
  const dead = new Proxy(env.DB, {
    get: () => () => {
      throw new Error('D1 was asked');
    },
  });
  const keys = makeApiKeys({ db: dead, secret: env.KEY_HMAC_SECRET, cache: new KeyCache(), random });
  const faultOf = async (header: string | null) => (await keys.authenticate(header, 0)) as { error?: string };
  expect((await faultOf(null)).error).toBe('missing');
  expect((await faultOf('Bearer sk-other')).error).toBe('malformed');
  expect((await faultOf(`Bearer irori_${'a'.repeat(41)}`)).error).toBe('foreign');
});

test('a disabled account holds nothing and its keys call no more', async () => {
  const accountId = await openAccount();
  const { key } = (await admin('POST', `/accounts/${accountId}/keys`, {})).json as unknown as { key: string };
  await doors.keys.authenticate(`Bearer ${key}`, Date.now());
  expect((await admin('POST', `/accounts/${accountId}/disable`)).status).toBe(200);
  expect(await doors.keys.authenticate(`Bearer ${key}`, Date.now())).toEqual({ ok: false, error: 'account-disabled' });
  const hold = { jobId: newId('job'), keyId: 'key_x', amount: 0, expiresAt: Date.now() + MINUTE };
  expect(await env.ACCOUNT.getByName(accountId).hold(hold)).toMatchObject({ reason: 'account-disabled' });
});

test('a home enrols with a code once; the same home may repeat it, another may not', async () => {
  const accountId = await openAccount();
  const [node, other] = [makeNode('enrol-1'), makeNode('enrol-2')];
  const wallet = addressOfPrivateKey(makeNode('wallet').key);
  const code = await openCode(accountId, wallet.toUpperCase().replace('0X', '0x'));
  const joined = await call('POST', '/node/enrol', proofOf(node, code), { authorization: '' });
  expect(joined).toMatchObject({ status: 200, json: { node: node.id, account: accountId } });
  const token = (joined.json as unknown as { token: string }).token;
  expect(await doors.nodeTokens.verify(token, Date.now())).toEqual({
    ok: true,
    value: { nodeId: node.id, address: node.address, accountId },
  });
  expect(await doors.nodes.find(node.id)).toMatchObject({ wallet, pools: [], isPublic: true });
  expect((await call('POST', '/node/enrol', proofOf(node, code))).status).toBe(200);
  expect(await call('POST', '/node/enrol', proofOf(other, code))).toMatchObject({
    status: 409,
    json: { error: { param: 'code' } },
  });
  expect(await doors.nodes.find(other.id)).toBeNull();
});

test('of many homes that race for one code exactly one joins', async () => {
  const code = await openCode(await openAccount());
  const racers = Array.from({ length: 8 }, (_, i) => makeNode(`racer-${i}`));
  const answers = await Promise.all(racers.map((node) => call('POST', '/node/enrol', proofOf(node, code))));
  expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([
    200, 409, 409, 409, 409, 409, 409, 409,
  ]);
  const found = await Promise.all(racers.map((node) => doors.nodes.find(node.id)));
  expect(found.filter(Boolean)).toHaveLength(1);
});

test('an enrolled home joins again under its owner with a fresh code, and never under another owner', async () => {
  const [owner, stranger] = [await openAccount(), await openAccount()];
  const node = makeNode('enrol-again');
  expect((await call('POST', '/node/enrol', proofOf(node, await openCode(owner)))).status).toBe(200);
  expect((await call('POST', '/node/enrol', proofOf(node, await openCode(owner)))).status).toBe(200);
  const taken = await call('POST', '/node/enrol', proofOf(node, await openCode(stranger)));
  expect(taken).toMatchObject({ status: 409, json: { error: { code: 'conflict', param: 'address' } } });
  expect((await doors.nodes.find(node.id))?.accountId).toBe(owner);
});

test('a code is refused when it is unknown, expired, or signed by another key', async () => {
  const code = await openCode(await openAccount());
  const node = makeNode('enrol-refused');
  const stolen = { ...proofOf(makeNode('thief'), code), address: node.address };
  expect(await call('POST', '/node/enrol', stolen)).toMatchObject({
    status: 403,
    json: { error: { param: 'signature' } },
  });
  const unknown = proofOf(node, 'enr_0000-0000-0000-0000-0000');
  expect(await call('POST', '/node/enrol', unknown)).toMatchObject({ status: 403, json: { error: { param: 'code' } } });
  const proof = proofOf(node, code);
  const signed = { ...proof, address: node.address, signature: proof.signature as `0x${string}`, wallet: null };
  const late = await doors.nodes.enrol(signed, Date.now() + 24 * 3_600_000 + 1000);
  expect(late).toEqual({ ok: false, error: 'code-expired' });
  expect((await call('POST', '/node/enrol', proof)).status).toBe(200);
});

test('a revoked home is kicked, told so, and joins no more', async () => {
  const accountId = await openAccount();
  const node = makeNode('revoked');
  await call('POST', '/node/enrol', proofOf(node, await openCode(accountId)));
  const revoked = await admin('DELETE', `/nodes/${node.id}?reason=stolen`);
  expect(revoked.json).toMatchObject({ id: node.id, revoked_reason: 'stolen' });
  expect(kicked).toContain(`${node.id} stolen`);
  expect((await admin('DELETE', `/nodes/${node.id}?reason=again`)).json).toMatchObject({ revoked_reason: 'stolen' });
  const again = await call('POST', '/node/enrol', proofOf(node, await openCode(accountId)));
  expect(again).toMatchObject({ status: 403, json: { error: { code: 'node_revoked' } } });
  expect(JSON.stringify((await admin('GET', '/nodes')).json)).toContain(node.id);
});

test('what is counted of a home is shown: accepted and refused receipts, equivocations, breaks and gaps', async () => {
  const accountId = await openAccount();
  const node = makeNode('counted');
  await call('POST', '/node/enrol', proofOf(node, await openCode(accountId)));
  const nothing = { accepted: 0, earned_micro: 0, refused: 0, equivocations: 0, chain_breaks: 0, missing: 0 };
  expect((await admin('GET', `/nodes/${node.id}`)).json).toMatchObject({
    id: node.id,
    account_id: accountId,
    receipts: { ...nothing, last_seq: '0' },
    faults: { last_hour: 3, held_against: 1 },
  });
  const account = env.NODE_ACCOUNT.getByName(node.id);
  await account.accept(makePart(node, { receipt: { seq: 2n } }).withReceipt);
  await account.accept(makePart(node, { receipt: { seq: 2n } }).withReceipt);
  await account.accept(makePart(node, { receipt: { seq: 3n, prevReceipt: `0x${'77'.repeat(32)}` } }).withReceipt);
  const stolen = makePart(makeNode('a stranger')).withReceipt;
  await account.accept({ ...makePart(node).withReceipt, receiptSignature: stolen.receiptSignature });
  expect((await admin('GET', `/nodes/${node.id}`)).json).toMatchObject({
    receipts: {
      accepted: 3,
      earned_micro: 90,
      refused: 1,
      equivocations: 1,
      chain_breaks: 1,
      missing: 1,
      last_seq: '3',
    },
  });
});

test('the catalogue starts with the demo model, takes changes at once, and drops what is withdrawn', async () => {
  expect((await admin('GET', '/models/nano-demo')).json).toMatchObject({
    price_in: 0,
    tokenizer: 'nano',
    context_tokens: 512,
  });
  const model = {
    digests: ['ab'.repeat(32)],
    price_in: 50_000,
    price_out: 200_000,
    context_tokens: 8192,
    max_output_tokens: 2048,
    min_bytes_per_token: 2,
  };
  expect((await admin('PUT', '/models/meta/llama-3:8b', model)).status).toBe(200);
  expect((await admin('PUT', '/models/meta/llama-3:8b', { ...model, price_out: 300_000 })).status).toBe(200);
  expect((await admin('GET', '/models/meta/llama-3:8b')).json).toMatchObject({
    price_out: 300_000,
    tokenizer: null,
    max_first_token_ms: 120_000,
  });
  expect((await admin('PUT', '/models/meta/llama-3:8b', { ...model, max_first_token_ms: 300_000 })).status).toBe(200);
  expect((await admin('GET', '/models/meta/llama-3:8b')).json).toMatchObject({ max_first_token_ms: 300_000 });
  expect((await admin('DELETE', '/models/meta/llama-3:8b')).status).toBe(200);
  expect((await admin('DELETE', '/models/meta/llama-3:8b')).status).toBe(404);
  expect((await admin('GET', '/models/meta/llama-3:8b')).status).toBe(404);
  expect((await admin('PUT', '/models/meta/llama-3:8b', model)).status).toBe(200);
});

test.each([
  ['POST', '/accounts', {}, 'name'],
  ['POST', '/accounts', { name: '' }, 'name'],
  ['POST', '/accounts', { name: 'x', colour: 'red' }, 'colour'],
  ['POST', '/accounts/acct_x/credit', { amount_micro: 0.5 }, 'amount_micro'],
  ['POST', '/accounts/acct_x/credit', { amount_micro: -1 }, 'amount_micro'],
  ['POST', '/accounts/acct_x/credit', { amount_micro: 1e16 }, 'amount_micro'],
  ['POST', '/accounts/acct_x/keys', { expires_in_s: 0 }, 'expires_in_s'],
  ['POST', '/nodes/enrolments', { account_id: 'acct_x', wallet: '0x12' }, 'wallet'],
  ['POST', '/nodes/enrolments', { account_id: 'acct_x', uses: 0 }, 'uses'],
  ['POST', '/nodes/enrolments', { account_id: 'acct_x', uses: 1001 }, 'uses'],
  ['POST', '/pools', { name: 'mine', owner_account_id: 'acct_x' }, 'name'],
  ['POST', '/pools', { name: 'pool_x', owner_account_id: 'acct_x' }, 'name'],
  ['POST', '/pools', { name: 'a/b', owner_account_id: 'acct_x' }, 'name'],
  ['POST', '/accounts/acct_x/keys', { defaults: { only: ['x'] } }, 'defaults.only.0'],
  ['POST', '/accounts/acct_x/keys', { defaults: { planet: 'mars' } }, 'defaults.planet'],
  ['PATCH', '/keys/key_x', { defaults: { resume: 'never' } }, 'defaults.resume'],
  ['PATCH', '/keys/key_x', {}, null],
  ['PATCH', '/keys/key_x', { scopes: ['call', 'all'] }, 'scopes.1'],
  ['PATCH', '/keys/key_x', { models: [] }, 'models'],
  ['PATCH', '/keys/key_x', { expires_in_s: 0 }, 'expires_in_s'],
  ['POST', '/accounts/acct_x/members', { name: 'a' }, 'role'],
  ['POST', '/accounts/acct_x/members', { name: 'a', role: 'owner', email: 'nobody' }, 'email'],
  ['PATCH', '/nodes/node_x', { public: 'yes' }, 'public'],
  ['PUT', '/models/x', { digests: ['zz'] }, 'digests.0'],
  [
    'PUT',
    '/models/x',
    {
      digests: ['ab'.repeat(32)],
      price_in: 1,
      price_out: 1,
      context_tokens: 1,
      max_output_tokens: 1,
      tokenizer: 'gpt',
    },
    'tokenizer',
  ],
  [
    'PUT',
    '/models/x',
    {
      digests: ['ab'.repeat(32)],
      price_in: 1,
      price_out: 1,
      context_tokens: 1,
      max_output_tokens: 1,
      max_first_token_ms: 600_001,
    },
    'max_first_token_ms',
  ],
  ['GET', '/nodes?limit=0', undefined, 'limit'],
])('%s %s with a wrong body names the field', async (method, path, body, param) => {
  expect(await admin(method, path, body)).toMatchObject({ status: 400, json: { error: { param } } });
});

test.each([
  ['POST', '/accounts/acct_none/keys', {}],
  ['GET', '/accounts/acct_none', undefined],
  ['GET', '/accounts/acct_none/keys', undefined],
  ['POST', '/accounts/acct_none/credit', { amount_micro: 1 }],
  ['POST', '/accounts/acct_none/disable', undefined],
  ['POST', '/nodes/enrolments', { account_id: 'acct_none' }],
  ['DELETE', '/keys/key_none', undefined],
  ['PATCH', '/keys/key_none', { defaults: null }],
  ['POST', '/accounts/acct_none/members', { name: 'a', role: 'owner' }],
  ['GET', '/accounts/acct_none/members', undefined],
  ['PATCH', '/accounts/acct_none/members/mem_none', { name: 'b' }],
  ['DELETE', '/accounts/acct_none/members/mem_none', undefined],
  ['PATCH', '/nodes/node_none', { public: true }],
  ['POST', '/pools', { name: 'p', owner_account_id: 'acct_none' }],
  ['GET', '/pools/pool_none', undefined],
  ['PUT', '/pools/pool_none/members/acct_none', undefined],
  ['DELETE', '/pools/pool_none/members/acct_none', undefined],
  ['PUT', '/pools/pool_none/nodes/node_none', undefined],
  ['DELETE', '/pools/pool_none/nodes/node_none', undefined],
  ['DELETE', '/nodes/node_none', undefined],
  ['GET', '/nodes/node_none', undefined],
  ['GET', '/ledger/check?account=acct_none', undefined],
])('%s %s of nothing known is 404', async (method, path, body) => {
  expect(await admin(method, path, body)).toMatchObject({ status: 404, json: { error: { code: 'not_found' } } });
});

test('a body that is not JSON, not declared as JSON, or too long is refused', async () => {
  expect((await admin('POST', '/accounts', '{')).json.error?.code).toBe('invalid_json');
  expect((await call('POST', '/admin/v1/accounts', '{}', { 'content-type': 'text/plain' })).status).toBe(415);
  expect((await admin('POST', '/accounts', { name: 'x'.repeat(70_000) })).status).toBe(413);
});

test('no body that a stranger can send to enrolment breaks the router', async () => {
  await fc.assert(
    fc.asyncProperty(fc.json(), async (body) => {
      expect((await call('POST', '/node/enrol', body)).status).toBe(400);
    }),
    { numRuns: 60 },
  );
});
