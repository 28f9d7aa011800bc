// Tokens of sessions and codes of links: 32 random bytes as base64url, of which only the SHA-256 is kept. Pure: the random bytes come in.
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { encodeBase64 } from '../../schema/base64.ts';
import { toHex } from '../../schema/bytes.ts';

export const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

export function makeToken(random: Uint8Array): string {
  const text = encodeBase64(random.subarray(0, TOKEN_BYTES));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Whether a text can be one at all: nothing else is looked up. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** What is kept of it: 64 hex digits. */
export function hashToken(token: string): string {
  return toHex(sha256(utf8ToBytes(token))).slice(2);
}
