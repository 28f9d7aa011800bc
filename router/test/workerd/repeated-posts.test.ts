// What calls make that run no jobs, under an Idempotency-Key: once, and told once.
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { call } from './admin-calls.ts';
import { makeDoors } from './billing-worker.ts';
import { as, KeyLab, refused } from './key-lab.ts';
import type { Key, Member } from './key-lab.ts';

const doors = makeDoors(env);

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));

let accountId: string;
let root: Key;
let lab: KeyLab;

beforeEach(async () => {
  lab = await KeyLab.open();
  ({ accountId, root } = lab);
});

const mint = (said?: object, key?: Key): Promise<Key> => lab.mint(said, key);
const addMember = (role: string, key?: Key): Promise<Member> => lab.addMember(role, key);

describe('what is made under an Idempotency-Key', () => {
  const once = (key: string): Record<string, string> => ({ 'idempotency-key': key });

  test('is made once, and its secret is told once', async () => {
    const made = await as(root, 'POST', '/keys', { name: 'one', models: ['a'] }, once('k1'));
    const again = await as(root, 'POST', '/keys', { models: ['a'], name: 'one' }, once('k1'));
    expect(again.status).toBe(201);
    expect(again.json).toEqual({ ...made.json, key: null, idempotent_replay: true });
    expect((await as(root, 'GET', '/keys')).json['data']).toHaveLength(2);
    expect(await as(root, 'POST', '/keys', { name: 'two' }, once('k1'))).toMatchObject({
      status: 409,
      ...refused('idempotency_key_reused'),
    });
    expect((await as(root, 'POST', '/keys', { name: 'two' }, once('k2'))).status).toBe(201);
    const stored = await env.DB.prepare('SELECT answer FROM repeated_posts').all();
    expect(JSON.stringify(stored.results)).not.toContain('irori_');
    const code = await as(root, 'POST', '/nodes/enrolments', {}, once('k1'));
    expect((await as(root, 'POST', '/nodes/enrolments', {}, once('k1'))).json).toMatchObject({
      ...code.json,
      code: null,
      idempotent_replay: true,
    });
  });

  test('is its maker’s alone: a member’s by any of its keys, and nobody else’s of the account', async () => {
    const [ada, eve] = [await addMember('member'), await addMember('member')];
    const scopes = ['call', 'keys'];
    const mine = await mint({ member: ada.id, scopes });
    const another = await mint({ member: ada.id, scopes });
    const made = await as(mine, 'POST', '/keys', {}, once('k4'));
    expect((await as(another, 'POST', '/keys', {}, once('k4'))).json).toEqual({
      ...made.json,
      key: null,
      idempotent_replay: true,
    });
    for (const key of [await mint({ member: eve.id, scopes }), root, await mint({ scopes })]) {
      const other = await as(key, 'POST', '/keys', {}, once('k4'));
      expect(other.json).not.toHaveProperty('idempotent_replay');
      expect([other.status, other.json['id'] === made.json['id']]).toEqual([201, false]);
    }
  });

  test('leaves its key free where it was refused', async () => {
    expect((await as(root, 'POST', '/keys', { member: 'mem_none' }, once('k3'))).status).toBe(404);
    expect((await as(root, 'POST', '/keys', { name: 'ok' }, once('k3'))).status).toBe(201);
    expect(await as(root, 'POST', '/keys', {}, once('no good'))).toMatchObject({
      status: 400,
      ...refused('invalid_value', 'Idempotency-Key'),
    });
  });

  test('waits a minute for who died in between, and is a day old at most', async () => {
    const post = { id: crypto.randomUUID(), body: 'b' };
    const { posts } = doors;
    expect(await posts.begin(post, 1000)).toEqual({ ok: true, value: null });
    expect(await posts.begin(post, 60_999)).toEqual({ ok: false, error: 'running' });
    expect(await posts.begin({ ...post, body: 'c' }, 61_000)).toEqual({ ok: false, error: 'other-body' });
    expect(await posts.begin(post, 61_000)).toEqual({ ok: true, value: null });
    await posts.finish(post.id, '{"id":1}');
    expect(await posts.begin(post, 200_000)).toEqual({ ok: true, value: '{"id":1}' });
    expect(await posts.begin({ ...post, body: 'c' }, 61_000 + 86_400_000)).toEqual({ ok: true, value: null });
  });

  test('is granted once by the operator, also where the answer was lost on the way', async () => {
    const path = `/accounts/${accountId}/credit`;
    const grant = (amount_micro: number) =>
      call('POST', `/admin/v1${path}`, { amount_micro }, once('grant 1'.replace(' ', '-')));
    expect((await grant(500)).json).toMatchObject({ balance_micro: 500, applied: true });
    // The router died before it had written the answer down, and long enough ago.
    await env.DB.prepare('UPDATE repeated_posts SET answer = NULL, at = at - 60000').run();
    expect((await grant(500)).json).toMatchObject({ balance_micro: 500, applied: false });
    expect((await grant(500)).json).toMatchObject({ balance_micro: 500, idempotent_replay: true });
    expect((await grant(501)).status).toBe(409);
  });

  test.each([
    ['/accounts', () => ({ name: 'once' })],
    ['/pools', () => ({ name: `pool ${crypto.randomUUID()}`, owner_account_id: accountId })],
  ])('is made once at %s of the operator’s', async (path, body) => {
    const said = body();
    const key = once(crypto.randomUUID());
    const made = await call('POST', `/admin/v1${path}`, said, key);
    expect(made.status).toBe(201);
    expect((await call('POST', `/admin/v1${path}`, said, key)).json).toEqual({ ...made.json, idempotent_replay: true });
  });
});
