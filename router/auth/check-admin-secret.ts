// Whether a call carries the admin secret. Pure.
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { equalBytes } from '../../schema/bytes.ts';
import { readBearer } from './read-bearer.ts';

/** Compares hashes, so the time taken tells neither the secret's length nor where a guess went wrong. */
export function checkAdminSecret(header: string | null | undefined, secret: string): 'right' | 'missing' | 'wrong' {
  const token = readBearer(header);
  if (!token.ok) return token.error === 'missing' ? 'missing' : 'wrong';
  return equalBytes(sha256(utf8ToBytes(token.value)), sha256(utf8ToBytes(secret))) ? 'right' : 'wrong';
}
