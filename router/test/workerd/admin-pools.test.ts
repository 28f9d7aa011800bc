import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { hashEnrolmentCode } from '../../auth/make-enrolment-code.ts';
import { admin, call, openAccount, openCode, openPool, proofOf } from './admin-calls.ts';
import type { Answer } from './admin-calls.ts';
import { makeDoors, relinked } from './billing-worker.ts';
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
