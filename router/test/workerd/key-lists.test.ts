// Lists of an account's keys, and how many there may be: however many were made, the newest are seen.
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { admin, openAccount } from './admin-calls.ts';
import { makeDoors } from './billing-worker.ts';

const doors = makeDoors(env);

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));

/** `count` keys, made one ms after the other long ago. */
async function fill(accountId: string, count: number, { revokedAt = null as number | null, memberId = '' } = {}) {
  const all = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)';
  const made = `INSERT INTO api_keys (id, account_id, hash, name, created_at, revoked_at, member_id)
    ${all} SELECT ?3 || i, ?1, ?3 || i, 'k', i, ?4, nullif(?5, '') FROM n`;
  const prefix = `key_${accountId}_${revokedAt}_`;
  await env.DB.prepare(made).bind(accountId, count, prefix, revokedAt, memberId).run();
}

async function list(accountId: string, query = ''): Promise<{ ids: string[]; next: string | null }> {
  const { status, json } = await admin('GET', `/accounts/${accountId}/keys${query}`);
  expect(status).toBe(200);
  const { data, next } = json as unknown as { data: { id: string }[]; next: string | null };
  return { ids: data.map(({ id }) => id), next };
}

const mint = (accountId: string, said = {}) => admin('POST', `/accounts/${accountId}/keys`, said);

test('the newest key is seen first, behind however many were revoked, and all are listed page by page', async () => {
  const accountId = await openAccount();
  await fill(accountId, 1200, { revokedAt: 5 });
  await fill(accountId, 250);
  const { id } = (await mint(accountId)).json as unknown as { id: string };
  const first = await list(accountId, '?limit=200');
  expect(first.ids[0]).toBe(id);
  // Revoked meanwhile, the last of the page still says where the next begins.
  await admin('DELETE', `/keys/${first.next}`);
  const second = await list(accountId, `?limit=200&after=${first.next}`);
  expect(second.next).toBeNull();
  expect(new Set([...first.ids, ...second.ids]).size).toBe(251);
  expect((await list(accountId, '?revoked=true&limit=1')).ids).toHaveLength(1);
  expect(await admin('GET', `/accounts/${accountId}/keys?revoked=maybe`)).toMatchObject({
    status: 400,
    json: { error: { param: 'revoked' } },
  });
  expect(await doors.keys.listLive(accountId)).toHaveLength(250);
});

test('an account has 1,000 keys that live at most, by calls at once too; revoked and expired ones do not count', async () => {
  const accountId = await openAccount();
  await fill(accountId, 1500, { revokedAt: 5 });
  await fill(accountId, 999);
  const answers = await Promise.all([mint(accountId), mint(accountId), mint(accountId)]);
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409]);
  const refused = answers.find(({ status }) => status === 409);
  expect(refused?.json.error).toMatchObject({ code: 'conflict', message: expect.stringContaining('1,000') as string });
  await env.DB.prepare('UPDATE api_keys SET expires_at = 2 WHERE id = ?').bind(`key_${accountId}_null_1`).run();
  expect((await mint(accountId)).status).toBe(201);
  expect((await mint(accountId)).status).toBe(409);
  await admin('DELETE', `/keys/key_${accountId}_null_2`);
  expect((await mint(accountId)).status).toBe(201);
});

test('a change of a member’s role is told of all keys of theirs, behind however many others', async () => {
  const accountId = await openAccount();
  await fill(accountId, 1100, { revokedAt: 5 });
  const path = `/accounts/${accountId}/members`;
  const member = String((await admin('POST', path, { name: 'Ada', role: 'member' })).json['id']);
  const keyId = String((await mint(accountId, { member })).json['id']);
  expect(await doors.keys.idsOf(member)).toEqual([keyId]);
  expect((await admin('PATCH', `${path}/${member}`, { role: 'viewer' })).status).toBe(200);
  const hold = { jobId: 'job_1', keyId, rightsAt: 0, amount: 0, expiresAt: Date.now() + 60_000 };
  expect(await env.ACCOUNT.getByName(accountId).hold(hold)).toMatchObject({ ok: false, reason: 'key-changed' });
});
