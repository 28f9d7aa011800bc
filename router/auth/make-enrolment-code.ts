// One-time enrolment codes: readable, typed or pasted once by an owner. Pure: the random bytes come in.
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { hashText } from '../../schema/typed-data.ts';

/** Crockford's 32 letters and digits: none that is read as another. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const GROUPS = 5;

/** `enr_XXXX-XXXX-XXXX-XXXX-XXXX`, 100 random bits, from 20 random bytes (fewer throw RangeError). */
export function makeEnrolmentCode(random: Uint8Array): string {
  if (random.length < 4 * GROUPS) throw new RangeError('an enrolment code needs 20 random bytes');
  const digits = Array.from(random.subarray(0, 4 * GROUPS), (byte) => DIGITS[byte & 31] ?? '');
  const groups = Array.from({ length: GROUPS }, (_, i) => digits.slice(4 * i, 4 * i + 4).join(''));
  return `enr_${groups.join('-')}`;
}

/** What is stored of a code: SHA-256, 64 hex digits. */
export function hashEnrolmentCode(code: string): string {
  return toHex(sha256(utf8ToBytes(code))).slice(2);
}

/** What the node signs of a code (NodeEnrol's `code`): keccak-256 of its UTF-8 text. */
export function digestEnrolmentCode(code: string): Hex {
  return toHex(hashText(code));
}
