// Whether a webhook's body is Stripe's: the header `Stripe-Signature` holds a time and one or several HMACs of it and the raw body. Pure.
// https://docs.stripe.com/webhooks#verify-manually
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { equalBytes, fromHex } from '../../schema/bytes.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

/** A body whose time differs by more, s, is a replay or comes from a clock that nobody set. */
const TOLERANCE_S = 300;
/** While a secret is rolled there are two; a header of many is nobody's. */
const MOST_SIGNATURES = 8;

export type SignatureFault = 'malformed' | 'too-old' | 'forged';

/**
 * Ok for a body that was signed with the secret. `nowS`: seconds since epoch. Errors: `malformed` for a header that has no time or no `v1`, `too-old`
 * for a time more than 300 s away, `forged` where no signature is right.
 */
export function checkStripeSignature(
  { header, body }: { readonly header: string | null; readonly body: Uint8Array },
  secret: string,
  nowS: number,
): Result<null, SignatureFault> {
  const { time, signatures } = readHeader(header ?? '');
  if (time === null || signatures.length === 0 || signatures.length > MOST_SIGNATURES) return err('malformed');
  if (Math.abs(nowS - time) > TOLERANCE_S) return err('too-old');
  const head = utf8ToBytes(`${time}.`);
  const signed = new Uint8Array(head.length + body.length);
  signed.set(head);
  signed.set(body, head.length);
  const expected = hmac(sha256, utf8ToBytes(secret), signed);
  // All of them are looked at, whichever is right.
  const right = signatures.map((signature) => equalBytes(fromHex(`0x${signature}`), expected)).filter(Boolean);
  return right.length > 0 ? ok(null) : err('forged');
}

function readHeader(header: string): { readonly time: number | null; readonly signatures: readonly string[] } {
  let time: number | null = null;
  const signatures: string[] = [];
  for (const pair of header.split(',')) {
    const [name = '', value = ''] = pair.trim().split('=', 2);
    if (name === 't' && /^\d{1,12}$/.test(value)) time = Number(value);
    if (name === 'v1' && /^[0-9a-f]{64}$/.test(value)) signatures.push(value);
  }
  return { time, signatures };
}
