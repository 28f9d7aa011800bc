// Where a text may be cut so that another home can go on with it: not in a character, a word, or the white space before a word. Pure.

/** A word longer than this is let go: identifiers and Base64 have no end to wait for. In UTF-16 units, white space before it included. */
const HOLD_CHARS = 32;

/** Letters, digits and marks that make up words with spaces between them. */
const WORD = /^[\p{L}\p{M}\p{N}_]$/u;
/** Scripts that are written without spaces, or in which each sign is a syllable: every character is complete. */
const UNSPACED =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]$/u;
const SPACE = /^\s$/u;
/** Joins the character before it to the next one. */
const JOINER = '\u200d';

/** Where the last character begins when more of it must follow (half of a surrogate pair, a joiner at the end), else the text's length. */
export function findWholeCharacters(text: string): number {
  const last = text.charCodeAt(text.length - 1);
  const isHalf = (last >= 0xd800 && last <= 0xdbff) || text.endsWith(JOINER);
  return isHalf ? text.length - 1 : text.length;
}

/**
 * Where the unfinished word at the end begins, with the white space before it: tokenizers join the two, so a text cut there goes on with
 * tokens that the model would have made anyway. The text's length when it ends with a word's end, or the word is past HOLD_CHARS.
 */
export function findCleanCut(text: string): number {
  const whole = findWholeCharacters(text);
  const word = skipBack(text, whole, (character) => WORD.test(character) && !UNSPACED.test(character));
  const start = skipBack(text, word, (character) => SPACE.test(character));
  return whole - start > HOLD_CHARS ? whole : start;
}

/** Goes back from `at` over characters that fit, no further than matters. */
function skipBack(text: string, at: number, fits: (character: string) => boolean): number {
  let start = at;
  while (start > 0 && at - start <= HOLD_CHARS) {
    const low = text.charCodeAt(start - 1);
    const units = low >= 0xdc00 && low <= 0xdfff && start > 1 ? 2 : 1;
    if (!fits(text.slice(start - units, start))) break;
    start -= units;
  }
  return start;
}
