// How many tokens a piece of an answer holds whose server does not count them. Pure.

/** Up to this many UTF-16 units a piece is taken for the single token that servers send it as. */
const ONE_TOKEN_CHARS = 24;
/** More letters a token than models' vocabularies come to over a text: an estimate must not charge for tokens that were never made. */
const ASCII_CHARS_PER_TOKEN = 6;
const OTHER_CHARS_PER_TOKEN = 3;

/** 1 for a piece of a token's length; for a longer one a low estimate by its text, in which a run of one character counts once. */
export function estimateChunkTokens(text: string): number {
  if (text.length <= ONE_TOKEN_CHARS) return 1;
  let ascii = 0;
  let other = 0;
  let last = '';
  for (const character of text) {
    if (character === last) continue;
    last = character;
    if (character <= '\u007f') ascii += 1;
    else other += 1;
  }
  return Math.max(1, Math.floor(ascii / ASCII_CHARS_PER_TOKEN + other / OTHER_CHARS_PER_TOKEN));
}
