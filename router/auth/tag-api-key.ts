// The form of an API key: `irori_`, 33 characters of randomness, an 8-character keyed checksum. Pure.
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { toHex } from '../../schema/bytes.ts';
import { encodeBase62 } from './encode-base62.ts';

export const KEY_PREFIX = 'irori_';
/** 62^33 is just above 2^192, so 24 random bytes always fit. */
export const KEY_BODY_CHARS = 33;
export const KEY_TAG_CHARS = 8;

/** The checksum of a key's text before its tag: 48 bits of HMAC-SHA256 in base 62, so only this router can make a key that fits. */
export function tagApiKey(prefixAndBody: string, secret: string): string {
  return encodeBase62(hmac(sha256, utf8ToBytes(secret), utf8ToBytes(prefixAndBody)).subarray(0, 6), KEY_TAG_CHARS);
}

/** What is stored of a key: SHA-256 of its whole text, 64 hex digits. 192 random bits need no salt and no slow hash. */
export function hashApiKey(key: string): string {
  return toHex(sha256(utf8ToBytes(key))).slice(2);
}
