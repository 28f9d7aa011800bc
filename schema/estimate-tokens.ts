// How many tokens a text comes to where its tokenizer is not at hand: how many it holds for sure, and about how many. Pure; one pass over the text.
// For sure means by any tokenizer in common use: none joins words across white space, or letters across punctuation, and their longest pieces of each
// script are known. So what is surely too long for a context may be refused unseen; everything else only a model's own tokenizer can judge.

/** What a text holds, tokens. */
export interface TokenEstimate {
  /** At least this many, unless it is one phrase again and again for which a vocabulary has a single token. */
  readonly least: number;
  /** About this many, by a usual tokenizer. */
  readonly expected: number;
}

const SPACE = 0;
const LETTER = 1;
/** Of scripts other than Latin that write words. */
const OTHER_LETTER = 2;
const DIGIT = 3;
/** Punctuation and symbols. */
const MARK = 4;
/** Han, kana and hangul. */
const CJK = 5;
const EMOJI = 6;
/** The second half of a pair: counted with the first. */
const LOW_HALF = 7;

/**
 * The most that one token holds, by kind: vocabularies join marks and spaces with what stands beside them, so that those are sure of nothing.
 * Measured with o200k, cl100k and Llama 3: prose comes to 1.5 of Japanese and Korean and 1.1 of Chinese; a single token of a set phrase holds 5 to 10.
 */
const LEAST = [0, 0, 0, 1 / 16, 0, 1 / 5, 1 / 4, 0] as const;
/** A word is at least one token; the longest that is a single one has about 30 letters. */
const LONG_WORD = 32;
/** The same character again and again: long rows of spaces, dashes or letters are single tokens. */
const LEAST_REPEATED = 1 / 128;

/** What one character comes to by a usual tokenizer, by kind. */
const USUAL = [1 / 16, 1 / 4, 1 / 2, 1 / 2, 1 / 2, 1, 2, 0] as const;
/** Letters and digits that go on for longer than words do: base64, hashes. */
const JUMBLE = 24;
const USUAL_JUMBLE = 1 / 1.5;

/** What these texts come to together, without the control tokens that a template adds. */
export function estimateTokens(texts: readonly string[]): TokenEstimate {
  let least = 0;
  let expected = 0;
  for (const text of texts) {
    const one = estimateText(text);
    least += one.least;
    expected += one.expected;
  }
  return { least, expected: Math.ceil(expected) };
}

function estimateText(text: string): TokenEstimate {
  let least = 0;
  let expected = 0;
  /** Letters of the word so far, and letters and digits without a break. */
  let word = 0;
  let jumble = 0;
  let last = -1;
  let row = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    const kind = KINDS[unit] ?? MARK;
    if (kind === LOW_HALF) continue;
    const isLetter = kind === LETTER || kind === OTHER_LETTER;
    row = unit === last && kind !== EMOJI ? row + 1 : 0;
    last = unit;
    jumble = isLetter || kind === DIGIT ? jumble + 1 : 0;
    expected += jumble > JUMBLE && kind !== OTHER_LETTER ? USUAL_JUMBLE : (USUAL[kind] ?? 0);
    if (row > 1) {
      least += LEAST_REPEATED;
      continue;
    }
    least += LEAST[kind] ?? 0;
    if (isLetter) {
      if (word % LONG_WORD === 0) least += 1;
      word += 1;
    } else if (word > 0 && !isApostrophe(unit)) word = 0;
  }
  return { least: Math.floor(least), expected };
}

/** It joins: "don't" is one token in some vocabularies. */
function isApostrophe(unit: number): boolean {
  return unit === 0x27 || unit === 0x2019;
}

/** The kind of each UTF-16 unit, by Unicode block; of a pair by its first half. */
const KINDS = makeKinds();

function makeKinds(): Uint8Array {
  const kinds = new Uint8Array(0x10000).fill(OTHER_LETTER);
  kinds.fill(SPACE, 0, 0x21).fill(MARK, 0x21, 0xc0);
  kinds.fill(DIGIT, 0x30, 0x3a).fill(LETTER, 0x41, 0x5b).fill(LETTER, 0x61, 0x7b).fill(LETTER, 0xc0, 0x250);
  kinds.fill(CJK, 0x1100, 0x1200).fill(CJK, 0x2e80, 0xa000).fill(CJK, 0xac00, 0xd800);
  // General punctuation, arrows, symbols, dingbats, boxes; the brackets of Han text, and private characters.
  kinds.fill(MARK, 0x2000, 0x2e80).fill(MARK, 0x3000, 0x3040).fill(MARK, 0xe000, 0xf900);
  // First halves: Han beyond the first plane, and emoji with everything else there.
  kinds.fill(EMOJI, 0xd800, 0xdc00).fill(CJK, 0xd840, 0xd8c0).fill(LOW_HALF, 0xdc00, 0xe000);
  return kinds.fill(CJK, 0xf900, 0xfb00).fill(MARK, 0xfe00, 0xfe70).fill(CJK, 0xff00, 0xfff0).fill(MARK, 0xfff0);
}
