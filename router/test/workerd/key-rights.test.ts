// Scopes, models, expiry and members of keys, and the self service that makes them: over the real doors, with a second edge that remembers what it read.
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeApiKeys } from '../../auth/api-keys.ts';
import { KeyCache } from '../../auth/key-cache.ts';
import type { Caller } from '../../auth/judge-key.ts';
import { admin, call, openAccount, openCode, proofOf } from './admin-calls.ts';
import { ALL, as, KeyLab, refused } from './key-lab.ts';
import type { Key, Member } from './key-lab.ts';
import { kicked, makeDoors, random, relinked } from './billing-worker.ts';
import { makeNode, newId } from './make-settlement.ts';

const doors = makeDoors(env);

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));

let accountId: string;
/** The account's own, with all that there is. */
let root: Key;
let lab: KeyLab;

beforeEach(async () => {
  lab = await KeyLab.open();
  ({ accountId, root } = lab);
});

const mint = (said?: object, key?: Key): Promise<Key> => lab.mint(said, key);
const addMember = (role: string, key?: Key): Promise<Member> => lab.addMember(role, key);

/** An edge that has read the key before. */
async function openEdge(key: Key): Promise<() => Promise<Caller | string>> {
  const keys = makeApiKeys({ db: env.DB, secret: env.KEY_HMAC_SECRET, cache: new KeyCache(), random });
  const ask = async (): Promise<Caller | string> => {
    const caller = await keys.authenticate(`Bearer ${key.key}`, Date.now());
    return caller.ok ? caller.value : caller.error;
  };
  await ask();
  return ask;
}

/** What the account's object says to a job by what an edge knows of its key. */
async function holdBy(caller: Caller | string): Promise<string> {
  if (typeof caller === 'string') return caller;
  const { keyId, rightsAt } = caller;
  const hold = { jobId: newId('job'), keyId, rightsAt, amount: 0, expiresAt: Date.now() + 60_000 };
  const answer = await env.ACCOUNT.getByName(accountId).hold(hold);
  return answer.ok ? 'held' : answer.reason;
}

describe('a key of which nobody says what it may do', () => {
  test('calls and reads usage, as all keys could, and manages nothing', async () => {
    const key = await mint();
    expect(key['scopes']).toEqual(['call', 'usage']);
    expect((await as(key, 'GET', '/nodes')).status).toBe(200);
    for (const [method, path] of [
      ['GET', '/keys'],
      ['POST', '/keys'],
      ['DELETE', `/keys/${key.id}`],
      ['GET', '/members'],
      ['POST', '/nodes/enrolments'],
    ] as const) {
      const answer = await as(key, method, path, method === 'POST' ? {} : undefined);
      expect(answer).toMatchObject({ status: 403, ...refused('scope_missing') });
      const scope = path.split('/')[1];
      expect(answer.json.error?.message).toContain(`the scope '${scope}'`);
    }
  });

  test('may have been made before there were scopes', async () => {
    const key = await mint();
    const row = await env.DB.prepare('SELECT scopes, models, member_id FROM api_keys WHERE id = ?')
      .bind(key.id)
      .first();
    expect(row).toEqual({ scopes: null, models: null, member_id: null });
  });
});

describe('a key makes others', () => {
  test('that have what it has, where nothing is said, and no more than is usual', async () => {
    const limits = { max_job_micro: 5 };
    const expires_in_s = 3600;
    const giver = await mint({ scopes: ['call', 'keys'], models: ['a', 'b'], limits, expires_in_s });
    const made = await mint({ name: 'child' }, giver);
    expect(made).toMatchObject({
      scopes: ['call'],
      models: ['a', 'b'],
      expires_at: giver['expires_at'],
      name: 'child',
    });
    expect(made['limits']).toMatchObject({ max_job_micro: 5 });
    expect(await env.ACCOUNT.getByName(accountId).keyUsage(made.id)).toMatchObject({ limits: { job: 5 } });
    const less = { scopes: ['call'], models: ['b:latest'], expires_in_s: 60, limits: { max_job_micro: 4 } };
    expect(await mint(less, giver)).toMatchObject({ models: ['b:latest'] });
  });

  test.each([
    [{ scopes: ['call', 'usage'] }, 'scopes', 'usage'],
    [{ scopes: ['members'] }, 'scopes', 'members'],
    [{ models: ['c'] }, 'models', 'c'],
    [{ models: null }, 'models', '*'],
    [{ expires_in_s: 4000 }, 'expires_in_s', 'life'],
    [{ expires_in_s: null }, 'expires_in_s', 'life'],
    [{ limits: { max_job_micro: 6 } }, 'limits', 'job'],
    [{ limits: null }, 'limits', 'job'],
  ])('and never one with more: %j', async (said, param, word) => {
    const limits = { max_job_micro: 5 };
    const giver = await mint({ scopes: ['call', 'keys'], models: ['a', 'b'], limits, expires_in_s: 3600 });
    const made = await as(giver, 'POST', '/keys', said);
    expect(made).toMatchObject({ status: 403, ...refused('forbidden', param) });
    expect(made.json.error?.message).toContain(word);
    const child = await mint({}, giver);
    expect(await as(giver, 'PATCH', `/keys/${child.id}`, said)).toMatchObject({
      status: 403,
      ...refused('forbidden', param),
    });
    // What has more already it does not change either.
    expect(await as(giver, 'PATCH', `/keys/${root.id}`, { name: 'mine' })).toMatchObject({ status: 403 });
  });

  test.each([
    { spend: { day_micro: 5 } },
    { spend: { total_micro: 5 } },
    { requests_per_minute: 5 },
    { tokens_per_minute: 5 },
    { concurrent: 5 },
  ])('but not one that has %j, which each would have anew; nor does it set the limits of others', async (limits) => {
    const giver = await mint({ scopes: ['call', 'keys'], limits });
    for (const said of [{}, { limits }, { limits: null }]) {
      const made = await as(giver, 'POST', '/keys', said);
      expect(made).toMatchObject({ status: 403, ...refused('forbidden', 'limits') });
      expect(made.json.error?.message).toContain('may not make keys');
    }
    const other = await mint({ scopes: ['call'], limits });
    expect(await as(giver, 'PATCH', `/keys/${other.id}`, { limits })).toMatchObject({
      status: 403,
      ...refused('forbidden', 'limits'),
    });
    expect((await as(giver, 'PATCH', `/keys/${other.id}`, { name: 'theirs' })).status).toBe(200);
  });

  test('and changes and revokes them, which is told where credit is held', async () => {
    const child = await mint({ scopes: ['call'] }, root);
    const elsewhere = await openEdge(child);
    expect(await holdBy(await elsewhere())).toBe('held');
    const changed = await as(root, 'PATCH', `/keys/${child.id}`, { models: ['a'], name: 'narrow', expires_in_s: 600 });
    expect(changed).toMatchObject({ status: 200, json: { models: ['a'], name: 'narrow', scopes: ['call'] } });
    expect(await holdBy(await elsewhere())).toBe('key-changed');
    expect(await holdBy(await (await openEdge(child))())).toBe('held');
    expect((await as(root, 'DELETE', `/keys/${child.id}`)).json).toEqual({ id: child.id, revoked: true });
    expect(await holdBy(await elsewhere())).toBe('key-revoked');
  });

  test('but not once it is revoked, whatever an edge remembers, nor in the very moment', async () => {
    const giver = await mint({ scopes: ['call', 'keys'] });
    expect((await as(giver, 'GET', '/keys')).status).toBe(200);
    // As another edge did it: this one’s memory has not been told.
    await env.DB.prepare('UPDATE api_keys SET revoked_at = 1 WHERE id = ?').bind(giver.id).run();
    expect(await as(giver, 'POST', '/keys', {})).toMatchObject({ status: 401, ...refused('invalid_api_key') });
    const asked = { accountId, memberId: null, by: giver.id, name: 'k', expiresAt: null, defaults: null };
    const rights = { scopes: null, models: null, limits: null };
    expect(await doors.keys.mint({ ...asked, ...rights }, 1)).toEqual({ ok: false, error: 'giver-revoked' });
  });

  test('and sees none of another account', async () => {
    const stranger = await mint({ scopes: ALL });
    const { root: other } = await KeyLab.open();
    expect((await as(stranger, 'GET', '/keys')).json['data']).not.toContainEqual(
      expect.objectContaining({ id: other.id }),
    );
    for (const method of ['PATCH', 'DELETE'])
      expect(await as(stranger, method, `/keys/${other.id}`, { name: 'x' })).toMatchObject({
        status: 404,
        ...refused('not_found', 'id'),
      });
  });
});

describe('members', () => {
  test('have keys that may do what their role has', async () => {
    const [owner, member, viewer] = [await addMember('owner'), await addMember('member'), await addMember('viewer')];
    const all = await mint({ member: owner.id, scopes: ALL }, root);
    expect(all['member']).toBe(owner.id);
    expect((await as(all, 'GET', '/members')).json['data']).toHaveLength(3);
    for (const [one, scope] of [
      [member, 'nodes'],
      [member, 'members'],
      [viewer, 'call'],
    ] as const) {
      const made = await as(root, 'POST', '/keys', { member: one.id, scopes: ['usage', scope] });
      expect(made).toMatchObject({ status: 400, ...refused('invalid_value', 'scopes') });
    }
    const usual = await mint({ member: viewer.id });
    const caller = (await (await openEdge(usual))()) as Caller;
    expect(caller).toMatchObject({ scopes: ['usage'], role: 'viewer', memberId: viewer.id });
    expect((await as(all, 'POST', '/keys', { member: 'mem_none' })).status).toBe(404);
  });

  test('see and change their own keys alone, unless they are owners', async () => {
    const [one, other] = [await addMember('member'), await addMember('member')];
    const scopes = ['call', 'keys'];
    const [ones, others] = [await mint({ member: one.id, scopes }), await mint({ member: other.id, scopes })];
    const child = await mint({}, ones);
    expect(child['member']).toBe(one.id);
    const listed = (await as(ones, 'GET', '/keys')).json['data'] as unknown as Key[];
    expect(listed.map(({ id }) => id).toSorted()).toEqual([ones.id, child.id].toSorted());
    expect((await as(ones, 'DELETE', `/keys/${others.id}`)).status).toBe(404);
    expect((await as(ones, 'POST', '/keys', { member: other.id })).status).toBe(404);
    expect((await as(root, 'GET', '/keys')).json['data']).toHaveLength(4);
    expect((await as(root, 'DELETE', `/keys/${others.id}`)).status).toBe(200);
  });

  test('lose their keys at once with their place, here, elsewhere and where credit is held', async () => {
    const member = await addMember('member');
    const key = await mint({ member: member.id, scopes: ['call', 'keys'] });
    const child = await mint({}, key);
    const elsewhere = await openEdge(child);
    const removed = await as(root, 'DELETE', `/members/${member.id}`);
    expect(removed).toMatchObject({
      status: 200,
      json: { removed: true, revoked_keys: [key.id, child.id].toSorted() },
    });
    expect(await as(key, 'GET', '/keys')).toMatchObject({ status: 401 });
    expect(await holdBy(await elsewhere())).toBe('key-revoked');
    expect(await (await openEdge(child))()).toBe('revoked');
    expect((await as(root, 'POST', '/keys', { member: member.id })).status).toBe(404);
    expect((await as(root, 'GET', '/members')).json['data']).toEqual([]);
    // Again tells who could not be told.
    expect((await as(root, 'DELETE', `/members/${member.id}`)).status).toBe(200);
    expect((await as(root, 'PATCH', `/members/${member.id}`, { name: 'x' })).status).toBe(404);
  });

  test('may do less from now on where their role becomes less', async () => {
    await addMember('owner');
    const member = await addMember('owner');
    const key = await mint({ member: member.id, scopes: ALL });
    const elsewhere = await openEdge(key);
    const path = `/members/${member.id}`;
    expect((await as(root, 'PATCH', path, { role: 'viewer', email: 'ada@example.org' })).json).toMatchObject({
      role: 'viewer',
      email: 'ada@example.org',
    });
    expect(await holdBy(await elsewhere())).toBe('key-changed');
    expect(await as(key, 'GET', '/keys')).toMatchObject({ status: 403, ...refused('scope_missing') });
    expect((await as(root, 'PATCH', path, { email: null, name: 'Ada' })).json).toMatchObject({
      name: 'Ada',
      email: null,
    });
  });

  test('leave one owner at least, also where two are removed at once', async () => {
    const [one, other] = [await addMember('owner'), await addMember('owner')];
    const answers = await Promise.all([one, other].map(({ id }) => as(root, 'DELETE', `/members/${id}`)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    const [left] = (await as(root, 'GET', '/members')).json['data'] as unknown as Member[];
    const path = `/members/${left!.id}`;
    expect(await as(root, 'PATCH', path, { role: 'member' })).toMatchObject({
      status: 409,
      ...refused('conflict', 'role'),
    });
    expect((await as(root, 'PATCH', path, { role: 'owner', name: 'still' })).status).toBe(200);
    await addMember('owner');
    expect((await as(root, 'DELETE', path)).status).toBe(200);
  });

  test('are managed by the operator too, and are no other account’s', async () => {
    const { json } = await admin('POST', `/accounts/${accountId}/members`, {
      name: 'Ada',
      role: 'member',
      email: 'a@b.c',
    });
    const path = `/accounts/${accountId}/members/${String(json['id'])}`;
    expect((await admin('PATCH', path, { role: 'owner' })).json).toMatchObject({ name: 'Ada', role: 'owner' });
    expect((await admin('GET', `/accounts/${accountId}/members`)).json['data']).toHaveLength(1);
    const other = await openAccount();
    expect((await admin('PATCH', path.replace(accountId, other), { name: 'x' })).status).toBe(404);
    expect((await admin('POST', `/accounts/${other}/keys`, { member: json['id'] })).status).toBe(404);
    await admin('POST', `/accounts/${accountId}/members`, { name: 'Eve', role: 'owner' });
    expect((await admin('DELETE', path)).json).toMatchObject({ removed: true, revoked_keys: [] });
  });
});

describe('own homes', () => {
  const enrol = async (name: string, code: string): Promise<string> =>
    (await call('POST', '/node/enrol', proofOf(makeNode(name), code))).json['node'] as unknown as string;

  test('are enrolled, listed, named, withheld and revoked by their owner', async () => {
    const made = await as(root, 'POST', '/nodes/enrolments', { uses: 2, public: false });
    expect(made).toMatchObject({ status: 201, json: { uses: 2, public: false, pool: null } });
    const code = made.json['code'] as unknown as string;
    const [first, second] = [await enrol(`own-1 ${accountId}`, code), await enrol(`own-2 ${accountId}`, code)];
    const list = async (): Promise<object[]> => (await as(root, 'GET', '/nodes')).json['data'] as unknown as object[];
    expect((await list()).length).toBe(2);
    expect((await as(root, 'PATCH', `/nodes/${first}`, { name: 'attic' })).json).toMatchObject({
      name: 'attic',
      public: false,
    });
    expect(relinked).not.toContain(first);
    expect((await as(root, 'PATCH', `/nodes/${first}`, { public: true })).json).toMatchObject({
      name: 'attic',
      public: true,
    });
    expect(relinked).toContain(first);
    expect((await as(root, 'DELETE', `/nodes/${second}?reason=sold`)).json).toMatchObject({ revoked_reason: 'sold' });
    expect(kicked).toContain(`${second} sold`);
    expect(await list()).toEqual([expect.objectContaining({ id: first, name: 'attic' })]);
  });

  test('are nobody else’s', async () => {
    const node = await enrol(`theirs ${accountId}`, await openCode(accountId));
    const { root: stranger } = await KeyLab.open();
    for (const [method, body] of [['PATCH', { name: 'x' }], ['DELETE']] as const)
      expect((await as(stranger, method, `/nodes/${node}`, body)).status).toBe(404);
    expect((await as(stranger, 'GET', '/nodes')).json['data']).toEqual([]);
    const reader = await mint({ scopes: ['call'] });
    expect(await as(reader, 'GET', '/nodes')).toMatchObject({ status: 403, ...refused('scope_missing') });
    // A code leads into one's own pools alone, and tells of no other.
    const { json: pool } = await as(root, 'POST', '/pools', { name: `shed ${accountId}` });
    const codeFor = (asker: typeof root, id: unknown) => as(asker, 'POST', '/nodes/enrolments', { pool: id });
    expect(await codeFor(root, pool['id'])).toMatchObject({ status: 201 });
    for (const id of [pool['id'], 'pool_none'])
      expect(await codeFor(stranger, id)).toMatchObject({ status: 404, json: { error: { param: 'pool' } } });
  });
});
