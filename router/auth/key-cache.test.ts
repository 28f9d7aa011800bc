import { describe, expect, test } from 'vitest';
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
    scopes: null,
    models: null,
    memberId: null,
    role: null,
    memberRemovedAt: null,
    rightsAt: 0,
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

describe('a header that brought a key', () => {
  const HEADER = 'Bearer irori_a';

  test('is known for as long as its key is, and judged by what is known of the key now', () => {
    const cache = new KeyCache();
    cache.set('a', rowOf(1), 0);
    cache.noteHeader(HEADER, 'a');
    expect(cache.recall(HEADER, FOUND_MS - 1)).toEqual(rowOf(1));
    cache.set('a', { ...rowOf(1), revokedAt: 5 }, 6);
    expect(cache.recall(HEADER, 7)).toMatchObject({ revokedAt: 5 });
    expect(cache.recall(HEADER, FOUND_MS + 6)).toBeUndefined();
    cache.set('a', rowOf(1), FOUND_MS + 7);
    // It is forgotten with its key: it has to be checked anew.
    expect(cache.recall(HEADER, FOUND_MS + 8)).toBeUndefined();
  });

  test('is forgotten at once with a revoked key or a disabled account', () => {
    const cache = new KeyCache();
    for (const forget of [() => cache.forgetKey('key_1'), () => cache.forgetAccount('acct_1')]) {
      cache.set('a', rowOf(1), 0);
      cache.noteHeader(HEADER, 'a');
      forget();
      expect(cache.recall(HEADER, 1)).toBeUndefined();
    }
  });

  test('that is wrong is not kept: however many come they push out nobody', () => {
    const cache = new KeyCache(3);
    cache.set('a', rowOf(1), 0);
    cache.noteHeader(HEADER, 'a');
    for (let n = 0; n < 10; n++) cache.noteHeader(`Bearer wrong_${n}`, `h${n}`);
    cache.set('b', null, 0);
    cache.noteHeader('Bearer missing', 'b');
    expect(cache.recall('Bearer missing', 1)).toBeUndefined();
    expect(cache.recall(HEADER, 1)).toEqual(rowOf(1));
  });

  test('and is longer than any key’s is not kept; of many the oldest leaves', () => {
    const cache = new KeyCache(2);
    cache.set('a', rowOf(1), 0);
    cache.noteHeader(`Bearer${' '.repeat(100)}a`, 'a');
    expect(cache.recall(`Bearer${' '.repeat(100)}a`, 1)).toBeUndefined();
    for (const header of ['x', 'y', 'z']) cache.noteHeader(header, 'a');
    expect([cache.recall('x', 1), cache.recall('z', 1)]).toEqual([undefined, rowOf(1)]);
  });
});
