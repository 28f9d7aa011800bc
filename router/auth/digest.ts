// The one door to node:crypto: SHA-256 by the platform, a fifth of what JavaScript takes for a prompt.
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';

/** One that goes on. */
export type Sha256 = Hash;

export function openSha256(): Sha256 {
  return createHash('sha256');
}

/** Of all parts, one behind the other. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const hash = openSha256();
  for (const part of parts) hash.update(part);
  // Not the platform's Buffer, which other code would take for more than bytes.
  return new Uint8Array(hash.digest());
}
