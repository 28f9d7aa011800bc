// A webhook's headers as Standard Webhooks 1.0 defines them: HMAC-SHA256 over `id.timestamp.body`. Pure.
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { decodeBase64, encodeBase64 } from '../../schema/base64.ts';

const PREFIX = 'whsec_';
/** The standard asks for 24 to 64. */
export const SECRET_BYTES = 32;

/** The secret as its receiver keeps it, of random bytes. */
export function makeWebhookSecret(random: Uint8Array): string {
  return PREFIX + encodeBase64(random);
}

/** `at`: when it is sent, ms since epoch. */
export function signWebhook(
  { id, body }: { readonly id: string; readonly body: string },
  secret: string,
  at: number,
): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000));
  const key = decodeBase64(secret.slice(PREFIX.length));
  const signature = encodeBase64(hmac(sha256, key, utf8ToBytes(`${id}.${timestamp}.${body}`)));
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
