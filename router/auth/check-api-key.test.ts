import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkApiKey } from './check-api-key.ts';
import { encodeBase62 } from './encode-base62.ts';
import { mintApiKey } from './mint-api-key.ts';
import { hashApiKey } from './tag-api-key.ts';

const SECRET = 'secret-of-this-router';
const random24 = fc.uint8Array({ minLength: 24, maxLength: 24 });

test('a minted key passes its own check and gives the hash that was stored', () => {
  fc.assert(
    fc.property(random24, (random) => {
      const { key, hash } = mintApiKey(random, SECRET);
      expect(key).toMatch(/^irori_[0-9A-Za-z]{41}$/);
      expect(checkApiKey(key, SECRET)).toEqual({ ok: true, value: hash });
      expect(hash).toBe(hashApiKey(key));
    }),
  );
});

test('a key of another router is foreign', () => {
  const { key } = mintApiKey(new Uint8Array(24).fill(7), 'secret-of-another');
  expect(checkApiKey(key, SECRET)).toEqual({ ok: false, error: 'foreign' });
});

test('one changed character makes a key foreign or malformed', () => {
  const { key } = mintApiKey(new Uint8Array(24).fill(9), SECRET);
  fc.assert(
    fc.property(fc.nat(key.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, char) => {
      const changed = key.slice(0, at) + char + key.slice(at + 1);
      expect(checkApiKey(changed, SECRET).ok).toBe(changed === key);
    }),
  );
});

test('a text of any other form is malformed', () => {
  const { key } = mintApiKey(new Uint8Array(24), SECRET);
  for (const text of [
    '',
    'irori_',
    'sk-proj-123',
    key.slice(0, -1),
    `${key}0`,
    ` ${key}`,
    `${key}\n`,
    key.toUpperCase(),
  ])
    expect(checkApiKey(text, SECRET)).toEqual({ ok: false, error: 'malformed' });
});

test('fewer than 24 random bytes make no key', () => {
  expect(() => mintApiKey(new Uint8Array(23), SECRET)).toThrow(RangeError);
});

test('24 bytes always fit 33 characters, and equal texts mean equal bytes', () => {
  expect(encodeBase62(new Uint8Array(24).fill(255), 33)).toHaveLength(33);
  fc.assert(
    fc.property(random24, random24, (a, b) => {
      const same = a.every((byte, i) => byte === b[i]);
      expect(encodeBase62(a, 33) === encodeBase62(b, 33)).toBe(same);
    }),
  );
});

test('while the secret is changed keys under the one before it are ours too, and no others', () => {
  const old = mintApiKey(new Uint8Array(24).fill(5), 'secret-of-last-year');
  expect(checkApiKey(old.key, SECRET)).toEqual({ ok: false, error: 'foreign' });
  expect(checkApiKey(old.key, SECRET, 'secret-of-last-year')).toEqual({ ok: true, value: old.hash });
  const fresh = mintApiKey(new Uint8Array(24).fill(6), SECRET);
  expect(checkApiKey(fresh.key, SECRET, 'secret-of-last-year')).toEqual({ ok: true, value: fresh.hash });
  const foreign = mintApiKey(new Uint8Array(24).fill(6), 'secret-of-another');
  expect(checkApiKey(foreign.key, SECRET, 'secret-of-last-year')).toEqual({ ok: false, error: 'foreign' });
});
