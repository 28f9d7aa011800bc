import { expect, test } from 'vitest';
import { checkAdminSecret } from './check-admin-secret.ts';
import { judgeKey } from './judge-key.ts';
import type { KeyFault, KeyRow } from './judge-key.ts';
import { pickKeyHeader, readBearer } from './read-bearer.ts';

const row: KeyRow = {
  keyId: 'key_1',
  accountId: 'acct_1',
  expiresAt: null,
  revokedAt: null,
  disabledAt: null,
  defaults: { wish: { mode: 'fairest' }, resume: null },
  pools: [{ id: 'pool_1', name: 'lab' }],
  scopes: null,
  models: ['a'],
  memberId: null,
  role: null,
  memberRemovedAt: null,
  rightsAt: 3,
};

test('a key in force names its caller, with its defaults and pools', () => {
  const { defaults, pools } = row;
  const whose = { accountId: 'acct_1', keyId: 'key_1', memberId: null, role: null };
  const rights = { scopes: ['call', 'usage'], models: ['a'], expiresAt: null, rightsAt: 3 };
  expect(judgeKey(row, 5)).toEqual({ ok: true, value: { ...whose, ...rights, defaults, pools } });
  expect(judgeKey({ ...row, expiresAt: 6 }, 5).ok).toBe(true);
});

test.each<[KeyFault, KeyRow | null]>([
  ['unknown', null],
  ['revoked', { ...row, revokedAt: 1 }],
  ['revoked', { ...row, memberId: 'mem_1', role: 'owner', memberRemovedAt: 4 }],
  ['expired', { ...row, expiresAt: 5 }],
  ['account-disabled', { ...row, disabledAt: 1 }],
])('%s is told apart', (fault, facts) => {
  expect(judgeKey(facts, 5)).toEqual({ ok: false, error: fault });
});

test.each([
  ['Bearer abc', 'abc'],
  ['bearer   abc', 'abc'],
  ['BEARER abc ', 'abc'],
])('%j carries a token', (header, token) => {
  expect(readBearer(header)).toEqual({ ok: true, value: token });
});

test.each([
  [null, 'missing'],
  [undefined, 'missing'],
  ['', 'missing'],
  ['Bearer', 'missing'],
  ['Bearer ', 'missing'],
  ['abc', 'malformed'],
  ['Basic abc', 'malformed'],
  ['Bearer a b', 'malformed'],
])('%j carries none', (header, error) => {
  expect(readBearer(header)).toEqual({ ok: false, error });
});

test.each<[Record<string, string>, string | null]>([
  [{}, null],
  [{ authorization: 'Bearer a' }, 'Bearer a'],
  [{ authorization: 'bearer   a', 'x-api-key': 'b' }, 'bearer   a'],
  [{ 'x-api-key': ' b ' }, 'Bearer b'],
  [{ 'api-key': 'c' }, 'Bearer c'],
  [{ 'x-api-key': 'b', 'api-key': 'c' }, 'Bearer b'],
  [{ 'x-api-key': ' ', 'api-key': 'Bearer c' }, 'Bearer c'],
  [{ authorization: 'Basic cHJveHk=', 'api-key': 'c' }, 'Bearer c'],
  [{ authorization: 'Bearer', 'api-key': 'c' }, 'Bearer c'],
  [{ authorization: 'Basic cHJveHk=' }, 'Basic cHJveHk='],
])('of %j it is %j that says who calls', (headers, said) => {
  expect(pickKeyHeader((name) => headers[name])).toBe(said);
});

test('the admin secret is right only as a whole', () => {
  expect(checkAdminSecret('Bearer secret', 'secret')).toBe('right');
  expect(checkAdminSecret('Bearer secre', 'secret')).toBe('wrong');
  expect(checkAdminSecret('Bearer secrets', 'secret')).toBe('wrong');
  expect(checkAdminSecret('secret', 'secret')).toBe('wrong');
  expect(checkAdminSecret(null, 'secret')).toBe('missing');
});
