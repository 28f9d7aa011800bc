// A new API key from random bytes. Pure: the bytes come in.
import { encodeBase62 } from './encode-base62.ts';
import { hashApiKey, KEY_BODY_CHARS, KEY_PREFIX, tagApiKey } from './tag-api-key.ts';

export interface MintedText {
  /** Shown once, kept nowhere. */
  readonly key: string;
  /** What is stored: SHA-256, 64 hex digits. */
  readonly hash: string;
}

/** An API key of 24 random bytes (fewer throw RangeError) and its tag under `secret`. */
export function mintApiKey(random: Uint8Array, secret: string): MintedText {
  if (random.length < 24) throw new RangeError('an API key needs 24 random bytes');
  const body = KEY_PREFIX + encodeBase62(random.subarray(0, 24), KEY_BODY_CHARS);
  const key = body + tagApiKey(body, secret);
  return { key, hash: hashApiKey(key) };
}
