// Enrolment codes as people write them: read from a screen, typed on a telephone, dictated. Both ends read them alike.

const GROUPS = 5;
const GROUP_CHARS = 4;
/** Crockford's 32 letters and digits: none that is read as another, and for three that are each the one that was meant. */
const READ_AS: Readonly<Record<string, string>> = { O: '0', I: '1', L: '1' };

/**
 * The code that a text means, as it is stored (`enr_XXXX-XXXX-XXXX-XXXX-XXXX`), or null where it can be none. Case, spaces, dashes of any kind and a
 * left-out `enr_` make no difference.
 */
export function foldEnrolmentCode(text: string): string | null {
  if (text.length > 100) return null;
  const bare = text
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\p{Pd}\p{Cf}_−]+/gu, '')
    .replace(/^ENR(?=.{20}$)/, '');
  const digits = Array.from(bare, (char) => READ_AS[char] ?? char).join('');
  if (!/^[0-9A-HJKMNP-TV-Z]{20}$/.test(digits)) return null;
  const groups = Array.from({ length: GROUPS }, (_, i) => digits.slice(GROUP_CHARS * i, GROUP_CHARS * (i + 1)));
  return `enr_${groups.join('-')}`;
}
