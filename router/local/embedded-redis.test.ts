import { describe, expect, test } from 'vitest';
import { EmbeddedRedis } from './embedded-redis.ts';

function storeAt(start: number): { store: EmbeddedRedis; move: (ms: number) => void } {
  let nowAt = start;
  return { store: new EmbeddedRedis(() => nowAt), move: (ms) => (nowAt += ms) };
}

describe('embedded redis', () => {
  test('HSET tells how many fields are new, HGETALL lists them flat, HDEL of the last removes the key', () => {
    const { store } = storeAt(0);
    expect(store.execute(['HSET', 'k', 'a', '1', 'b', '2'])).toBe(2);
    expect(store.execute(['hset', 'k', 'a', '3', 'c', '4'])).toBe(1);
    expect(store.execute(['HGETALL', 'k'])).toEqual(['a', '3', 'b', '2', 'c', '4']);
    expect(store.execute(['HDEL', 'k', 'a', 'b', 'c', 'd'])).toBe(3);
    expect(store.execute(['EXISTS', 'k'])).toBe(0);
  });

  test('a key is gone at its expiry, and a write does not lengthen its life', () => {
    const { store, move } = storeAt(1_000);
    store.execute(['HSET', 'k', 'a', '1']);
    expect(store.execute(['TTL', 'k'])).toBe(-1);
    expect(store.execute(['EXPIRE', 'k', '10'])).toBe(1);
    move(9_000);
    store.execute(['HSET', 'k', 'b', '2']);
    expect(store.execute(['TTL', 'k'])).toBe(1);
    move(1_000);
    expect(store.execute(['HGETALL', 'k'])).toEqual([]);
    expect(store.execute(['TTL', 'k'])).toBe(-2);
    expect(store.execute(['EXPIRE', 'k', '10'])).toBe(0);
  });

  test.each([
    [['NOPE', 'a'], /^ERR unknown command 'NOPE'/],
    [['HSET', 'k'], /^ERR wrong number of arguments for 'hset' command/],
    [['HSET', 'k', 'a', '1', 'b'], /^ERR wrong number of arguments/],
    [['EXPIRE', 'k', 'soon'], /^ERR value is not an integer/],
    [['EXPIRE', 'k', '999999999999999999'], /^ERR invalid expire time/],
  ])('%j answers an error as Redis words it', (command, message) => {
    expect(storeAt(0).store.execute(command)).toEqual({ error: expect.stringMatching(message) });
  });
});
