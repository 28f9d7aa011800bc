// The keys that releases are signed with: those of this package, and one that the owner trusts beside them. Ed25519, by Node's own.
import { createPublicKey, verify } from 'node:crypto';
import packaged from './release-keys.json' with { type: 'json' };

/** An Ed25519 public key of 32 bytes, in hex. */
const RELEASE_KEY = /^[0-9a-f]{64}$/;
/** What stands in front of the 32 bytes in DER (RFC 8410). */
const DER_HEAD = Buffer.from('302a300506032b6570032100', 'hex');

/** `own`: the owner's setting; null for none. */
export function listReleaseKeys(own: string | null): string[] {
  const keys = packaged as readonly string[];
  return [...keys, ...(own === null ? [] : [own])].filter((key) => RELEASE_KEY.test(key));
}

/** True where one of the signatures (base64url) is good under one of the keys. What is malformed is not. */
export function isSignedBy(
  keys: readonly string[],
  text: string,
  signatures: readonly { readonly key: string; readonly signature: string }[],
): boolean {
  return signatures.some(({ key, signature }) => {
    if (!keys.includes(key)) return false;
    try {
      const der = Buffer.concat([DER_HEAD, Buffer.from(key, 'hex')]);
      const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
      return verify(null, Buffer.from(text), publicKey, Buffer.from(signature, 'base64url'));
    } catch {
      return false;
    }
  });
}
