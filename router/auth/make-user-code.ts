// Codes that a person reads on one screen and types on another (RFC 8628, 6.1). Pure: the random bytes come in.

/** Twenty letters: no vowels, so that no words come of them, and none that looks like a digit or sounds like another. */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';
const LENGTH = 8;
/** Bytes below this fall on each letter as often. */
const FAIR_BYTES = 240;

/** Eight letters, 34 random bits. Throws RangeError where the bytes do not do: 32 are enough but once in 10^20 times. */
export function makeUserCode(random: Uint8Array): string {
  const letters = Array.from(random).flatMap((byte) => (byte < FAIR_BYTES ? [LETTERS[byte % LETTERS.length]] : []));
  if (letters.length < LENGTH) throw new RangeError('a user code needs more random bytes');
  return letters.slice(0, LENGTH).join('');
}

/** A code as it was typed, in any case, with spaces and dashes anywhere; null for what cannot be one. */
export function readUserCode(text: string): string | null {
  const code = text
    .slice(0, 40)
    .replaceAll(/[\s\p{Pd}._]/gu, '')
    .toUpperCase();
  return code.length === LENGTH && Array.from(code).every((letter) => LETTERS.includes(letter)) ? code : null;
}

/** As people are shown it: `WXZB-CDFG`. */
export function showUserCode(code: string): string {
  return `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`;
}
