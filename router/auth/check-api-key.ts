// Whether an API key was minted here, told from its own text: a foreign key or a typo costs no look-up. Pure.
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { equalBytes } from '../../schema/bytes.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { hashApiKey, KEY_PREFIX, KEY_TAG_CHARS, tagApiKey } from './tag-api-key.ts';

const FORM = /^irori_[0-9A-Za-z]{41}$/;
const TAG_FROM = KEY_PREFIX.length + 33;

/**
 * The stored hash of a well-formed key of ours. `malformed`: not a key's form. `foreign`: its tag was made with none of `secrets`, which are the one
 * in force and, while keys are being changed, the one before it.
 */
export function checkApiKey(key: string, ...secrets: readonly string[]): Result<string, 'malformed' | 'foreign'> {
  if (!FORM.test(key)) return err('malformed');
  const tag = utf8ToBytes(key.slice(TAG_FROM, TAG_FROM + KEY_TAG_CHARS));
  const isOurs = secrets.some((secret) => equalBytes(tag, utf8ToBytes(tagApiKey(key.slice(0, TAG_FROM), secret))));
  return isOurs ? ok(hashApiKey(key)) : err('foreign');
}
