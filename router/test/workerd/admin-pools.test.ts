import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hashEnrolmentCode } from '../../auth/make-enrolment-code.ts';
import { admin, call, openAccount, openCode, openPool, proofOf } from './admin-calls.ts';
import type { Answer } from './admin-calls.ts';
import { standingOf } from '../../auth/nodes.ts';
import { makeDoors, relinked } from './billing-worker.ts';
import { as, KeyLab } from './key-lab.ts';
import { makeNode } from './make-settlement.ts';
import type { TestNode } from './make-settlement.ts';

const doors = makeDoors(env);

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));

test('of eleven homes that race for a code of ten uses exactly ten join, and each may repeat it', async () => {
  const accountId = await openAccount();
  const pool = await openPool(accountId);
  const made = await admin('POST', '/nodes/enrolments', { account_id: accountId, uses: 10, pool });
  expect(made).toMatchObject({ status: 201, json: { uses: 10, pool, public: false } });
  const code = made.json['code'] as unknown as string;
  const racers = Array.from({ length: 11 }, (_, i) => makeNode(`lab-${i}`));
  const enrol = (node: TestNode): Promise<Answer> => call('POST', '/node/enrol', proofOf(node, code));
  const first = await Promise.all(racers.map(enrol));
  expect(first.filter((answer) => answer.status === 200)).toHaveLength(10);
  expect(first.find((answer) => answer.status !== 200)).toMatchObject({
    status: 409,
    json: { error: { code: 'conflict', param: 'code' } },
  });
  const again = await Promise.all(racers.map(enrol));
  expect(again.map((answer) => answer.status)).toEqual(first.map((answer) => answer.status));
  const joined = racers.filter((_, i) => first[i]?.status === 200).map((node) => node.id);
  const shown = (await admin('GET', `/pools/${pool}`)).json as unknown as { nodes: string[] };
  expect(shown.nodes).toEqual(joined.toSorted());
  const found = await Promise.all(racers.map((node) => doors.nodes.find(node.id)));
  expect(found.filter(Boolean)).toHaveLength(10);
  for (const row of found.filter((one) => one !== null)) expect(row).toMatchObject({ pools: [pool], isPublic: false });
  const token = first.find((answer) => answer.status === 200)?.json['token'] as unknown as string;
  expect(await doors.nodeTokens.verify(token, Date.now())).toMatchObject({ ok: true, value: { accountId } });
  for (const id of joined)
    expect(await doors.nodeAccount(id).show('hub:test:0')).toMatchObject({
      standing: { pools: [pool], barred: null },
      lastReceipt: null,
    });
});

test('a home that enrols for a pool answers for everyone too where the code says so', async () => {
  const accountId = await openAccount();
  const pool = await openPool(accountId);
  const made = await admin('POST', '/nodes/enrolments', { account_id: accountId, pool, public: true });
  const node = makeNode('lab-public');
  expect((await call('POST', '/node/enrol', proofOf(node, made.json['code'] as unknown as string))).status).toBe(200);
  expect(await doors.nodes.find(node.id)).toMatchObject({ pools: [pool], isPublic: true });
});

test('a code given before codes had uses is still used up, by whoever used it', async () => {
  const accountId = await openAccount();
  const code = await openCode(accountId);
  const [node, other] = [makeNode('old-use'), makeNode('old-use-2')];
  await env.DB.prepare('INSERT INTO enrolment_uses SELECT id, ?2, 5 FROM enrolments WHERE code_hash = ?1')
    .bind(hashEnrolmentCode(code), node.id)
    .run();
  expect((await call('POST', '/node/enrol', proofOf(other, code))).status).toBe(409);
});

test('a pool has an owner, members and homes, and its members’ keys know of it', async () => {
  const [owner, member, stranger] = [await openAccount(), await openAccount(), await openAccount()];
  const pool = await openPool(owner);
  const name = ((await admin('GET', `/pools/${pool}`)).json as unknown as { name: string }).name;
  const keyOf = async (account: string): Promise<string> =>
    (await admin('POST', `/accounts/${account}/keys`, {})).json['key'] as unknown as string;
  const keys = { owner: await keyOf(owner), member: await keyOf(member), stranger: await keyOf(stranger) };
  const poolsOf = async (key: string): Promise<unknown> => {
    const caller = await doors.keys.authenticate(`Bearer ${key}`, Date.now());
    return caller.ok ? caller.value.pools : caller.error;
  };
  expect(await poolsOf(keys.owner)).toEqual([{ id: pool, name }]);
  expect(await poolsOf(keys.member)).toEqual([]);
  for (let again = 0; again < 2; again++)
    expect((await admin('PUT', `/pools/${pool}/members/${member}`)).json).toMatchObject({ members: [member] });
  expect(await poolsOf(keys.member)).toEqual([{ id: pool, name }]);
  expect(await poolsOf(keys.stranger)).toEqual([]);
  expect((await admin('DELETE', `/pools/${pool}/members/${member}`)).json).toMatchObject({ members: [] });
  expect(await poolsOf(keys.member)).toEqual([]);
  expect(JSON.stringify((await admin('GET', '/pools')).json)).toContain(pool);
});

test('a home goes into a pool and out again, and its hub hears of it each time', async () => {
  const owner = await openAccount();
  const pool = await openPool(owner);
  const node = makeNode('pooled');
  await call('POST', '/node/enrol', proofOf(node, await openCode(owner)));
  const told = relinked.filter((one) => one === node.id).length;
  await admin('PATCH', `/nodes/${node.id}`, { name: 'bench 4' });
  expect((await admin('PUT', `/pools/${pool}/nodes/${node.id}`)).json).toMatchObject({
    nodes: [node.id],
    homes: [{ id: node.id, name: 'bench 4' }],
  });
  expect(await doors.nodes.find(node.id)).toMatchObject({ pools: [pool], isPublic: true });
  expect((await admin('PATCH', `/nodes/${node.id}`, { public: false })).json).toMatchObject({
    pools: [pool],
    public: false,
  });
  expect((await admin('DELETE', `/pools/${pool}/nodes/${node.id}`)).json).toMatchObject({ nodes: [] });
  expect(await doors.nodes.find(node.id)).toMatchObject({ pools: [], isPublic: false });
  expect(relinked.filter((one) => one === node.id)).toHaveLength(told + 3);
});

test('a home is in sixteen pools at most', async () => {
  const owner = await openAccount();
  const node = makeNode('popular');
  await call('POST', '/node/enrol', proofOf(node, await openCode(owner)));
  for (let i = 0; i < 16; i++)
    expect((await admin('PUT', `/pools/${await openPool(owner)}/nodes/${node.id}`)).status).toBe(200);
  expect(await admin('PUT', `/pools/${await openPool(owner)}/nodes/${node.id}`)).toMatchObject({
    status: 409,
    json: { error: { param: 'node' } },
  });
});

test('a name that looks like another pool, or mixes scripts, or hides something, is refused in words', async () => {
  const owner = await openAccount();
  const create = (name: string) => admin('POST', '/pools', { name, owner_account_id: owner });
  expect((await create('Kappa Lab')).status).toBe(201);
  for (const name of ['Карра', 'kappa-lab', 'Kappa Iab', 'Káppa lab'])
    expect((await create(name)).status).toBe(name === 'Карра' ? 201 : 409);
  expect((await create('kappa')).json.error).toMatchObject({
    code: 'conflict',
    param: 'name',
    message: "'kappa' looks like the pool 'Карра'. Choose another name.",
  });
  for (const name of ['Kаppa', 'ｋａｐｐａ', 'ka\u200bppa', 'Mine', 'рublic', 'a\u202eb'])
    expect((await create(name)).json.error).toMatchObject({ code: 'invalid_value', param: 'name' });
});

test('two pools cannot have one name', async () => {
  const owner = await openAccount();
  const body = { name: 'Only One', owner_account_id: owner };
  expect((await admin('POST', '/pools', body)).status).toBe(201);
  expect(await admin('POST', '/pools', body)).toMatchObject({ status: 409, json: { error: { param: 'name' } } });
});

test('a key’s defaults are kept as written, read with each call, and replaced at once', async () => {
  const accountId = await openAccount();
  const defaults = { sort: 'price', country: 'de', max_price: { prompt: '0.5' }, resume: 'same-model' };
  const minted = (await admin('POST', `/accounts/${accountId}/keys`, { defaults })).json as unknown as {
    id: string;
    key: string;
  };
  const read = async (): Promise<unknown> => {
    const caller = await doors.keys.authenticate(`Bearer ${minted.key}`, Date.now());
    return caller.ok ? caller.value.defaults : caller.error;
  };
  const wish = { mode: 'cheapest', countries: ['DE'], maxPriceIn: 500_000 };
  expect(await read()).toEqual({ wish, resume: 'same-model' });
  expect((await admin('GET', `/accounts/${accountId}/keys`)).json).toMatchObject({ data: [{ defaults }] });
  const changed = await admin('PATCH', `/keys/${minted.id}`, { defaults: { pool: 'mine' } });
  expect(changed).toMatchObject({ status: 200, json: { id: minted.id, defaults: { pool: 'mine' } } });
  expect(await read()).toEqual({ wish: { pool: 'mine' }, resume: null });
  expect((await admin('PATCH', `/keys/${minted.id}`, { defaults: null })).json).toMatchObject({ defaults: null });
  expect(await read()).toBeNull();
});

test('defaults in the book that can no longer be read stop the key instead of being dropped', async () => {
  const accountId = await openAccount();
  const { id, key } = (await admin('POST', `/accounts/${accountId}/keys`, {})).json as unknown as {
    id: string;
    key: string;
  };
  await env.DB.prepare('UPDATE api_keys SET defaults = ? WHERE id = ?').bind('{"planet":"mars"}', id).run();
  await expect(doors.keys.authenticate(`Bearer ${key}`, Date.now())).rejects.toThrow(/planet/);
});

describe('nobody is put into a pool by its owner: an account is invited', () => {
  const DAYS_30 = 30 * 86_400_000;
  let owner: KeyLab;
  let friend: KeyLab;
  let pool: string;

  beforeEach(async () => {
    [owner, friend] = [await KeyLab.open(), await KeyLab.open()];
    pool = await openPool(owner.accountId);
  });

  const invite = (account = friend.accountId, key = owner.root, into = pool): Promise<Answer> =>
    as(key, 'POST', `/pools/${into}/members`, { account });
  const accept = (lab = friend): Promise<Answer> => as(lab.root, 'POST', `/pools/invitations/${pool}/accept`);
  const decline = (lab = friend): Promise<Answer> => as(lab.root, 'DELETE', `/pools/invitations/${pool}`);
  const waiting = async (lab = friend): Promise<unknown> =>
    (await as(lab.root, 'GET', '/pools/invitations')).json['data'];
  const shown = async (): Promise<object> => (await as(owner.root, 'GET', `/pools/${pool}`)).json;
  const callsFor = async ({ root }: KeyLab): Promise<unknown> => {
    const caller = await doors.keys.authenticate(`Bearer ${root.key}`, Date.now());
    return caller.ok ? caller.value.pools.map(({ id }) => id) : caller.error;
  };
  const end = (): Promise<unknown> => env.DB.prepare('UPDATE pool_invitations SET expires_at = 1').run();

  test('what is pending counts as nothing until the account itself says yes', async () => {
    const node = makeNode(`friend-${crypto.randomUUID()}`);
    await call('POST', '/node/enrol', proofOf(node, await openCode(friend.accountId)));
    const kin = async () => standingOf(await doors.nodes.find(node.id))?.kin;
    const before = Date.now();
    const made = await invite();
    expect(made).toMatchObject({ status: 201, json: { pool, account: friend.accountId, state: 'pending' } });
    const { created_at: at, expires_at: ends } = made.json as unknown as { created_at: number; expires_at: number };
    expect(at).toBeGreaterThanOrEqual(before);
    expect(ends).toBe(at + DAYS_30);
    expect(await invite()).toMatchObject({ status: 200, json: { created_at: at, expires_at: ends } });
    const told = relinked.length;
    const invitations = [{ account: friend.accountId, created_at: at, expires_at: ends }];
    expect(await shown()).toMatchObject({ members: [], invitations });
    expect((await admin('GET', `/pools/${pool}`)).json).toMatchObject({ members: [], invitations });
    expect([await callsFor(friend), await kin()]).toEqual([[], []]);
    expect((await as(friend.root, 'GET', '/pools')).json).toMatchObject({ data: [] });
    const { name } = (await shown()) as { name: string };
    expect(await waiting()).toEqual([
      { pool, name, owner_account_id: owner.accountId, created_at: at, expires_at: ends },
    ]);
    expect(relinked).toHaveLength(told);
    expect(await accept()).toMatchObject({ status: 200, json: { id: pool, name } });
    expect([await callsFor(friend), await kin()]).toEqual([[pool], [`p${pool.slice(5, 17)}`]]);
    expect(relinked.slice(told)).toEqual([node.id]);
    expect([await waiting(), await shown()]).toMatchObject([[], { members: [friend.accountId], invitations: [] }]);
  });

  test('a yes that broke off half way is said again', async () => {
    await invite();
    await accept();
    const account = doors.account(friend.accountId);
    await account.leavePool(pool);
    expect((await accept()).status).toBe(200);
    await admin('POST', `/accounts/${friend.accountId}/credit`, { amount_micro: 9 });
    const hold = { jobId: 'job_1', keyId: 'key_1', amount: 1, expiresAt: Date.now() + 60_000, poolId: pool };
    expect(await account.hold(hold)).toEqual({ ok: true });
  });

  test('a no, a withdrawal and thirty days end it, and then nobody can say yes', async () => {
    const ends: [string, () => Promise<unknown>][] = [
      ['declined', () => decline()],
      ['withdrawn', () => as(owner.root, 'DELETE', `/pools/${pool}/invitations/${friend.accountId}`)],
      ['over', end],
    ];
    for (const [what, act] of ends) {
      expect([what, (await invite()).status]).toEqual([what, 201]);
      await act();
      expect([what, await waiting(), await shown()]).toMatchObject([what, [], { members: [], invitations: [] }]);
      for (const answer of [await accept(), await decline()])
        expect([what, answer]).toMatchObject([what, { status: 404, json: { error: { param: 'pool' } } }]);
      expect([what, await callsFor(friend)]).toEqual([what, []]);
    }
  });

  test('an account of nobody is answered as one that has not said anything, and nothing hears of it', async () => {
    const nobody = `acct_${'0'.repeat(31)}1`;
    const told = relinked.length;
    const tryAll = async (account: string): Promise<string> => {
      const said = [await invite(account), await invite(account)];
      for (const path of ['members', 'invitations', 'invitations'])
        said.push(await as(owner.root, 'DELETE', `/pools/${pool}/${path}/${account}`));
      return JSON.stringify(said)
        .replaceAll(account, 'ACCOUNT')
        .replaceAll(/_at":\d+/g, '_at":0');
    };
    expect(await tryAll(nobody)).toBe(await tryAll(friend.accountId));
    expect(relinked).toHaveLength(told);
    for (const account of ['acct_1', 'you', ''])
      expect(await invite(account)).toMatchObject({
        status: 400,
        json: { error: { code: 'invalid_value', param: 'account' } },
      });
  });

  test('only the owner invites, withdraws and takes out, and neither itself nor a member again', async () => {
    const stranger = await KeyLab.open();
    const missing = { status: 404, json: { error: { param: 'id' } } };
    expect(await invite(stranger.accountId, friend.root)).toMatchObject(missing);
    expect(await invite(friend.accountId, owner.root, `pool_${'0'.repeat(32)}`)).toMatchObject(missing);
    await invite();
    for (const path of [`members/${friend.accountId}`, `invitations/${friend.accountId}`])
      expect(await as(stranger.root, 'DELETE', `/pools/${pool}/${path}`)).toMatchObject(missing);
    expect((await accept(stranger)).status).toBe(404);
    expect((await accept(owner)).status).toBe(404);
    const refused = { status: 409, json: { error: { code: 'conflict', param: 'account' } } };
    expect(await invite(owner.accountId)).toMatchObject(refused);
    await accept();
    expect(await invite()).toMatchObject(refused);
    expect((await as(await friend.mint({ scopes: ['call', 'usage'] }), 'GET', '/pools/invitations')).status).toBe(403);
  });

  test('a member leaves by itself, once, and its owner may take one out', async () => {
    await invite();
    await accept();
    const leave = (): Promise<Answer> => as(friend.root, 'DELETE', `/pools/${pool}/members/${friend.accountId}`);
    expect(await leave()).toMatchObject({ status: 200, json: { id: pool, left: true } });
    expect([await callsFor(friend), await shown()]).toMatchObject([[], { members: [], invitations: [] }]);
    expect((await leave()).status).toBe(404);
    await invite();
    await accept();
    const dropped = await as(owner.root, 'DELETE', `/pools/${pool}/members/${friend.accountId}`);
    expect(dropped).toMatchObject({ status: 200, json: { members: [] } });
    expect(await callsFor(friend)).toEqual([]);
  });

  test('an operator adds one without asking, and what was asked ends with it', async () => {
    await invite();
    const added = await admin('PUT', `/pools/${pool}/members/${friend.accountId}`);
    expect(added.json).toMatchObject({ members: [friend.accountId], invitations: [] });
    expect(await waiting()).toEqual([]);
    expect((await decline()).status).toBe(404);
    expect(await callsFor(friend)).toEqual([pool]);
  });

  test('a hundred of a pool wait at most, and a hundred for one account, even of those who race', async () => {
    const rows = 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99)';
    const later = Date.now() + DAYS_30;
    await env.DB.prepare(`INSERT INTO pool_invitations ${rows} SELECT ?1, printf('acct_%032x', i), 1, ?2 FROM n`)
      .bind(pool, later)
      .run();
    const racers = await Promise.all([friend, await KeyLab.open()].map(({ accountId }) => invite(accountId)));
    expect(racers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409]);
    expect(racers.find(({ status }) => status === 409)?.json.error?.message).toContain('of this pool');
    await end();
    expect((await invite()).status).toBe(201);
    const left = await env.DB.prepare('SELECT count(*) AS n FROM pool_invitations').first<number>('n');
    expect(left).toBe(1);
    const popular = await KeyLab.open();
    await env.DB.batch([
      env.DB.prepare(`INSERT INTO pools ${rows} SELECT 'pool_' || i, 'many ' || i, ?1, 1 FROM n`).bind(owner.accountId),
      env.DB.prepare(`INSERT INTO pool_invitations ${rows} SELECT 'pool_' || i, ?1, 1, ?2 FROM n`).bind(
        popular.accountId,
        later,
      ),
    ]);
    expect((await invite(popular.accountId)).status).toBe(201);
    const other = await openPool(owner.accountId);
    const full = await invite(popular.accountId, owner.root, other);
    expect(full).toMatchObject({ status: 409, json: { error: { param: 'account' } } });
    expect(full.json.error?.message).toContain('for this account');
    expect(await waiting(popular)).toHaveLength(100);
    expect((await decline(popular)).status).toBe(200);
    expect((await invite(popular.accountId, owner.root, other)).status).toBe(201);
  });

  test('a home of one’s own comes out of a pool that it is in, and of others not even their existence is told', async () => {
    const node = makeNode(`own-${crypto.randomUUID()}`);
    await call('POST', '/node/enrol', proofOf(node, await openCode(friend.accountId)));
    const takeOut = (): Promise<Answer> => as(friend.root, 'DELETE', `/pools/${pool}/nodes/${node.id}`);
    expect((await takeOut()).status).toBe(404);
    await admin('PUT', `/pools/${pool}/nodes/${node.id}`);
    expect(await takeOut()).toMatchObject({ status: 200, json: { left: true } });
    expect(await shown()).toMatchObject({ nodes: [] });
  });
});
