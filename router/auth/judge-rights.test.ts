import { describe, expect, test } from 'vitest';
import { ROLES, SCOPES } from '../../schema/key-rights.ts';
import type { KeyLimits } from '../../schema/key-limits.ts';
import { isAllowedModel, isMultiplied, judgeGift, onlyKeySeen, pickScopes } from './judge-rights.ts';
import type { Excess, Gift } from './judge-rights.ts';

const NO_LIMITS: KeyLimits = {
  day: null,
  month: null,
  total: null,
  job: null,
  requests: null,
  tokens: null,
  concurrent: null,
};
const giver: Gift = {
  scopes: ['call', 'keys'],
  models: ['a', 'b:latest'],
  expiresAt: 100,
  limits: { ...NO_LIMITS, day: 5 },
};

describe('scopes', () => {
  test('are the usual ones where nothing is said: calling and reading usage, and no managing', () => {
    expect(pickScopes(null, null)).toEqual(['call', 'usage']);
    expect(pickScopes(SCOPES, null)).toEqual(SCOPES);
  });

  test.each([
    ['owner', SCOPES],
    ['member', ['call', 'usage', 'keys']],
    ['viewer', ['usage']],
  ] as const)('of a member are those that its role has: %s', (role, scopes) => {
    expect(pickScopes(SCOPES, role)).toEqual(scopes);
    expect(pickScopes(null, role).every((scope) => scopes.some((one) => one === scope))).toBe(true);
  });

  test('of a smaller role are within those of a greater one', () => {
    const [owner, member, viewer] = ROLES.map((role) => pickScopes(SCOPES, role));
    expect(owner).toEqual(expect.arrayContaining([...member!]));
    expect(member).toEqual(expect.arrayContaining([...viewer!]));
  });
});

test('a key without models named may call all, one with them those alone, with or without latest', () => {
  expect(isAllowedModel(null, 'x')).toBe(true);
  expect(['a', 'a:latest', 'b', 'c', 'A'].map((name) => isAllowedModel(giver.models, name))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});

test('a key that may read usage sees all of its account’s, any other itself', () => {
  expect(onlyKeySeen({ keyId: 'key_1', scopes: ['usage'] })).toBeNull();
  expect(onlyKeySeen({ keyId: 'key_1', scopes: SCOPES.filter((scope) => scope !== 'usage') })).toBe('key_1');
});

test.each<[string, Partial<Gift>, Excess | null]>([
  ['the same', {}, null],
  ['less', { scopes: ['call'], models: ['b'], expiresAt: 99, limits: { ...NO_LIMITS, day: 4, job: 1 } }, null],
  ['another scope', { scopes: ['call', 'usage'] }, { of: 'scopes', names: ['usage'] }],
  ['another model', { models: ['a', 'c'] }, { of: 'models', names: ['c'] }],
  ['all models', { models: null }, { of: 'models', names: ['*'] }],
  ['a longer life', { expiresAt: 101 }, { of: 'expires_in_s' }],
  ['a life without end', { expiresAt: null }, { of: 'expires_in_s' }],
  ['a higher limit', { limits: { ...NO_LIMITS, day: 6 } }, { of: 'limits', names: ['day'] }],
  ['no limit', { limits: null }, { of: 'limits', names: ['day'] }],
])('a key gives %s: what is more than it has is named', (_, more, excess) => {
  expect(judgeGift({ ...giver, ...more }, giver)).toEqual(
    excess ? { ok: false, error: excess } : { ok: true, value: null },
  );
});

test('all models are more than a model that is named as all of them would be', () => {
  const star = { ...giver, models: ['*'] };
  expect(judgeGift({ ...star, models: null }, star)).toEqual({ ok: false, error: { of: 'models', names: ['*'] } });
  expect(judgeGift(star, star).ok).toBe(true);
});

test('every limit but that of one job would be had anew by each key that is made', () => {
  expect([null, NO_LIMITS, { ...NO_LIMITS, job: 1 }].some(isMultiplied)).toBe(false);
  for (const name of ['day', 'month', 'total', 'requests', 'tokens', 'concurrent'])
    expect(isMultiplied({ ...NO_LIMITS, [name]: 0 })).toBe(true);
});

test('what has no bounds gives anything', () => {
  expect(judgeGift(giver, { scopes: SCOPES, models: null, expiresAt: null, limits: null }).ok).toBe(true);
});
