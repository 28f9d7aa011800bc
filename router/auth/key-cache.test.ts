import { expect, test } from 'vitest';
import type { KeyRow } from './judge-key.ts';
import { FOUND_MS, KeyCache, MISSING_MS } from './key-cache.ts';

const rowOf = (n: number, accountId = 'acct_1'): KeyRow => {
  return {
    keyId: `key_${n}`,
    accountId,
    expiresAt: null,
    revokedAt: null,
    disabledAt: null,
    defaults: null,
    pools: [],
  };
};

test('a found key is kept a minute, a missing one five seconds', () => {
  const cache = new KeyCache();
  cache.set('a', rowOf(1), 0);
  cache.set('b', null, 0);
  expect(cache.get('a', FOUND_MS - 1)).toEqual(rowOf(1));
  expect(cache.get('a', FOUND_MS)).toBeUndefined();
  expect(cache.get('b', MISSING_MS - 1)).toBeNull();
  expect(cache.get('b', MISSING_MS)).toBeUndefined();
  expect(cache.get('c', 0)).toBeUndefined();
});

test('the cache never grows past its limit; the oldest leaves first', () => {
  const cache = new KeyCache(3);
  for (let n = 0; n < 10; n++) cache.set(`h${n}`, rowOf(n), 0);
  expect(cache.size).toBe(3);
  expect(cache.get('h6', 0)).toBeUndefined();
  expect(cache.get('h7', 0)).toEqual(rowOf(7));
});

test('reading a key again makes it young', () => {
  const cache = new KeyCache(2);
  cache.set('a', rowOf(1), 0);
  cache.set('b', rowOf(2), 0);
  cache.set('a', rowOf(1), 1);
  cache.set('c', rowOf(3), 2);
  expect(cache.get('b', 2)).toBeUndefined();
  expect(cache.get('a', 2)).toEqual(rowOf(1));
});

test('a revoked key and a disabled account can be forgotten at once', () => {
  const cache = new KeyCache();
  cache.set('a', rowOf(1), 0);
  cache.set('b', rowOf(2, 'acct_2'), 0);
  cache.set('c', null, 0);
  cache.forgetKey('key_1');
  expect(cache.get('a', 0)).toBeUndefined();
  cache.forgetAccount('acct_2');
  expect(cache.get('b', 0)).toBeUndefined();
  expect(cache.get('c', 0)).toBeNull();
});
